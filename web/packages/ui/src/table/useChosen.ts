/** Rows that somebody chose, by id: what is no longer shown is no longer chosen. */
import { useCallback, useMemo, useRef, useState } from "react";

export interface Chosen<Row> {
  readonly rows: readonly Row[];
  readonly all: boolean;
  readonly has: (id: string) => boolean;
  /** *range*: all from the one before, too. */
  readonly choose: (index: number, range: boolean) => void;
  readonly flipAll: () => void;
  readonly clear: () => void;
}

export function useChosen<Row>(
  shown: readonly (Row | undefined)[],
  id: (row: Row) => string,
): Chosen<Row> {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const last = useRef({ shown, id, from: 0 });
  last.current = { ...last.current, shown, id };
  const rows = useMemo(
    () =>
      ids.size ? shown.filter((row): row is Row => row !== undefined && ids.has(id(row))) : [],
    [shown, ids, id],
  );
  const choose = useCallback((index: number, range: boolean) => {
    const now = last.current;
    const from = range ? Math.min(now.from, index) : index;
    const until = range ? Math.max(now.from, index) : index;
    last.current.from = index;
    setIds((old) => {
      const next = new Set(old);
      const here = now.shown[index];
      const add = here !== undefined && !old.has(now.id(here));
      for (let at = from; at <= until; at += 1) {
        const row = now.shown[at];
        if (row === undefined) continue;
        if (add) next.add(now.id(row));
        else next.delete(now.id(row));
      }
      return next;
    });
  }, []);
  const clear = useCallback(() => setIds(new Set()), []);
  const all = rows.length > 0 && rows.length === shown.length;
  const flipAll = useCallback(() => {
    const now = last.current;
    setIds((old) =>
      old.size
        ? new Set()
        : new Set(now.shown.flatMap((row) => (row === undefined ? [] : [now.id(row)]))),
    );
  }, []);
  return { rows, all, has: (name) => ids.has(name), choose, flipAll, clear };
}
