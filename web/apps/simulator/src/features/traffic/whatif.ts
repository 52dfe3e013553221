/** Loads of the what-if: a ladder, and where a slider stands on it. Pure. */

/** Which way requests fail. */
export type How =
  | "network"
  | "overload"
  | "aborted"
  | "late"
  | "dependency"
  | "slow"
  | "cut"
  | "unmeasured";

export interface Workload {
  readonly name: string;
  readonly entry: boolean;
  readonly state: string;
  readonly pods: number;
  readonly requests_per_second: number;
  readonly response_time_ms: number;
  readonly error_percent: number;
  readonly busy_percent: number;
  readonly queue: number;
  readonly retries_percent: number;
  readonly cpu_percent: number | null;
  readonly failing: readonly {
    readonly how: How;
    readonly percent: number;
    readonly calls: string | null;
  }[];
}

export interface Load {
  readonly times: number;
  readonly state: "up" | "down";
  readonly metrics: {
    readonly cpu: number | null;
    readonly network_rps: number;
    readonly response_time: number;
    readonly error_rate: number;
  };
  readonly busiest: string | null;
  readonly workloads: readonly Workload[];
}

export const LEAST = 0.25;
export const MOST = 16;

/** Return so many loads between the least and the most, each the same factor above the one before. */
export function ladder(steps: number): number[] {
  return Array.from({ length: steps }, (_, step) => at(step / (steps - 1)));
}

/** Return the load at a part of the slider, in [0, 1]: of each doubling as much of its way. */
export function at(part: number): number {
  return Math.round(LEAST * (MOST / LEAST) ** part * 100) / 100;
}

/** Return where a load stands on the slider. */
export function partOf(times: number): number {
  const inside = Math.min(MOST, Math.max(LEAST, times));
  return Math.log(inside / LEAST) / Math.log(MOST / LEAST);
}
