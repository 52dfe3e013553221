/** Fewer points that look the same: the least and the most of each bucket. Pure. */

/** Return the indexes to draw of *ys* for *pixels* columns: at most two a column, in order. A gap
 * (null) keeps its place, so that a line is not drawn over it. */
export function sampled(ys: readonly (number | null)[], pixels: number): number[] {
  if (ys.length <= pixels * 2) return ys.map((_, index) => index);
  const found: number[] = [];
  for (let column = 0; column < pixels; column += 1) {
    const start = Math.floor((column * ys.length) / pixels);
    const end = Math.floor(((column + 1) * ys.length) / pixels);
    let least = -1;
    let most = -1;
    let gap = -1;
    for (let i = start; i < end; i += 1) {
      const y = ys[i];
      if (y === null || y === undefined) gap = i;
      else {
        if (least < 0 || y < (ys[least] as number)) least = i;
        if (most < 0 || y > (ys[most] as number)) most = i;
      }
    }
    found.push(...[...new Set([least, most, gap].filter((i) => i >= 0))].sort((a, b) => a - b));
  }
  return found;
}
