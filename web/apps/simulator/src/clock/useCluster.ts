/** Which cluster a page is about, and its clock: state of the address, asked every second. */
import { useView } from "@ecp/ui/view/useView";
import { useEffect, useRef, useState } from "react";
import { hooks } from "../ask";

const CLOCK_MS = 1000;
const FIRST = "default";
/** Nothing chosen is another thing than the first cluster: what was chosen goes along from page to
 * page, and has to be said to be left. */
const VIEW = { cluster: "" };

export interface ClockState {
  readonly now?: string;
  readonly speed?: number;
  readonly paused?: boolean;
  readonly warping_to?: string | null;
  readonly catching_up_to?: string | null;
  readonly on_restart?: string;
  readonly pace_since?: string;
  readonly next_timer?: string | null;
  readonly ledger?: string;
}

export function useCluster(): readonly [string, (name: string) => void] {
  const [view, setView] = useView(VIEW);
  return [view.cluster || FIRST, (cluster) => setView({ cluster })];
}

/** The clock of a cluster. *gone*: there is none of that name; *replaced*: another one has it since
 * this page began to look, or it was put back to a snapshot. */
export function useClock(cluster: string) {
  const first = useRef<{ cluster: string; ledger: string } | null>(null);
  const [replaced, setReplaced] = useState(false);
  const ask = hooks.useQuery(
    "get",
    "/api/v1/clusters/{name}/clock",
    { params: { path: { name: cluster } } },
    { refetchInterval: CLOCK_MS, retry: false },
  );
  const clock = ask.data as ClockState | undefined;
  const ledger = clock?.ledger;
  useEffect(() => {
    if (ledger === undefined) return;
    if (first.current?.cluster !== cluster) {
      first.current = { cluster, ledger };
      setReplaced(false);
    } else if (first.current.ledger !== ledger) setReplaced(true);
  }, [cluster, ledger]);
  const gone = (ask.error as { status?: number } | null)?.status === 404;
  const accept = () => {
    first.current = null;
    setReplaced(false);
  };
  return { clock: gone ? undefined : clock, gone, replaced, accept, refetch: ask.refetch };
}

/** Part of the way that a warp has gone, in [0, 1]. */
export function gone(clock: ClockState): number {
  const from = Date.parse(clock.pace_since ?? "");
  const to = Date.parse(clock.warping_to ?? "");
  const now = Date.parse(clock.now ?? "");
  if (!(to > from)) return 0;
  return Math.min(1, Math.max(0, (now - from) / (to - from)));
}
