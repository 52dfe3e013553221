/** The incidents of a cluster's tenants, of the last 30 days, as spans of time. */
import { useQueries } from "@tanstack/react-query";
import { atSimulator, hooks } from "../../ask";
import type { Span } from "./Scrubber";

/** As many tenants are asked for; a cluster with more shows those of the first. */
const MOST = 12;
const EVERY_MS = 60_000;

interface Incident {
  readonly started_at: string;
  readonly duration_seconds?: number | null;
}

export function useIncidents(cluster: string): readonly Span[] {
  const all = hooks.useQuery("get", "/api/v1/clusters/{name}/tenants", {
    params: { path: { name: cluster } },
  });
  const names = ((all.data?.tenants ?? []) as unknown as { tenant: string }[])
    .map((one) => one.tenant)
    .slice(0, MOST);
  return useQueries({
    queries: names.map((tenant) => ({
      queryKey: ["incidents", cluster, tenant],
      refetchInterval: EVERY_MS,
      queryFn: async () => {
        const { data, error } = await atSimulator.GET(
          "/api/v1/clusters/{name}/tenants/{tenant}/sla",
          { params: { path: { name: cluster, tenant }, query: { period: "30d" } } },
        );
        if (error) throw error;
        return ((data.incidents ?? []) as unknown as Incident[]).map((one) => {
          const length = one.duration_seconds ?? null;
          return {
            id: `${tenant} ${one.started_at}`,
            from: one.started_at,
            to:
              length === null
                ? null
                : new Date(Date.parse(one.started_at) + length * 1000).toISOString(),
            title: tenant,
          };
        });
      },
    })),
    combine: (answers) => answers.flatMap((answer) => answer.data ?? []),
  });
}
