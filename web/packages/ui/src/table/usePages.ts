/** A list that the service has in pages: those in view are asked for, and only they are asked again. */
import { useQueries } from "@tanstack/react-query";
import { useCallback, useMemo, useRef, useState } from "react";
import { useEvery } from "../ask/ask";
import type { Asked } from "../layout/Panel";
import { usePaused } from "../live/pausing";

export interface PageOf<Row> {
  readonly rows: readonly Row[];
  readonly total: number;
}

export interface Pages<Row, Answer extends PageOf<Row>> {
  /** As long as the whole list; undefined: not loaded yet. */
  readonly rows: readonly (Row | undefined)[];
  readonly onView: (first: number, last: number) => void;
  /** The newest answer of the first page. */
  readonly ask: Asked<Answer> & {
    readonly isError: boolean;
    readonly isSuccess: boolean;
    readonly failureCount: number;
    readonly dataUpdatedAt: number;
  };
}

/** *key* holds all that changes the answer; *ask* gets where to begin and how many are wanted. */
export function usePages<Row, Answer extends PageOf<Row> = PageOf<Row>>(given: {
  readonly key: readonly unknown[];
  readonly ask: (skip: number, limit: number, signal: AbortSignal) => Promise<Answer>;
  readonly size?: number;
  readonly everyMs?: number | false;
}): Pages<Row, Answer> {
  const { key, ask, size = 100, everyMs = false } = given;
  const name = JSON.stringify(key);
  const every = useEvery(everyMs);
  const still = usePaused();
  const [span, setSpan] = useState({ name, from: 0, to: 0, most: 0 });
  const { from, to, most } = span.name === name ? span : { from: 0, to: 0, most: 0 };
  const asked = useQueries({
    queries: Array.from({ length: most + 1 }, (_, page) => {
      const seen = page >= from && page <= to;
      return {
        queryKey: [...key, { skip: page * size, limit: size }],
        queryFn: ({ signal }: { signal: AbortSignal }) => ask(page * size, size, signal),
        enabled: seen || page === 0,
        refetchInterval: seen || page === 0 ? every : (false as const),
      };
    }),
  });
  const first = asked[0] as (typeof asked)[number];
  const kept = useRef<{
    name: string;
    rows: readonly (Row | undefined)[];
    data: Answer | undefined;
  }>({ name, rows: [], data: undefined });
  const when = asked.map((one) => one.dataUpdatedAt).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: an answer is new when its time is
  const rows = useMemo(() => {
    const total = Math.max(...asked.map((one) => one.data?.total ?? 0));
    const found = new Array<Row | undefined>(total).fill(undefined);
    for (const [page, { data }] of asked.entries())
      for (const [index, row] of (data?.rows ?? []).entries())
        if (page * size + index < total) found[page * size + index] = row;
    return found;
  }, [when, name, size]);
  const onView = useCallback(
    (top: number, bottom: number) =>
      setSpan((old) => {
        const known = old.name === name ? old : { name, from: 0, to: 0, most: 0 };
        const wanted = { from: Math.floor(top / size), to: Math.floor(bottom / size) };
        if (known === old && wanted.from === old.from && wanted.to === old.to) return old;
        return { name, ...wanted, most: Math.max(known.most, wanted.to) };
      }),
    [name, size],
  );
  const there = first.data !== undefined;
  // What was shown stays until there is something else: of another order, another filter.
  // Held still, only what was not loaded yet is added.
  if (there && (!still || kept.current.name !== name || kept.current.rows.includes(undefined)))
    kept.current = { name, rows, data: first.data };
  const shown = there || first.isError ? first : { ...first, data: kept.current.data };
  return {
    rows: kept.current.rows,
    onView,
    ask: shown as Pages<Row, Answer>["ask"],
  };
}
