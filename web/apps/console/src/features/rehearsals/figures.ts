/** What runs say together: quantiles, bars of a distribution, the worst of them. Pure. */
import type { Run } from "./types";

/** Return the value that a share (0 to 1) of *values* does not exceed: the nearest rank. */
export function quantile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const rank = Math.min(Math.max(Math.ceil(share * sorted.length), 1), sorted.length);
  return sorted[rank - 1] ?? null;
}

export interface Bars {
  /** Upper ends. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/** Return how often values fall into *most* bars of equal width; one bar where all are the same. */
export function bars(values: readonly number[], most = 12): Bars {
  if (values.length === 0) return { edges: [], counts: [] };
  const low = Math.min(...values);
  const high = Math.max(...values);
  if (high === low) return { edges: [high], counts: [values.length] };
  const count = Math.min(most, Math.max(4, Math.ceil(Math.sqrt(values.length)) + 2));
  const width = (high - low) / count;
  const counts = Array.from({ length: count }, () => 0);
  for (const value of values) {
    const bar = Math.min(Math.floor((value - low) / width), count - 1);
    counts[bar] = (counts[bar] ?? 0) + 1;
  }
  return { edges: counts.map((_, bar) => low + width * (bar + 1)), counts };
}

/** Return how many decimals tell the ends of bars apart. */
export function decimals({ edges }: Bars): number {
  const [first, second] = edges;
  if (first === undefined || second === undefined) return 3;
  return Math.min(8, Math.max(0, Math.ceil(-Math.log10(second - first)) + 1));
}

/** Return the runs that were down longest; of equal ones that of the lower seed first. */
export function worst(runs: readonly Run[], count: number): Run[] {
  return [...runs]
    .sort((a, b) => b.down_seconds - a.down_seconds || a.seed - b.seed)
    .slice(0, count);
}

export interface Said {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly most: number | null;
}

/** Return the down times that runs come to so far, in seconds. */
export function said(runs: readonly Run[]): Said {
  const down = runs.map((run) => run.down_seconds);
  return { p50: quantile(down, 0.5), p95: quantile(down, 0.95), most: quantile(down, 1) };
}
