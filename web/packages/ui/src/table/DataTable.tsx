/** A table of any length: only the rows in view are drawn; filter and order are in the address. */
import { Button, TextInput } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconSearch } from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useMemo, useRef } from "react";
import { useUi } from "../texts/texts";
import { useFormat } from "../view/format";
import { useView } from "../view/useView";
import { arranged, type Column } from "./order";
import classes from "./table.module.css";

const ROW = 34;
const VIEW = { q: "", sort: "" };

export interface DataTableProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  /** Of rows that the service has, where it has more than were asked for. */
  readonly total?: number;
  readonly columns: readonly Column<Row>[];
  readonly id: (row: Row) => string;
  readonly empty: ReactNode;
  /** How it is ordered when nobody has chosen. */
  readonly sort?: string;
  readonly onOpen?: (row: Row) => void;
  /** The row whose details are open. */
  readonly open?: string;
  readonly height?: number;
  /** Left of the filter: chips of this page's own filters. */
  readonly chips?: ReactNode;
}

export function DataTable<Row>(props: DataTableProps<Row>) {
  const u = useUi();
  const f = useFormat();
  const [view, setView] = useView(VIEW);
  const scroll = useRef<HTMLDivElement>(null);
  const { rows, columns } = props;
  const order = view.sort || props.sort || "";
  const shown = useMemo(
    () => arranged(rows, columns, view.q, order),
    [rows, columns, view.q, order],
  );
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW,
    overscan: 12,
  });
  const grid = columns.map((column) => column.width ?? "minmax(80px, 1fr)").join(" ");
  const total = props.total ?? rows.length;
  const sorted = (column: Column<Row>) =>
    order === column.id ? "ascending" : order === `-${column.id}` ? "descending" : undefined;
  const choose = (column: Column<Row>) =>
    setView({ sort: order === column.id ? `-${column.id}` : column.id });

  return (
    <div className={classes.whole}>
      <div className={classes.bar}>
        <TextInput
          size="xs"
          w={240}
          data-filter
          aria-label={u("filter")}
          placeholder={`${u("filter")}  /`}
          leftSection={<IconSearch size={14} />}
          value={view.q}
          onChange={(change) => setView({ q: change.currentTarget.value })}
        />
        {props.chips}
        <span className={classes.count} role="status">
          {u("filter.shown", { shown: f.number(shown.length), total: f.number(total) })}
        </span>
        {view.q && (
          <Button variant="subtle" onClick={() => setView({ q: "" })}>
            {u("clear")}
          </Button>
        )}
      </div>
      {shown.length === 0 && rows.length === 0 ? (
        props.empty
      ) : (
        <div
          ref={scroll}
          className={classes.scroll}
          style={{ maxHeight: props.height ?? 560 }}
          tabIndex={0}
          role="region"
          aria-label={props.label}
        >
          <div
            role="table"
            aria-label={props.label}
            aria-rowcount={shown.length + 1}
            className={classes.table}
          >
            <div role="row" className={classes.head} style={{ gridTemplateColumns: grid }}>
              {columns.map((column) => (
                <div
                  key={column.id}
                  role="columnheader"
                  aria-sort={sorted(column)}
                  data-numeric={column.numeric || undefined}
                >
                  {column.by ? (
                    <button
                      type="button"
                      onClick={() => choose(column)}
                      title={u("sort.by", { column: column.head })}
                    >
                      {column.head}
                      {sorted(column) === "ascending" && <IconArrowUp size={12} aria-hidden />}
                      {sorted(column) === "descending" && <IconArrowDown size={12} aria-hidden />}
                    </button>
                  ) : (
                    column.head
                  )}
                </div>
              ))}
            </div>
            <div
              className={classes.body}
              style={{ height: virtual.getTotalSize() }}
              role="rowgroup"
            >
              {virtual.getVirtualItems().map((item) => {
                const row = shown[item.index];
                if (row === undefined) return null;
                const id = props.id(row);
                return (
                  <div
                    key={id}
                    role="row"
                    aria-rowindex={item.index + 2}
                    className={classes.row}
                    data-open={props.open === id || undefined}
                    data-opens={props.onOpen ? true : undefined}
                    style={{ gridTemplateColumns: grid, transform: `translateY(${item.start}px)` }}
                    onClick={() => props.onOpen?.(row)}
                  >
                    {columns.map((column) => (
                      <div key={column.id} role="cell" data-numeric={column.numeric || undefined}>
                        {column.cell(row)}
                      </div>
                    ))}
                  </div>
                );
              })}
            </div>
          </div>
        </div>
      )}
    </div>
  );
}
