/** How each workload of a start-up came to be ready, as rows of bars; and its checks. Pure. */
import { type BarRow, chained } from "../../bars/rows";

export interface Stages {
  readonly pod?: string;
  readonly created?: number | null;
  readonly scheduled?: number | null;
  readonly pulled?: number | null;
  readonly started?: number | null;
  readonly ready?: number | null;
}

export interface Workload {
  readonly object: string;
  readonly desired: number;
  readonly ready: number;
  /** Of those that are ready, how many are of the newest template. */
  readonly updated?: number;
  readonly available: boolean;
  readonly seconds: number | null;
  readonly restarts?: number;
  readonly gpus?: { readonly bound: number; readonly wanted: number } | null;
  readonly stages?: Stages | null;
}

interface Counted {
  readonly object: string;
  readonly available?: boolean;
  readonly ready?: number;
}

export interface Report {
  readonly started?: boolean;
  readonly began?: string;
  readonly judged_at?: string | null;
  readonly confirmed_at?: string | null;
  readonly seconds?: number | null;
  readonly conditions?: Record<string, { readonly met: boolean; readonly seconds: number | null }>;
  readonly workloads?: readonly Workload[];
  readonly services?: readonly Counted[];
  readonly entries?: readonly { readonly object: string; readonly served: boolean }[];
  readonly dependencies?: Readonly<Record<string, number>>;
}

/** A shorter axis would show nothing but its own ticks. */
const SHORTEST_S = 10;

/** Return how long a start-up lasted, or lasts. */
export function whole(report: Report): number {
  const since = (at: string | null | undefined) =>
    at && report.began ? (Date.parse(at) - Date.parse(report.began)) / 1000 : 0;
  return report.seconds ?? Math.max(since(report.judged_at), 1);
}

/** Return the seconds of its axis. */
export function span(report: Report): number {
  return Math.max(whole(report), SHORTEST_S);
}

/** Return the stages of a workload's pod; null where that pod came after all was up: it tells of another
 * start, as when a tenant was stopped and started. */
function ofThis({ available, seconds, stages }: Workload): Stages | null {
  const later = available && typeof seconds === "number" && (stages?.created ?? 0) > seconds;
  return later ? null : (stages ?? null);
}

/** Return a row a workload, the last to be ready first, who is not up before all. *took* says seconds. */
export function waterfall(
  report: Report,
  took: (seconds: number) => string,
  missing: (ready: number, desired: number) => string,
): BarRow[] {
  // What is up stays so until the axis ends.
  const end = typeof report.seconds === "number" ? span(report) : whole(report);
  const late = (one: Workload) => (one.available ? (one.seconds ?? 0) : Number.POSITIVE_INFINITY);
  const rows = [...(report.workloads ?? [])].sort(
    (a, b) => late(b) - late(a) || a.object.localeCompare(b.object),
  );
  return rows.map((one, index) => {
    const stages = ofThis(one);
    const until = one.available ? (one.seconds ?? 0) : null;
    return {
      id: one.object,
      name: one.object,
      critical: index === 0 && late(one) > 0,
      after: one.available ? took(one.seconds ?? 0) : missing(newest(one), one.desired),
      segments: chained(
        stages
          ? [
              ["waiting", stages.created],
              ["scheduling", stages.scheduled],
              // A cluster keeps the event of a pull for an hour: later both are one stage.
              ...(typeof stages.pulled === "number" ? [["pulling", stages.pulled] as const] : []),
              ["starting", stages.started],
              ["probing", one.available ? (until ?? stages.ready) : stages.ready],
              ["ready", end],
            ]
          : [
              [one.available ? "working" : "late", until],
              ["ready", end],
            ],
        end,
      ),
    };
  });
}

/** Return how many pods are ready and as the release wants them: others go. */
export const newest = (one: Workload): number => one.updated ?? one.ready;

/** What is checked of a workload: met, not met, or not asked for (null). */
export interface Checks {
  readonly pods: boolean;
  readonly started: boolean | null;
  readonly probed: boolean;
  readonly endpoints: boolean | null;
  readonly gpu: boolean | null;
  readonly served: boolean | null;
}

/** Return the checks of a workload. Its Service is the one that bears its name. */
export function checks(report: Report, one: Workload): Checks {
  const name = one.object.split("/")[1] ?? "";
  const service = report.services?.find(({ object }) =>
    [`service/${name}`, `service/${name}-service`].includes(object),
  );
  const entry = report.entries?.find(({ object }) => object === one.object);
  return {
    pods: newest(one) >= one.desired,
    started: one.stages ? typeof one.stages.started === "number" : one.available || null,
    probed: one.available,
    endpoints: service ? Boolean(service.available) : null,
    gpu: one.gpus ? one.gpus.bound >= one.gpus.wanted : null,
    served: entry ? entry.served : null,
  };
}
