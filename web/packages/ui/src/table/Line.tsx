/** A row of a table. Drawn anew only when it, or where it stands, has changed. */
import { memo } from "react";
import { useUi } from "../texts/texts";
import type { Column } from "./order";
import classes from "./table.module.css";

interface LineProps<Row> {
  readonly row: Row | undefined;
  readonly index: number;
  readonly top: number;
  readonly columns: readonly Column<Row>[];
  readonly grid: string;
  readonly open: boolean;
  readonly onOpen: ((row: Row) => void) | undefined;
  /** undefined: rows cannot be chosen here. */
  readonly chosen: boolean | undefined;
  readonly onChoose: (index: number, range: boolean) => void;
  readonly name: string;
}

function Plain<Row>(props: LineProps<Row>) {
  const { row, index, columns, onOpen, chosen } = props;
  return (
    <div
      role="row"
      tabIndex={-1}
      aria-rowindex={index + 2}
      aria-selected={chosen}
      data-index={index}
      className={classes.row}
      data-open={props.open || undefined}
      data-opens={onOpen && row !== undefined ? true : undefined}
      style={{ gridTemplateColumns: props.grid, transform: `translateY(${props.top}px)` }}
      onClick={() => row !== undefined && onOpen?.(row)}
    >
      {chosen !== undefined && <Box {...props} chosen={chosen} />}
      {columns.map((column) => (
        <div key={column.id} role="cell" data-numeric={column.numeric || undefined}>
          {row === undefined ? <i className={classes.wait} /> : column.cell(row)}
        </div>
      ))}
    </div>
  );
}

function Box<Row>(props: LineProps<Row> & { readonly chosen: boolean }) {
  const u = useUi();
  return (
    <div role="cell" className={classes.box}>
      <input
        type="checkbox"
        aria-label={u("table.choose", { name: props.name })}
        checked={props.chosen}
        disabled={props.row === undefined}
        onClick={(event) => {
          event.stopPropagation();
          props.onChoose(props.index, event.shiftKey);
        }}
        readOnly
      />
    </div>
  );
}

export const Line = memo(Plain) as typeof Plain;
