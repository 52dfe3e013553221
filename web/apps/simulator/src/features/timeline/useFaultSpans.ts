/** The faults of a cluster as spans of time. */
import { hooks } from "../../ask";
import type { Span } from "./Scrubber";

interface Fault {
  readonly id: string;
  readonly title: string;
  readonly targets: readonly string[];
  readonly started_at: string | null;
  readonly ended_at: string | null;
}

export function useFaultSpans(cluster: string): readonly Span[] {
  const ask = hooks.useQuery(
    "get",
    "/api/v1/clusters/{name}/faults",
    { params: { path: { name: cluster } } },
    { refetchInterval: 15_000 },
  );
  return ((ask.data?.faults ?? []) as unknown as readonly Fault[]).flatMap((one) =>
    one.started_at === null
      ? []
      : [
          {
            id: one.id,
            from: one.started_at,
            to: one.ended_at,
            title: `${one.title}: ${one.targets.join(", ")}`,
          },
        ],
  );
}
