/** The tenant's live objects, asked for again and again; of many less often. */
import { keepPreviousData } from "@tanstack/react-query";
import { EVERY_MS, hooks, useGiven } from "../../ask";
import type { Seen } from "./types";

/** From so many objects on they are asked for more seldom: five times as many take five times as long. */
const MANY = 500;

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
        return EVERY_MS * Math.max(1, Math.round((seen?.nodes.length ?? 0) / MANY));
      },
      placeholderData: keepPreviousData,
      retry: false,
    },
  );
  return { ...asked, data: asked.data as unknown as Seen | undefined };
}
