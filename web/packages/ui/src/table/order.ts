/** What a table shows of its rows: filtered by words, sorted by a column. Pure. */

export interface Column<Row> {
  readonly id: string;
  readonly head: string;
  readonly cell: (row: Row) => React.ReactNode;
  /** What it is sorted and filtered by; none: it is neither. */
  readonly by?: (row: Row) => string | number | null | undefined;
  /** As in CSS grid; default minmax(80px, 1fr). */
  readonly width?: string;
  readonly numeric?: boolean;
}

/** Return the rows that hold every word of *filter*, in the order of *sort* ("-id" is descending).
 * What has no value comes last either way. */
export function arranged<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  filter: string,
  sort: string,
): Row[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const found = rows.filter((row) => {
    if (!words.length) return true;
    const text = columns
      .map((column) => column.by?.(row) ?? "")
      .join(" ")
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const down = sort.startsWith("-");
  const by = columns.find((column) => column.id === (down ? sort.slice(1) : sort))?.by;
  if (!by) return found;
  const collator = new Intl.Collator(undefined, { numeric: true });
  return found
    .map((row, index) => ({ row, index, value: by(row) }))
    .sort((a, b) => {
      const without =
        Number(a.value === null || a.value === undefined) -
        Number(b.value === null || b.value === undefined);
      if (without) return without;
      const order =
        typeof a.value === "number" && typeof b.value === "number"
          ? a.value - b.value
          : collator.compare(String(a.value ?? ""), String(b.value ?? ""));
      return (down ? -order : order) || a.index - b.index;
    })
    .map(({ row }) => row);
}
