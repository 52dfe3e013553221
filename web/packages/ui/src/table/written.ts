/** Rows as text: CSV for a file, tabs for a clipboard. Pure. */
import type { Column } from "./order";

/** A spreadsheet takes what begins so for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/** Return rows as CSV (RFC 4180, with the mark by which Excel knows UTF-8). Values are those that a
 * table sorts by: plain numbers and instants, not as they are drawn. */
export function csv<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const cell = (value: string | number | null | undefined) => {
    const text = value === null || value === undefined ? "" : String(value);
    const safe = typeof value === "string" && FORMULA.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const known = columns.filter((column) => column.by);
  const lines = [known.map((column) => cell(column.head))];
  for (const row of rows) lines.push(known.map((column) => cell(column.by?.(row))));
  return `\ufeff${lines.map((line) => line.join(",")).join("\r\n")}\r\n`;
}

/** Return rows by tabs, without heads. */
export function tabbed<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const known = columns.filter((column) => column.by);
  return rows
    .map((row) =>
      known.map((column) => String(column.by?.(row) ?? "").replaceAll(/\s+/g, " ")).join("\t"),
    )
    .join("\n");
}
