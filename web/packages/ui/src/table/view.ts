/** What a table shows, as the address says it: words, order, hidden columns. */
import { useMemo } from "react";
import { useView } from "../view/useView";
import { MOST } from "./FilterBox";

export interface TableView {
  readonly q: string;
  /** "-id" is descending; empty: as the page has it. */
  readonly sort: string;
  /** Columns that are left out, by comma. */
  readonly hide: string;
}

/** Return a table's view and what changes it. *name*: of one of two tables on a page. */
export function useTableView(
  name = "",
): readonly [TableView, (change: Partial<TableView>) => void] {
  const prefix = name && `${name}.`;
  const usual = useMemo(
    () => ({ [`${prefix}q`]: "", [`${prefix}sort`]: "", [`${prefix}hide`]: "" }),
    [prefix],
  );
  const [given, setGiven] = useView<Record<string, string>>(usual);
  const view = useMemo(
    () => ({
      q: (given[`${prefix}q`] ?? "").slice(0, MOST),
      sort: given[`${prefix}sort`] ?? "",
      hide: given[`${prefix}hide`] ?? "",
    }),
    [given, prefix],
  );
  const set = useMemo(
    () => (change: Partial<TableView>) =>
      setGiven(
        Object.fromEntries(Object.entries(change).map(([key, value]) => [prefix + key, value])),
      ),
    [setGiven, prefix],
  );
  return [view, set] as const;
}
