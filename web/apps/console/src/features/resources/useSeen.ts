/** The tenant's live objects, asked for again and again: many as groups, and a page of them for who opens it. */
import { keepPreviousData, useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { atOrchestrator, EVERY_MS, hooks, useGiven } from "../../ask";
import type { Wish } from "./choosing";
import type { Group, Item, Seen } from "./types";

const PATH = "/api/v1/tenants/{tenant_id}/resources";
/** So long a first look waits for thousands of objects; what is not known by then comes with the next. */
const WITHIN_S = 1;
const SOON_MS = 1000;
/** Members of a group that are drawn when it is opened. */
const MOST = 100;

interface Query extends Wish {
  readonly grouped?: boolean;
  readonly within?: number;
  readonly problems?: boolean;
  readonly sort?: string;
  readonly skip?: number;
  readonly limit?: number;
  readonly around?: string;
}

/** Throws the service's problem. */
export async function pageOf(tenant: string, query: Query, signal: AbortSignal): Promise<Seen> {
  const { data, error } = await atOrchestrator.GET(PATH, {
    params: { path: { tenant_id: tenant }, query },
    signal,
  });
  if (error !== undefined) throw error;
  return data as unknown as Seen;
}

/** How soon to ask again: at once, where something is still being read. */
const everyOf = (seen: Seen | undefined) => (seen?.reading.length ? SOON_MS : EVERY_MS);

export function useSeen(tenant: string, wish: Wish) {
  const query: Query = { ...wish, grouped: true, within: WITHIN_S };
  const asked = hooks.useQuery(
    "get",
    PATH,
    { ...useGiven(), params: { path: { tenant_id: tenant }, query } },
    {
      refetchInterval: (one) => everyOf(one.state.data as unknown as Seen | undefined),
      placeholderData: keepPreviousData,
      retry: false,
    },
  );
  return { ...asked, data: asked.data as unknown as Seen | undefined };
}

/** Return the first members of groups that are open, by the group's id. */
export function useMembers(
  tenant: string,
  wish: Wish,
  open: readonly Group[],
): ReadonlyMap<string, readonly Item[]> {
  const { headers } = useGiven();
  const asked = useQueries({
    queries: open.map(({ id, count }) => ({
      queryKey: ["members", tenant, headers, wish, id],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        pageOf(tenant, { ...wish, group: id, sort: "name", limit: Math.min(MOST, count) }, signal),
      refetchInterval: EVERY_MS,
      placeholderData: keepPreviousData,
    })),
  });
  const when = asked.map((one) => one.dataUpdatedAt).join();
  const ids = open.map((group) => group.id).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: an answer is new when its time is
  return useMemo(
    () => new Map(open.map(({ id }, at) => [id, asked[at]?.data?.nodes ?? []])),
    [when, ids],
  );
}

/** Return an object by its id, its owner and its neighbours in the order of *query*: [before, after]. */
export function useAround(tenant: string, id: string, query: Query) {
  const { headers } = useGiven();
  const near = useQueries({
    queries: [query, {}].map((one) => ({
      queryKey: ["around", tenant, headers, one, id],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        pageOf(tenant, { ...one, around: id, grouped: true }, signal),
      enabled: id !== "",
      refetchInterval: EVERY_MS,
    })),
  });
  // What the filter leaves out is there by its address all the same.
  const found = near.find((one) => one.data?.nodes.some((node) => node.id === id))?.data;
  return useMemo(() => {
    const nodes = found?.nodes ?? [];
    const at = nodes.findIndex((node) => node.id === id);
    const item = nodes[at];
    const owner = [...(found?.owners ?? []), ...nodes].find(
      (one) => one.uid !== null && one.uid === item?.owner_uid,
    );
    return { item, owner, before: nodes[at - 1]?.id, after: nodes[at + 1]?.id };
  }, [found, id]);
}
