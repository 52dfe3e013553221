/** The time of an experiment, and what its tenants' figures were before, during and after. Pure. */
import type { Figures } from "../../series";

interface Times {
  readonly started_at: string | null;
  readonly ended_at: string | null;
  readonly recovered_at?: string | null;
}

const MARGIN_MS = 5 * 60_000;

/** Return the range that is looked at: some minutes more on both sides. "" = now. */
export function around(fault: Times): { from: string; to: string } {
  const began = Date.parse(fault.started_at ?? "");
  const last = fault.recovered_at ?? fault.ended_at;
  const ended = Math.max(Date.parse(last ?? ""), Date.parse(fault.ended_at ?? ""));
  return {
    from: Number.isNaN(began) ? "" : new Date(began - MARGIN_MS).toISOString(),
    to: Number.isNaN(ended) ? "" : new Date(ended + MARGIN_MS).toISOString(),
  };
}

export type Phase = "before" | "during" | "after";

/** Return in which phase each point lies: it stands at the end of its step. */
export function phases(figures: Pick<Figures, "at">, fault: Times): (Phase | null)[] {
  const began = Date.parse(fault.started_at ?? "");
  const ended = Date.parse(fault.recovered_at ?? fault.ended_at ?? "");
  return figures.at.map((one) => {
    const at = Date.parse(one);
    if (Number.isNaN(began)) return null;
    if (at <= began) return "before";
    return Number.isNaN(ended) || at <= ended ? "during" : "after";
  });
}

/** Return the seconds that a tenant was down from the beginning of a fault on. */
export function lost(figures: Pick<Figures, "at" | "down_seconds">, fault: Times): number {
  const phase = phases(figures, fault);
  return figures.down_seconds.reduce(
    (sum, down, index) => sum + (phase[index] === "before" ? 0 : down),
    0,
  );
}

/** Return the mean of the values of a phase, null where there are none. */
export function mean(
  values: readonly (number | null)[],
  phase: readonly (Phase | null)[],
  wanted: Phase,
): number | null {
  const found = values.filter((value, index) => value !== null && phase[index] === wanted);
  return found.length
    ? found.reduce<number>((sum, one) => sum + (one ?? 0), 0) / found.length
    : null;
}

/** Return the worst of the values of a phase. */
export function worst(
  values: readonly (number | null)[],
  phase: readonly (Phase | null)[],
  wanted: Phase,
  least = false,
): number | null {
  const found = values.filter(
    (value, index): value is number => value !== null && phase[index] === wanted,
  );
  return found.length ? (least ? Math.min(...found) : Math.max(...found)) : null;
}
