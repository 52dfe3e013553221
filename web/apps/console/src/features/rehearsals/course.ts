/** The course of one run as charts want it. Pure. */
import type { Course, CourseFault, Steps } from "./types";

/** Return steps [second, value] as points of a line: each value holds until the next step. */
export function stepped(steps: Steps, seconds: number): { at: number[]; values: (number | null)[] } {
  const at: number[] = [];
  const values: (number | null)[] = [];
  for (const [index, [since, value]] of steps.entries()) {
    const until = steps[index + 1]?.[0] ?? seconds;
    at.push(since);
    values.push(value);
    if (until - 1 > since) {
      at.push(until - 1);
      values.push(value);
    }
  }
  return { at, values };
}

/** Return the part of steps within [from, to): what held before goes on from its beginning. */
export function within(steps: Steps, from: number, to: number): Steps {
  const before = steps.filter(([at]) => at <= from).at(-1);
  const inside = steps.filter(([at]) => at > from && at < to);
  return before ? [[from, before[1]], ...inside] : inside;
}

const WIDTHS = [60, 300, 900, 3600, 3 * 3600, 6 * 3600, 24 * 3600];
const MOST = 300;

/** Return how wide the parts are that a run is cut into: no more than a chart has room for. */
export function width(seconds: number): number {
  return WIDTHS.find((one) => seconds / one <= MOST) ?? 24 * 3600;
}

/** Return the minutes down of each part of *by* seconds, as steps. */
export function minutesDown(
  down: readonly (readonly [number, number])[],
  seconds: number,
  by: number,
): [number, number][] {
  const found = Array.from(
    { length: Math.ceil(seconds / by) },
    (_, part): [number, number] => [part * by, 0],
  );
  for (const [from, to] of down)
    for (let part = Math.floor(from / by); part * by < to; part += 1) {
      const row = found[part];
      if (row) row[1] += (Math.min(to, (part + 1) * by) - Math.max(from, part * by)) / 60;
    }
  return found;
}

/** Return the minutes of the budget that are left, as the points of a line that slopes while down. */
export function budgetLeft({ down, allowed_seconds, seconds }: Course): [number, number][] {
  let left = allowed_seconds / 60;
  const points: [number, number][] = [[0, left]];
  for (const [from, to] of down) {
    points.push([from, left]);
    left -= (to - from) / 60;
    points.push([to, left]);
  }
  points.push([seconds, left]);
  return points.filter(([at], index) => index === 0 || at > (points[index - 1]?.[0] ?? -1));
}

/** Return how many replicas were wanted and not ready, of all workloads together, as steps. */
export function missing(replicas: Course["series"]["replicas"]): [number, number][] {
  const changes = Object.values(replicas).flatMap((rows) =>
    rows.map(([at, ready, wanted], index) => {
      const [, was = 0, asked = 0] = rows[index - 1] ?? [];
      return [at, Math.max(0, wanted - ready) - Math.max(0, asked - was)] as const;
    }),
  );
  const found: [number, number][] = [];
  let short = 0;
  for (const [at, change] of changes.sort((a, b) => a[0] - b[0])) {
    short += change;
    const last = found.at(-1);
    if (last?.[0] === at) last[1] = short;
    else found.push([at, short]);
  }
  return found;
}

/** Return the faults that are worth a row: those asked for, and those by chance that cost something. */
export function telling(faults: readonly CourseFault[]): CourseFault[] {
  return faults.filter((one) => one.asked !== null || one.lost_seconds > 0);
}
