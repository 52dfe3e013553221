/** Where a list has to be scrolled to, so that what is read stays in place. Pure. */

/** Return by how many rows most of *seen* (ids that were in view, by their index) moved; 0: they went
 * apart, as in a list that is sorted by what changes. */
export function moved(
  seen: ReadonlyMap<string, number>,
  now: (id: string) => number | undefined,
): number {
  const votes = new Map<number, number>();
  for (const [id, before] of seen) {
    const after = now(id);
    if (after !== undefined) votes.set(after - before, (votes.get(after - before) ?? 0) + 1);
  }
  for (const [by, count] of votes) if (count * 2 > seen.size) return by;
  return 0;
}
