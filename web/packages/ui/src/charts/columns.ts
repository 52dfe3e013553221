/** Lines as they are drawn: fewer points that look the same, and gaps where nothing was measured. Pure. */

export type Values = readonly (number | null)[];
/** For each line its values at the instants of the first row; null: a gap, undefined: goes on. */
export type Drawn = [number[], ...(number | null | undefined)[][]];

/** A step that is so much longer than those beside it is a gap. */
const LONGER = 2.5;

/** Return after which points nothing is there for long: not where the step itself changes, as where an
 * older part is kept by the minute. */
export function gaps(at: readonly number[]): number[] {
  const found: number[] = [];
  for (let i = 0; i + 1 < at.length; i += 1) {
    const step = (at[i + 1] as number) - (at[i] as number);
    const before = i > 0 ? (at[i] as number) - (at[i - 1] as number) : 0;
    const after = i + 2 < at.length ? (at[i + 2] as number) - (at[i + 1] as number) : 0;
    const usual = Math.max(before, after);
    if (usual > 0 && step > LONGER * usual) found.push(i);
  }
  return found;
}

/** Return what to draw of *lines* on so many pixels. Where there are more than two points a pixel, each
 * column of pixels gets the least and the most of each line, in their order. Columns stand on round
 * multiples of their width, so that a line does not shimmer while it moves on. */
export function columns(at: readonly number[], lines: readonly Values[], pixels: number): Drawn {
  const missing = gaps(at);
  if (at.length <= pixels * 2) return missing.length ? cut(at, lines, missing) : whole(at, lines);
  const first = at[0] as number;
  const width = ((at.at(-1) as number) - first) / pixels || 1;
  const xs: number[] = [];
  const ys = lines.map((): (number | null | undefined)[] => []);
  let gap = 0;
  for (let start = 0; start < at.length; ) {
    const column = Math.floor((at[start] as number) / width);
    let end = start + 1;
    while (end < at.length && Math.floor((at[end] as number) / width) === column) end += 1;
    column2(at, lines, start, end, xs, ys);
    let cutHere = false;
    while (gap < missing.length && (missing[gap] as number) < end) {
      cutHere = true;
      gap += 1;
    }
    if (cutHere) {
      xs.push(((at[end - 1] as number) + (at[Math.min(end, at.length - 1)] as number)) / 2);
      for (const y of ys) y.push(null);
    }
    start = end;
  }
  return [xs, ...ys];
}

/** Add a column's two points, and a third where a line has a gap in it. */
function column2(
  at: readonly number[],
  lines: readonly Values[],
  start: number,
  end: number,
  xs: number[],
  ys: (number | null | undefined)[][],
): void {
  const one = end - start === 1;
  let gap = false;
  for (let line = 0; line < lines.length; line += 1) {
    const values = lines[line] as Values;
    const out = ys[line] as (number | null | undefined)[];
    let least = -1;
    let most = -1;
    let hole = false;
    for (let i = start; i < end; i += 1) {
      const value = values[i];
      if (value === null || value === undefined) hole = true;
      else {
        if (least < 0 || value < (values[least] as number)) least = i;
        if (most < 0 || value > (values[most] as number)) most = i;
      }
    }
    if (hole && least >= 0) gap = true;
    if (one) out.push(values[start] ?? null);
    else if (least < 0) out.push(null, null);
    else out.push(values[Math.min(least, most)], values[Math.max(least, most)]);
  }
  xs.push(at[start] as number);
  if (one) return;
  const last = at[end - 1] as number;
  xs.push(gap ? (at[start + ((end - start) >> 1)] as number) : last);
  if (!gap) return;
  xs.push(last);
  for (let line = 0; line < lines.length; line += 1) {
    const values = lines[line] as Values;
    let hole = false;
    for (let i = start; i < end; i += 1) hole ||= values[i] === null || values[i] === undefined;
    ys[line]?.push(hole ? null : undefined);
  }
}

function whole(at: readonly number[], lines: readonly Values[]): Drawn {
  return [at as number[], ...lines.map((values) => values as (number | null)[])];
}

function cut(at: readonly number[], lines: readonly Values[], missing: readonly number[]): Drawn {
  const xs = [...at];
  const ys = lines.map((values) => [...values]);
  for (const index of missing.toReversed()) {
    xs.splice(index + 1, 0, ((at[index] as number) + (at[index + 1] as number)) / 2);
    for (const y of ys) y.splice(index + 1, 0, null);
  }
  return [xs, ...ys];
}

export interface Summary {
  readonly least: number;
  readonly most: number;
  readonly last: number | null;
  readonly gaps: number;
}

/** Return what a line says in numbers; null: it has none. */
export function summary(values: readonly (number | null | undefined)[]): Summary | null {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  let last: number | null = null;
  let holes = 0;
  let known = false;
  for (const value of values) {
    if (value === undefined) continue;
    if (value === null) {
      if (known) holes += 1;
      known = false;
      continue;
    }
    known = true;
    last = value;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return last === null ? null : { least, most, last, gaps: known ? holes : Math.max(0, holes - 1) };
}
