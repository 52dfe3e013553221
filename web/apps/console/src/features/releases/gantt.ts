/** A release as rows of bars: its waves, their workloads, the conditions of "started". Pure. */
import { type BarRow, chained } from "../../bars/rows";

export interface Wave {
  readonly wave?: string;
  readonly state?: string;
  readonly objects?: number;
  readonly applied?: number;
  readonly ready?: number;
  readonly desired?: number;
  readonly applied_at?: unknown;
  readonly ready_at?: unknown;
  readonly awaits?: readonly unknown[];
}

export interface Step {
  readonly action?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly state?: string;
  readonly detail?: string;
}

export interface Workload {
  readonly object?: string;
  readonly desired?: number;
  readonly ready?: number;
  /** Of those that are ready, how many are of the newest template. */
  readonly updated?: number;
  readonly available?: boolean;
  readonly seconds?: number | null;
}

export interface Startup {
  readonly judged_at?: string | null;
  readonly seconds?: number | null;
  readonly conditions?: Record<
    string,
    { readonly met?: boolean; readonly seconds?: number | null }
  >;
  readonly workloads?: readonly Workload[];
}

export interface Told {
  readonly began: string;
  readonly waves: readonly Wave[];
  readonly steps: readonly Step[];
  readonly startup: Startup | null;
  /** Whether each wave waits for the one before. */
  readonly waits: boolean;
  /** Whether nothing more is to be expected of what is not up. */
  readonly stuck?: boolean;
  /** Seconds at which it is expected to be up, while it is not. */
  readonly expected?: number | null;
}

/** A shorter axis would show nothing but its own ticks. */
const SHORTEST_S = 10;

export interface Drawn {
  readonly rows: readonly BarRow[];
  readonly whole: number;
}

/** Return the objects of each wave: steps stand in the order of the waves. */
export function byWave(waves: readonly Wave[], steps: readonly Step[]): Step[][] {
  let at = 0;
  return waves.map((wave) => {
    const own = steps.slice(at, at + (wave.objects ?? 0));
    at += wave.objects ?? 0;
    return own;
  });
}

/** Return the workloads on which the end depends: the slowest of all, or, where waves wait for one
 * another, the slowest of each. Who is not up is slower than who is. */
export function critical(groups: readonly (readonly Workload[])[], waits: boolean): Set<string> {
  const slowest = (rows: readonly Workload[]) =>
    [...rows].sort(
      (a, b) => late(b) - late(a) || (a.object ?? "").localeCompare(b.object ?? ""),
    )[0];
  const chosen = waits ? groups.map(slowest) : [slowest(groups.flat())];
  return new Set(chosen.flatMap((one) => (one?.object && late(one) > 0 ? [one.object] : [])));
}

function late(one: Workload): number {
  return one.available === false ? Number.POSITIVE_INFINITY : (one.seconds ?? 0);
}

/** Return the rows of a release and the seconds that they span. *names* puts words and figures. */
export function drawn(
  told: Told,
  names: {
    readonly wave: (name: string) => string;
    readonly condition: (name: string) => string;
    /** What stands above the conditions. */
    readonly conditions: string;
    readonly count: (done: number, of: number) => string;
    readonly took: (seconds: number) => string;
  },
): Drawn {
  const began = Date.parse(told.began);
  const since = (at: unknown) =>
    typeof at === "string" ? Math.max(0, (Date.parse(at) - began) / 1000) : null;
  const workloads = told.startup?.workloads ?? [];
  const known = new Map(workloads.map((one) => [one.object ?? "", one]));
  const conditions = Object.entries(told.startup?.conditions ?? {});
  const now = since(told.startup?.judged_at) ?? 0;
  const up = told.startup?.seconds ?? null;
  const end = Math.max(up ?? Math.max(now, told.expected ?? 0), SHORTEST_S);
  const reached = up === null ? Math.max(now, 1) : end;
  const groups = byWave(told.waves, told.steps).map((steps) =>
    steps.flatMap((step) => {
      const found = known.get(`${(step.kind ?? "").toLowerCase()}/${step.name}`);
      return found && step.action !== "prune" ? [found] : [];
    }),
  );
  const decisive = critical(groups, told.waits);
  const rows: BarRow[] = [];
  for (const [index, wave] of told.waves.entries()) {
    const own = groups[index] ?? [];
    const sent = since(wave.applied_at);
    const done = own.some((one) => one.available === false)
      ? null
      : Math.max(sent ?? 0, ...own.map((one) => one.seconds ?? 0));
    const doing = wave.state === "failed" || (told.stuck && done === null) ? "late" : "working";
    rows.push({
      id: wave.wave ?? String(index),
      name: names.wave(wave.wave ?? ""),
      heads: true,
      after: names.count(wave.applied ?? 0, wave.objects ?? 0),
      segments: chained(
        [
          ["waiting", sent],
          [doing, sent === null ? null : done],
          ["ready", reached],
        ],
        reached,
      ),
    });
    for (const one of own) {
      const missing = one.available === false;
      rows.push({
        id: one.object ?? "",
        name: one.object ?? "",
        critical: decisive.has(one.object ?? ""),
        after: missing
          ? names.count(one.updated ?? one.ready ?? 0, one.desired ?? 0)
          : names.took(one.seconds ?? 0),
        segments: chained(
          [
            // Who was up already waits for nothing.
            ["waiting", missing || sent === null ? sent : Math.min(sent, one.seconds ?? sent)],
            [
              missing && told.stuck ? "late" : "working",
              missing ? null : (one.seconds ?? sent ?? 0),
            ],
            ["ready", reached],
          ],
          reached,
        ),
      });
    }
  }
  if (conditions.length > 0)
    rows.push({
      id: "conditions",
      name: names.conditions,
      heads: true,
      segments: [],
      after: names.count(conditions.filter(([, one]) => one.met).length, conditions.length),
    });
  for (const [name, one] of conditions)
    rows.push({
      id: name,
      name: names.condition(name),
      segments: [],
      mark: one.met ? (one.seconds ?? 0) : null,
      after: one.met ? names.took(one.seconds ?? 0) : "–",
    });
  return { rows, whole: end * 1.02 };
}
