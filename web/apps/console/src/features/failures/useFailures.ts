/** What the pages of failures ask for. */
import { EVERY_MS, hooks, useGiven } from "../../ask";
import type { Failure, Kind, Repeated } from "./types";

const NEVER = { staleTime: Number.POSITIVE_INFINITY };

/** The catalogue: it changes with the program only. */
export function useKinds() {
  const given = useGiven();
  const asked = hooks.useQuery("get", "/api/v1/faults", given, NEVER);
  return { ...asked, kinds: (asked.data?.faults ?? []) as unknown as readonly Kind[] };
}

/** Failures of the cluster, the newest first: those under way, or all that are kept. */
export function useFailures(which: "under_way" | "all", enabled = true) {
  const given = useGiven();
  const query = which === "all" ? { limit: 1000 } : { under_way: true };
  const asked = hooks.useQuery(
    "get",
    "/api/v1/simulator/failures",
    { ...given, params: { query } },
    { enabled, refetchInterval: which === "all" ? EVERY_MS * 3 : EVERY_MS },
  );
  const data = asked.data as
    | { failures?: readonly Failure[]; repeating?: readonly Repeated[]; now?: string }
    | undefined;
  // Simulated time may be far from the reader's.
  const now = data?.now ? Date.parse(data.now) : asked.dataUpdatedAt;
  return { ...asked, failures: data?.failures ?? [], repeating: data?.repeating ?? [], now };
}

/** Ids of the tenants that are deployed. */
export function useDeployed() {
  const given = useGiven();
  const asked = hooks.useQuery("get", "/api/v1/tenants/", {
    ...given,
    params: { query: { limit: 1000 } },
  });
  const rows = (asked.data?.tenants ?? []) as readonly {
    tenant_id?: string;
    deployment_id?: string | null;
  }[];
  return {
    known: asked.data !== undefined,
    tenants: rows.flatMap((one) => (one.tenant_id && one.deployment_id ? [one.tenant_id] : [])),
  };
}
