/** The heads of a table's columns: what it is sorted by. */
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useUi } from "../texts/texts";
import type { Column } from "./order";
import classes from "./table.module.css";

export function Head<Row>({
  columns,
  grid,
  order,
  sortable,
  onSort,
  before,
}: {
  columns: readonly Column<Row>[];
  grid: string;
  order: string;
  sortable: (column: Column<Row>) => boolean;
  onSort: (order: string) => void;
  /** The column of boxes, where rows can be chosen. */
  before?: ReactNode;
}) {
  const u = useUi();
  return (
    <div
      role="row"
      aria-rowindex={1}
      className={classes.head}
      style={{ gridTemplateColumns: grid }}
    >
      {before}
      {columns.map((column) => {
        const up = order === column.id;
        const down = order === `-${column.id}`;
        return (
          <div
            key={column.id}
            role="columnheader"
            aria-sort={up ? "ascending" : down ? "descending" : undefined}
            data-numeric={column.numeric || undefined}
          >
            {sortable(column) ? (
              <button
                type="button"
                onClick={() => onSort(up ? `-${column.id}` : column.id)}
                title={u("sort.by", { column: column.head })}
              >
                {column.head}
                {up && <IconArrowUp size={12} aria-hidden />}
                {down && <IconArrowDown size={12} aria-hidden />}
              </button>
            ) : (
              <span title={column.by ? u("sort.partial") : undefined}>{column.head}</span>
            )}
          </div>
        );
      })}
    </div>
  );
}
