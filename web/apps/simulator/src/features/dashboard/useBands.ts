/** What happened to a tenant meanwhile: faults, releases; as charts mark it. */
import { useMemo } from "react";
import { hooks } from "../../ask";
import { MOST, useFaults } from "../../faults";

import { useT } from "./words";

const SELDOM_MS = 30_000;

interface Release {
  readonly version: number;
  readonly name: string;
  readonly at: string;
}

export function useBands(cluster: string, namespace: string | null, from: string) {
  const t = useT();
  const faults = useFaults(cluster, { namespace, over: MOST });
  // Whole hours: what is older than the range does no harm, another question a second would.
  const hour = `${from.slice(0, 13)}:00:00Z`;
  const kept = hooks.useQuery(
    "get",
    "/api/v1/clusters/{name}/history",
    { params: { path: { name: cluster }, query: { buckets: 10 } } },
    { staleTime: SELDOM_MS * 10 },
  );
  const since = (kept.data as { kept?: { since: string } } | undefined)?.kept?.since;
  const releases = hooks.useQuery(
    "get",
    "/api/v1/clusters/{name}/history/changes",
    {
      params: {
        path: { name: cluster },
        query: {
          namespace: namespace ?? "",
          mark: ["release"],
          limit: 200,
          // The log does not reach further back.
          ...(since && hour > since ? { from: hour } : {}),
        },
      },
    },
    { enabled: namespace !== null && since !== undefined, refetchInterval: SELDOM_MS },
  );
  const known = faults.data;
  const made = (releases.data as { changes?: Release[] } | undefined)?.changes;
  return useMemo(
    () => [
      ...(known ?? []).flatMap((fault) => {
        if (!fault.started_at) return [];
        const began = Date.parse(fault.started_at) / 1000;
        const ended = fault.ended_at ? Date.parse(fault.ended_at) / 1000 : undefined;
        return [
          {
            kind: "fault" as const,
            name: fault.title,
            from: began,
            ...(ended === undefined ? {} : { to: ended }),
          },
        ];
      }),
      ...(made ?? []).map((one) => ({
        kind: "release" as const,
        name: t("release", { name: one.name }),
        from: Date.parse(one.at) / 1000,
      })),
    ],
    [known, made, t],
  );
}
