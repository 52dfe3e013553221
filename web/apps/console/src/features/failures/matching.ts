/** Which failures of the catalogue are shown. Pure. */
import type { Kind } from "./types";

/** Return the failures that hold every word of *find*, of a class where one is chosen. */
export function matching(
  kinds: readonly Kind[],
  find: string,
  only: string,
  language: string,
): Kind[] {
  const words = find.toLowerCase().split(/\s+/).filter(Boolean);
  return kinds.filter((kind) => {
    if (only && kind.class !== only) return false;
    const told = [kind.name, kind.title[language], kind.because[language], kind.chaos.kind];
    const text = told.join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** Return the classes of *kinds* in their order. */
export function classesOf(kinds: readonly Kind[]): string[] {
  return [...new Set(kinds.map((kind) => kind.class))];
}
