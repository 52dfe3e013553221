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
  if (Array.isArray(value)) return value.join(", ") || "–";
  return value !== null && typeof value === "object" ? JSON.stringify(value) : String(value ?? "–");
}

export function differing(first: Variant, second: Variant): Differing[] {
  return FIELDS.map((field) => ({
    field,
    first: spelt(first[field]),
    second: spelt(second[field]),
  })).filter((row) => row.first !== row.second);
}
