/** Which cluster a page is about, and its clock: state of the address, asked while it does not simply go
 * on every second, else it goes on by itself in between. */
import { isGone } from "@ecp/ui/layout/ProblemView";
import { usePaused } from "@ecp/ui/live/pausing";
import { useView } from "@ecp/ui/view/useView";
import { useEffect, useRef, useState } from "react";
import { EVERY_MS, hooks } from "../ask";

const TICK_MS = 1000;
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

/** The clock of a cluster; *closely*: asked each second. *gone*: there is none of that name; *replaced*: another one has it since
 * this page began to look, or it was put back to a snapshot. */
export function useClock(cluster: string, closely: boolean) {
  const first = useRef<{ cluster: string; ledger: string } | null>(null);
  const [replaced, setReplaced] = useState(false);
  const [steady, setSteady] = useState(false);
  const ask = hooks.useQuery(
    "get",
    "/api/v1/clusters/{name}/clock",
    { params: { path: { name: cluster } } },
    { refetchInterval: steady && !closely ? EVERY_MS : TICK_MS, retry: false },
  );
  const clock = ask.data as ClockState | undefined;
  const goes = clock !== undefined && !clock.warping_to && !clock.catching_up_to;
  useEffect(() => setSteady(goes), [goes]);
  const ledger = clock?.ledger;
  useEffect(() => {
    if (ledger === undefined) return;
    if (first.current?.cluster !== cluster) {
      first.current = { cluster, ledger };
      setReplaced(false);
    } else if (first.current.ledger !== ledger) setReplaced(true);
  }, [cluster, ledger]);
  const gone = isGone(ask.error);
  const accept = () => {
    first.current = null;
    setReplaced(false);
  };
  return {
    clock: gone ? undefined : clock,
    heardMs: ask.dataUpdatedAt,
    gone,
    replaced,
    accept,
    refetch: ask.refetch,
  };
}

/** A clock's instant (ms) now, as it has gone on since it was heard of; it stands while a page is held. */
export function useTicking(clock: ClockState, heardMs: number): number {
  const held = usePaused();
  const [, tick] = useState(0);
  const goes = !held && !clock.paused && !clock.warping_to && !clock.catching_up_to;
  useEffect(() => {
    if (!goes) return undefined;
    const timer = setInterval(() => tick((times) => times + 1), TICK_MS);
    return () => clearInterval(timer);
  }, [goes]);
  const gone = goes ? Math.max(0, Date.now() - heardMs) : 0;
  const now = Date.parse(clock.now ?? "") + gone * (clock.speed ?? 1);
  const shown = useRef(now);
  if (!held) shown.current = now;
  return shown.current;
}

/** Part of the way that a warp has gone, in [0, 1]. */
export function gone(clock: ClockState): number {
  const from = Date.parse(clock.pace_since ?? "");
  const to = Date.parse(clock.warping_to ?? "");
  const now = Date.parse(clock.now ?? "");
  if (!(to > from)) return 0;
  return Math.min(1, Math.max(0, (now - from) / (to - from)));
}
