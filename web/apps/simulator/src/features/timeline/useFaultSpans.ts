/** The faults of a cluster as spans of time. */
import { useMemo } from "react";
import { MOST, useFaults } from "../../faults";
import type { Span } from "./Scrubber";

export function useFaultSpans(cluster: string): readonly Span[] {
  const { data } = useFaults(cluster, { over: MOST });
  return useMemo(
    () =>
      (data ?? []).flatMap((one) =>
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
      ),
    [data],
  );
}
