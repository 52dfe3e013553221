/** Which objects are asked for: by words, kinds and a selector; one rule for all three views. Pure. */
import { listed } from "./view";

export interface Filter {
  readonly q: string;
  readonly kind: string;
  readonly label: string;
  readonly in: string;
}

/** The filter as the service reads it. */
export interface Wish {
  readonly q?: string;
  readonly kind?: string[];
  readonly selector?: string;
  readonly group?: string;
}

export function wishOf(view: Filter): Wish {
  const kinds = [...listed(view.kind)];
  return {
    ...(view.q.trim() && { q: view.q.trim() }),
    ...(kinds.length && { kind: kinds }),
    ...(view.label && { selector: view.label }),
    ...(view.in && { group: view.in }),
  };
}

/** Return the kinds that there are and how many of each, the most first. */
export function kindsOf(kinds: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(kinds).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

/** What the list can be sorted by, and what the service calls it. */
const SORTS: Record<string, string> = { created: "created_at" };

export function sortOf(order: string): string {
  const column = order.replace(/^-/, "");
  return `${order.startsWith("-") ? "-" : ""}${SORTS[column] ?? column}`;
}
