/** What moves a verdict most: margins at the bounds of assumed figures, on one axis. Pure. */
import type { Assumed } from "./types";

export interface Bar {
  readonly name: string;
  /** What is left of the closest hypothesis at either bound; null: nothing was measured. */
  readonly low: number | null;
  readonly high: number | null;
  readonly flips: boolean;
  /** Where it is drawn, in parts of the width. */
  readonly from: number;
  readonly to: number;
}

export interface Tornado {
  readonly bars: readonly Bar[];
  /** The margin as it is, and none at all: the bound. */
  readonly base: number;
  readonly bound: number;
}

/** Beyond as much lost as may be lost, a bar says no more: it would hide all others. */
const LEAST = -1;

type Evidence = { readonly margins: readonly { readonly left: number | null }[] };

/** Return the smallest margin of a run; null where one was not measured. */
function leftOf(evidence: Evidence | undefined): number | null {
  const found = (evidence?.margins ?? []).map((row) => row.left);
  if (found.length === 0 || found.includes(null)) return null;
  return Math.min(...(found as number[]));
}

/** Return the *most* figures that move the verdict, the strongest first; null: none was varied. */
export function tornado(
  figures: readonly Assumed[],
  base: Evidence | undefined,
  most = 12,
): Tornado | null {
  const middle = leftOf(base);
  if (middle === null) return null;
  const moving = figures
    .filter((row) => row.at_low && row.at_high && (row.flips || row.swing))
    .slice(0, most)
    .map((row) => ({
      name: `${row.of}.${row.field}`,
      low: leftOf(row.at_low),
      high: leftOf(row.at_high),
      flips: row.flips ?? false,
    }));
  const ends = moving.flatMap((row) => [row.low, row.high]).filter((end) => end !== null);
  const least = Math.max(LEAST, Math.min(0, middle, ...ends));
  const greatest = Math.max(0, middle, ...ends);
  const place = (margin: number) => (Math.max(margin, least) - least) / (greatest - least || 1);
  return {
    base: place(middle),
    bound: place(0),
    bars: moving.map((row) => {
      // What was not measured is drawn where it was: at the base.
      const places = [row.low ?? middle, row.high ?? middle, middle].map(place);
      return { ...row, from: Math.min(...places), to: Math.max(...places) };
    }),
  };
}

/** Say a margin: 35 %; beyond twice the bound how many times that: 200×; null: not measured. */
export function spelt(margin: number | null, percent: (value: number) => string): string {
  if (margin === null) return "–";
  const times = 1 - margin;
  return times <= 2 ? percent(100 * margin) : `${times < 1000 ? Math.round(times) : "≥ 1000"}×`;
}
