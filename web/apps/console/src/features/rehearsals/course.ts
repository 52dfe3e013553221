/** The course of one run as charts want it. Pure. */
import type { Course, CourseFault, Steps } from "./types";

const CELLS = 360;

interface Line {
  readonly at: readonly number[];
  readonly values: readonly (number | null)[];
}

/** Return steps [second, value], each holding until the next, as a line over [from, to): of each of
 * equal parts the least and the most, in their order. A chart takes what comes unevenly for gaps. */
export function sampled(steps: Steps, from: number, to: number): Line {
  if (steps.length === 0) return { at: [], values: [] };
  const wide = (to - from) / CELLS;
  const at: number[] = [];
  const values: (number | null)[] = [];
  // The last step that began before the part does.
  let next = 0;
  let held: number | null = null;
  for (let cell = 0; cell < CELLS; cell += 1) {
    const start = from + cell * wide;
    for (; next < steps.length && (steps[next]?.[0] ?? to) <= start; next += 1)
      held = steps[next]?.[1] ?? null;
    const seen: (number | null)[] = [held];
    for (; next < steps.length && (steps[next]?.[0] ?? to) < start + wide; next += 1) {
      held = steps[next]?.[1] ?? null;
      seen.push(held);
    }
    const [one, other] = ends(seen);
    at.push(start, start + wide / 2);
    values.push(one, other);
  }
  return { at, values };
}

/** Return the least and the most, that first which came first; null where nothing was seen. */
function ends(seen: readonly (number | null)[]): [number | null, number | null] {
  const known = seen.filter((one) => one !== null);
  if (known.length === 0) return [null, null];
  const [least, most] = [Math.min(...known), Math.max(...known)];
  return known.indexOf(least) <= known.indexOf(most) ? [least, most] : [most, least];
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
  const found = Array.from({ length: Math.ceil(seconds / by) }, (_, part): [number, number] => [
    part * by,
    0,
  ]);
  for (const [from, to] of down)
    for (let part = Math.floor(from / by); part * by < to; part += 1) {
      const row = found[part];
      if (row) row[1] += (Math.min(to, (part + 1) * by) - Math.max(from, part * by)) / 60;
    }
  return found;
}

/** Return the minutes of the budget that are left over time: it burns while it is down. */
export function budgetLeft({ down, allowed_seconds, seconds }: Course): Line {
  const at = Array.from({ length: 2 * CELLS + 1 }, (_, n) => (n * seconds) / (2 * CELLS));
  let next = 0;
  let lost = 0;
  const values = at.map((second) => {
    for (; next < down.length && (down[next]?.[1] ?? 0) <= second; next += 1)
      lost += (down[next]?.[1] ?? 0) - (down[next]?.[0] ?? 0);
    const now = Math.max(0, second - (down[next]?.[0] ?? second));
    return (allowed_seconds - lost - now) / 60;
  });
  return { at, values };
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
