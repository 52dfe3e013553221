/** A table of any length: only the rows in view are drawn; filter and order are in the address. */
import { Button } from "@mantine/core";
import { defaultRangeExtractor, type Range, useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useCallback, useEffect, useLayoutEffect, useMemo, useRef } from "react";
import { useUi } from "../texts/texts";
import { useFormat } from "../view/format";
import { usePrinting } from "../view/usePrinting";
import { FilterBox } from "./FilterBox";
import { Head } from "./Head";
import { Line } from "./Line";
import { arranged, type Column } from "./order";
import { moved } from "./stay";
import { Tools } from "./Tools";
import classes from "./table.module.css";
import { useChosen } from "./useChosen";
import { useRows } from "./useRows";
import { useTableView } from "./view";
import { tabbed } from "./written";

const ROW = 34;
/** Of rows on paper. */
const PRINTED = 2000;

export interface DataTableProps<Row> {
  readonly label: string;
  /** undefined: the service has it, and it is not loaded yet; see usePages. */
  readonly rows: readonly (Row | undefined)[];
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
  /** Right of the filter: chips of this page's own filters. */
  readonly chips?: ReactNode;
  /** Of one of two tables on a page: its filter and order stand in the address by it. */
  readonly name?: string;
  /** What the service does: the rows are filtered by its words, and sorted where a column is named. */
  readonly served?: { readonly filter?: boolean; readonly sorts?: readonly string[] };
  /** The rows answer an earlier question: the one of now is on its way. */
  readonly stale?: boolean;
  /** Which rows are in view, first and last. */
  readonly onView?: (first: number, last: number) => void;
  /** What can be done with rows that are chosen. */
  readonly bulk?: (rows: readonly Row[], clear: () => void) => ReactNode;
}

export function DataTable<Row>(props: DataTableProps<Row>) {
  const u = useUi();
  const f = useFormat();
  const [view, setView] = useTableView(props.name);
  const scroll = useRef<HTMLDivElement>(null);
  const { rows, served, id, onView } = props;
  const order = view.sort || props.sort || "";
  const hidden = useMemo(() => new Set(view.hide.split(",").filter(Boolean)), [view.hide]);
  const columns = useMemo(
    () => props.columns.filter((column) => !hidden.has(column.id)),
    [props.columns, hidden],
  );
  const loaded = useMemo(() => rows.filter((row): row is Row => row !== undefined), [rows]);
  const whole = loaded.length === rows.length;
  const sortedThere = served?.sorts?.includes(order.replace(/^-/, "")) ?? false;
  const filter = served?.filter ? "" : view.q;
  const shown = useMemo<readonly (Row | undefined)[]>(() => {
    const by = sortedThere ? "" : order;
    if (whole) return arranged(loaded, props.columns, filter, by);
    return filter ? arranged(loaded, props.columns, filter, by) : rows;
  }, [rows, loaded, whole, props.columns, filter, order, sortedThere]);

  const chosen = useChosen(shown, id);
  const height = props.height ?? 560;
  const keys = useRows(scroll, shown.length, Math.max(1, Math.floor(height / ROW) - 2), {
    show: (index) => virtual.scrollToIndex(index),
    open: (index) => {
      const row = shown[index];
      if (row !== undefined) props.onOpen?.(row);
    },
    choose: (index, range) => props.bulk && chosen.choose(index, range),
    copy: (index) => {
      const row = shown[index];
      if (row !== undefined) void navigator.clipboard?.writeText(tabbed([row], columns));
    },
  });
  const { at } = keys;
  const printing = usePrinting();
  const rangeExtractor = useCallback(
    (range: Range) => {
      if (printing) return Array.from({ length: Math.min(range.count, PRINTED) }, (_, i) => i);
      const found = defaultRangeExtractor(range);
      if (at >= 0 && at < range.count && !found.includes(at)) found.push(at);
      return found.sort((a, b) => a - b);
    },
    [at, printing],
  );
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW,
    overscan: 10,
    scrollPaddingStart: 32,
    useFlushSync: false,
    rangeExtractor,
  });
  const range = virtual.range;
  useEffect(() => {
    if (range) onView?.(range.startIndex, range.endIndex);
  }, [range, onView]);
  useStays(scroll, shown, id, range, `${order} ${view.q}`);

  const grid = columns.map((column) => column.width ?? "minmax(80px, 1fr)");
  if (props.bulk) grid.unshift("18px");
  const template = grid.join(" ");
  const total = props.total ?? rows.length;
  const partly = !served?.filter && view.q !== "" && loaded.length < total;
  return (
    <div className={classes.whole}>
      <div className={classes.bar}>
        <FilterBox
          value={view.q}
          onChange={(q) => setView({ q })}
          onLeave={() => scroll.current?.focus()}
        />
        {props.chips}
        <span className={classes.count} role="status" data-stale={props.stale || undefined}>
          {u(props.stale ? "table.stale" : partly ? "filter.loaded" : "filter.shown", {
            shown: f.number(shown.length),
            total: f.number(total),
            loaded: f.number(loaded.length),
          })}
        </span>
        {view.q && (
          <Button variant="subtle" onClick={() => setView({ q: "" })}>
            {u("clear")}
          </Button>
        )}
        {props.bulk && chosen.rows.length > 0 && (
          <span className={classes.bulk}>
            {u("table.chosen", { count: f.number(chosen.rows.length) })}
            {props.bulk(chosen.rows, chosen.clear)}
          </span>
        )}
        <Tools
          label={props.label}
          shown={whole ? (shown as Row[]) : shown.filter((row): row is Row => row !== undefined)}
          columns={props.columns}
          hidden={hidden}
          onHide={(ids) => setView({ hide: ids.join() })}
        />
      </div>
      {shown.length === 0 && !view.q ? (
        // Nothing for an earlier question says nothing of this one.
        !props.stale && props.empty
      ) : (
        <div
          ref={scroll}
          className={classes.scroll}
          style={{ maxHeight: height }}
          tabIndex={0}
          // Not a landmark: the panel around it is one, of the same name.
          role="group"
          aria-label={props.label}
          onKeyDown={keys.onKeyDown}
          onFocus={(event) => {
            const index = event.target.closest<HTMLElement>("[data-index]")?.dataset.index;
            if (index !== undefined) keys.onFocus(Number(index));
          }}
        >
          <div
            role="table"
            aria-label={props.label}
            aria-rowcount={shown.length + 1}
            className={classes.table}
          >
            <Head
              columns={columns}
              grid={template}
              order={order}
              sortable={(column) =>
                !!column.by && (whole || (served?.sorts?.includes(column.id) ?? false))
              }
              onSort={(sort) => setView({ sort })}
              before={
                props.bulk && (
                  <div role="columnheader" className={classes.box}>
                    <input
                      type="checkbox"
                      aria-label={u("table.choose.all")}
                      checked={chosen.all}
                      onChange={chosen.flipAll}
                    />
                  </div>
                )
              }
            />
            <div
              className={classes.body}
              style={{ height: virtual.getTotalSize() }}
              data-stale={props.stale || undefined}
              role="rowgroup"
            >
              {virtual.getVirtualItems().map((item) => {
                const row = shown[item.index];
                const name = row === undefined ? `${item.index}` : id(row);
                return (
                  <Line
                    key={name}
                    row={row}
                    index={item.index}
                    top={item.start}
                    columns={columns}
                    grid={template}
                    open={props.open === name}
                    onOpen={props.onOpen}
                    chosen={props.bulk && chosen.has(name)}
                    onChoose={chosen.choose}
                    name={name}
                  />
                );
              })}
            </div>
          </div>
        </div>
      )}
    </div>
  );
}

/** Keep what is read in place while rows come and go above it. */
function useStays<Row>(
  scroll: React.RefObject<HTMLDivElement | null>,
  shown: readonly (Row | undefined)[],
  id: (row: Row) => string,
  range: { startIndex: number; endIndex: number } | null,
  asked: string,
): void {
  const before = useRef({ shown, seen: new Map<string, number>(), asked });
  useLayoutEffect(() => {
    const old = before.current;
    const box = scroll.current;
    if (box && old.shown !== shown && old.asked === asked && box.scrollTop > 0 && old.seen.size) {
      const places = new Map<string, number>();
      for (const [index, row] of shown.entries()) if (row !== undefined) places.set(id(row), index);
      const by = moved(old.seen, (name) => places.get(name));
      if (by) box.scrollTop += by * ROW;
    }
    const seen = new Map<string, number>();
    for (let index = range?.startIndex ?? 0; index <= (range?.endIndex ?? -1); index += 1) {
      const row = shown[index];
      if (row !== undefined) seen.set(id(row), index);
    }
    before.current = { shown, seen, asked };
  }, [scroll, shown, id, range, asked]);
}
