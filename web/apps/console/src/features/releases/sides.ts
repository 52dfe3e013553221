/** How long each workload took in two releases, beside each other. Pure. */
import type { Startup } from "./gantt";

export interface Side {
  readonly object: string;
  readonly one: number | null;
  readonly other: number | null;
  /** By how many seconds the other took longer; null where one of them does not tell, or did not start it: 0 s. */
  readonly longer: number | null;
}

/** Return a row a workload that either has, the greatest difference first. */
export function beside(one: Startup | null, other: Startup | null): Side[] {
  const took = (of: Startup | null) =>
    new Map((of?.workloads ?? []).map((row) => [row.object ?? "", row.seconds ?? null]));
  const [first, second] = [took(one), took(other)];
  return [...new Set([...first.keys(), ...second.keys()])]
    .map((object) => {
      const [a, b] = [first.get(object) ?? null, second.get(object) ?? null];
      return { object, one: a, other: b, longer: a && b ? b - a : null };
    })
    .sort(
      (a, b) =>
        Math.abs(b.longer ?? 0) - Math.abs(a.longer ?? 0) || a.object.localeCompare(b.object),
    );
}
