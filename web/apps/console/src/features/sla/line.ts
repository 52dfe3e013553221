/** The error budget's line over its period, as fractions of a box (0, 0 is at the top left). Pure. */

export interface Burn {
  /** What was left, from the first point to the last that is known. */
  readonly line: readonly (readonly [number, number])[];
  /** The line of somebody who spends it evenly, to nothing at the end. */
  readonly ideal: readonly [readonly [number, number], readonly [number, number]];
  /** Where nothing is left. */
  readonly zero: number;
  /** Minutes, and where they stand. */
  readonly ticks: readonly { readonly minutes: number; readonly y: number }[];
  /** How much less than the even line is left at the end of what is known, in seconds; negative: more. */
  readonly behind: number;
}

const STEPS = [1, 2, 5, 10, 20, 30, 60, 120, 240, 480, 720, 1440];

/** Return the drawing of what was left; *points* are [instant, seconds left], ascending, *until* is
 * when the period ends, which may be later than what is known. */
export function burn(
  points: readonly (readonly [string, number])[],
  allowed: number,
  until: string,
): Burn | null {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last || allowed <= 0) return null;
  const began = Date.parse(first[0]);
  const whole = Math.max(Date.parse(until) - began, Date.parse(last[0]) - began, 1);
  const x = (at: string) => (Date.parse(at) - began) / whole;
  const least = Math.min(0, ...points.map(([, left]) => left));
  const step = (STEPS.find((one) => (allowed - least) / 60 / one <= 6) ?? 1440) * 60;
  // It begins and ends at one that is read.
  const [top, bottom] = [Math.ceil(allowed / step) * step, Math.floor(least / step) * step];
  const y = (left: number) => (top - left) / (top - bottom);
  const ticks: { minutes: number; y: number }[] = [];
  for (let at = bottom + 0; at <= top; at += step) ticks.push({ minutes: at / 60, y: y(at) });
  return {
    line: points.map(([at, left]) => [x(at), y(left)] as const),
    ideal: [
      [0, y(allowed)],
      [1, y(0)],
    ],
    zero: y(0),
    ticks,
    behind: allowed * (1 - x(last[0])) - last[1],
  };
}
