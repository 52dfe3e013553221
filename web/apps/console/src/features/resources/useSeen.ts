/** The tenant's live objects, asked for again and again; of many less often. */
import { keepPreviousData } from "@tanstack/react-query";
import { EVERY_MS, hooks, useGiven } from "../../ask";
import type { Seen } from "./types";

const MANY = 1000;
const SELDOM_MS = 15_000;

export function useSeen(tenant: string, selector: string) {
  const asked = hooks.useQuery(
    "get",
    "/api/v1/tenants/{tenant_id}/resources",
    {
      ...useGiven(),
      params: { path: { tenant_id: tenant }, query: selector ? { selector } : {} },
    },
    {
      refetchInterval: (query) => {
        const seen = query.state.data as unknown as Seen | undefined;
        return (seen?.nodes.length ?? 0) > MANY ? SELDOM_MS : EVERY_MS;
      },
      placeholderData: keepPreviousData,
      retry: false,
    },
  );
  return { ...asked, data: asked.data as unknown as Seen | undefined };
}
