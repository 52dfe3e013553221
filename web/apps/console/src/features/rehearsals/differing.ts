/** What two rehearsals were asked differently. Pure. */
import type { Variant } from "./types";

export interface Differing {
  readonly field: string;
  readonly first: string;
  readonly second: string;
}

const FIELDS = [
  "scenario",
  "cluster",
  "seconds",
  "target",
  "seed",
  "faults",
  "hypotheses",
  "demand",
] as const;

function spelt(value: unknown): string {
  if (Array.isArray(value)) return value.map(spelt).join(", ") || "–";
  return value !== null && typeof value === "object" ? JSON.stringify(value) : String(value ?? "–");
}

/** Return what stands at each path below a field: one row for a figure, not one for all of it. */
function leaves(field: string, value: unknown): [string, string][] {
  if (value === null || typeof value !== "object" || Array.isArray(value))
    return [[field, spelt(value)]];
  return Object.entries(value).flatMap(([name, one]) => leaves(`${field}.${name}`, one));
}

export function differing(first: Variant, second: Variant): Differing[] {
  return FIELDS.flatMap((field) => {
    const [one, other] = [first, second].map((side) => new Map(leaves(field, side[field])));
    return [...new Set([...(one?.keys() ?? []), ...(other?.keys() ?? [])])].map((path) => ({
      field: path,
      first: one?.get(path) ?? "–",
      second: other?.get(path) ?? "–",
    }));
  }).filter((row) => row.first !== row.second);
}
