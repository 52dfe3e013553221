/** A tenant as it is, slot by slot as its stream tells it. */
import { useFollow } from "@ecp/ui/live/useFollow";
import type { Judged } from "@ecp/ui/status/budget";
import { useView } from "@ecp/ui/view/useView";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { EVERY_MS, hooks } from "../../ask";

const VIEW = { cluster: "" };
const FIRST = "default";
/** How often the figures are asked for while the stream tells of them: in case it does not. */
const SELDOM_MS = 60_000;

/** Of a state what the page shows: a message of all of it is four times as long. */
const FIGURES = ["cpu", "memory", "network_rps", "response_time", "error_rate"] as const;
const LEVEL = [
  "status",
  "uptime_percentage",
  "target_sla",
  "downtime_minutes",
  "failure_count",
  "recovery_time_avg",
  "error_budget.allowed_seconds",
  "error_budget.remaining_seconds",
]; // prettier-ignore
const SHOWN = [
  "clock.now",
  ...FIGURES.map((one) => `metrics.${one}`),
  ...LEVEL.map((one) => `sla.${one}`),
  ...["name", "desired", "ready", "state"].map((one) => `workloads.${one}`),
  ...FIGURES.map((one) => `workloads.metrics.${one}`),
];

export interface Measured {
  readonly cpu: number | null;
  readonly memory: number | null;
  readonly network_rps: number | null;
  readonly response_time: number | null;
  readonly error_rate: number | null;
}

export interface Workload {
  readonly name: string;
  readonly desired?: number;
  readonly ready?: number;
  readonly state?: string;
  readonly metrics?: Partial<Measured>;
}

export interface State {
  readonly timestamp: string;
  readonly metrics: Measured;
  readonly sla_data: Judged & {
    readonly uptime_percentage: number | null;
    readonly target_sla: number;
    readonly downtime_minutes: number;
    readonly failure_count: number;
    readonly recovery_time_avg: number | null;
  };
  readonly workloads: readonly Workload[];
}

/** A state as the stream tells it: the level of service has another name there. */
interface Told {
  readonly clock: { readonly now: string };
  readonly metrics: Measured;
  readonly sla: State["sla_data"];
  readonly workloads: readonly Workload[];
}

export function useTenant(tenant: string) {
  const [view, setView] = useView(VIEW);
  const [told, setTold] = useState<State | null>(null);
  const [open, setOpen] = useState(false);
  const queries = useQueryClient();
  const asked = hooks.useQuery(
    "get",
    "/api/v1/metrics/{tenant}",
    { params: { path: { tenant }, query: view.cluster ? { cluster: view.cluster } : {} } },
    { refetchInterval: open ? SELDOM_MS : EVERY_MS },
  );
  const cluster = asked.data?.cluster ?? null;
  const live = useFollow(
    cluster === null ? null : `/api/v1/clusters/${encodeURIComponent(cluster)}/live`,
    "ws",
    (message) => {
      const state = (message.body as { state?: Told } | undefined)?.state;
      if (!state) return;
      const { clock, metrics, sla, workloads } = state;
      setTold({ timestamp: clock.now, metrics, sla_data: sla, workloads });
    },
    undefined,
    JSON.stringify({ action: "watch", tenants: [tenant], fields: SHOWN }),
  );
  useEffect(() => {
    setOpen(live.state === "live");
    // Until the stream is back, ask.
    if (live.state !== "live") setTold(null);
    // Closed for good (4404): what stands above every page says so, and offers the others.
    if (live.state === "ended") void queries.invalidateQueries();
  }, [live.state, queries]);
  useEffect(() => {
    // Found where nobody said where: what stands above is about the same cluster.
    if (!view.cluster && cluster !== null && cluster !== FIRST) setView({ cluster });
  }, [view.cluster, cluster, setView]);
  const data = told ?? (asked.data as unknown as State | undefined);
  return { ask: { data, error: asked.error, refetch: asked.refetch }, live, cluster };
}
