/** Which of the objects are shown: by words, kinds and problems; one rule for all three views. Pure. */
import type { Item } from "./types";

export interface Wish {
  readonly words: string;
  readonly kinds: ReadonlySet<string>;
  readonly problems: boolean;
}

/** Return the objects that hold every word in their kind, name, node, reason or labels, are of one of
 * the kinds (none: of any), and are problems where only these are wished for. */
export function chosen(items: readonly Item[], wish: Wish): Item[] {
  const words = wish.words.toLowerCase().split(/\s+/).filter(Boolean);
  return items.filter((item) => {
    if (wish.problems && !item.problem) return false;
    if (wish.kinds.size && !wish.kinds.has(item.kind)) return false;
    if (!words.length) return true;
    const labels = Object.entries(item.labels).map(([key, value]) => `${key}=${value}`);
    const text = [item.kind, item.name, item.node, item.reason, item.health, ...labels]
      .join(" ")
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** Return the kinds that there are and how many of each, the most first. */
export function kindsOf(items: readonly Item[]): [string, number][] {
  const found = new Map<string, number>();
  for (const { kind } of items) found.set(kind, (found.get(kind) ?? 0) + 1);
  return [...found].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}
