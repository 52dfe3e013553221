/** Bars over time: seconds become fractions of a range, ticks stand at round ones. Pure. */

/** What somebody did meanwhile; drawn by pattern as well as by colour. */
export type Doing =
  | "waiting"
  | "working"
  | "late"
  | "ready"
  | "scheduling"
  | "pulling"
  | "starting"
  | "probing";

export interface Segment {
  /** Seconds since the range began. */
  readonly from: number;
  readonly to: number;
  readonly doing: Doing;
}

export interface BarRow {
  readonly id: string;
  readonly name: string;
  /** Stands above the rows that follow it. */
  readonly heads?: boolean;
  /** Whether the end of all depends on it. */
  readonly critical?: boolean;
  readonly segments: readonly Segment[];
  /** An instant instead of a bar: when a condition was met. */
  readonly mark?: number | null;
  /** What stands behind the bar. */
  readonly after?: string;
}

const STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400,
];

/** Return the seconds from 0 to *whole* at which a clock that says *since* (seconds) at 0 is round, at
 * most *most* of them. */
export function ticks(whole: number, since = 0, most = 6): number[] {
  const step = STEPS.find((one) => whole / one < most) ?? Math.ceil(whole / most / 86_400) * 86_400;
  const found: number[] = [];
  for (let at = (step - (since % step)) % step; at <= whole; at += step) found.push(at);
  return found.length ? found : [0];
}

/** Return where a segment lies in a range of *whole* seconds: start and width, 0 to 1. */
export function placed(segment: Segment, whole: number): { start: number; width: number } {
  if (whole <= 0) return { start: 0, width: 0 };
  const start = Math.min(Math.max(segment.from / whole, 0), 1);
  const end = Math.min(Math.max(segment.to / whole, start), 1);
  return { start, width: end - start };
}

/** Return segments one after another: each from the end of the one before to its own; what has not
 * ended lasts until *now*, and nothing comes after it. */
export function chained(
  ends: readonly (readonly [Doing, number | null | undefined])[],
  now: number,
  from = 0,
): Segment[] {
  const found: Segment[] = [];
  let at = from;
  for (const [doing, end] of ends) {
    const until = end ?? now;
    if (until > at) found.push({ from: at, to: until, doing });
    if (end === null || end === undefined) break;
    at = Math.max(at, until);
  }
  return found;
}
