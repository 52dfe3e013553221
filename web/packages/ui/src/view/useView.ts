/** View state in the URL: typed by its defaults, which are left out of the address. */
import { type HistoryState, useRouter, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";

type Value = string | number | boolean;
export type View = Record<string, Value>;
type Widened<T extends View> = {
  [K in keyof T]: T[K] extends string ? string : T[K] extends number ? number : boolean;
};

/** Return the state that an address says, each value of its default's type. */
export function read<T extends View>(defaults: T, search: Record<string, unknown>): Widened<T> {
  const found: View = {};
  for (const [key, usual] of Object.entries(defaults)) {
    const given = search[key];
    if (given === undefined) found[key] = usual;
    else if (typeof usual === "number")
      found[key] = Number.isFinite(Number(given)) ? Number(given) : usual;
    else if (typeof usual === "boolean") found[key] = given === true || given === "true";
    else found[key] = String(given);
  }
  return found as Widened<T>;
}

/** What a drawer shows. The browser's Back closes one that was opened; what only narrows or turns a page is not gone
 * back through letter by letter. */
const DRAWERS: readonly string[] = [
  "alert",
  "change",
  "clock",
  "entry",
  "incident",
  "node",
  "o",
  "pod",
  "pods",
  "run",
  "workload",
];

/** Tell whether a change of the search opens a drawer, closes one, or does neither. */
export function turns(
  old: Record<string, unknown>,
  next: Record<string, unknown>,
  drawers = DRAWERS,
): "opens" | "closes" | null {
  const [before, after] = [old, next].map((search) => drawers.some((key) => key in search));
  return before === after ? null : after ? "opens" : "closes";
}

/** Kept with an entry of the history: the search of the one before it, that a drawer was opened from. */
interface Opened extends HistoryState {
  readonly from?: string;
}

/** Of the entry that was last gone back from. */
let left: HistoryState | null = null;

/** *defaults* has to be the same object in every rendering: write it outside of the component; so has *drawers*, of a
 * page whose drawer goes by a word that filters elsewhere. */
export function useView<T extends View>(
  defaults: T,
  drawers: readonly string[] = DRAWERS,
): readonly [Widened<T>, (change: Partial<Widened<T>>) => void] {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const router = useRouter();
  const view = useMemo(() => read(defaults, search), [defaults, search]);
  const set = useCallback(
    (change: Partial<Widened<T>>) => {
      const changed = (old: Record<string, unknown>) => {
        const next: Record<string, unknown> = { ...old, ...change };
        for (const [key, usual] of Object.entries(defaults)) {
          if (next[key] === usual) delete next[key];
        }
        return next;
      };
      // As it is now: what was set a moment ago may not be drawn yet.
      const { latestLocation: here, options } = router;
      const next = changed(here.search as Record<string, unknown>);
      const turn = turns(here.search as Record<string, unknown>, next, drawers);
      const { from } = here.state as Opened;
      if (turn === "closes" && from !== undefined && from === options.stringifySearch(next)) {
        // Who presses Escape twice means one step: the browser takes a moment for it.
        if (left !== here.state) router.history.back();
        left = here.state;
        return;
      }
      void router.navigate({
        to: ".",
        replace: turn !== "opens",
        search: changed as never,
        // Another drawer in the place of this one is closed by the same step.
        state: (turn === "opens" ? { from: here.searchStr } : turn ? {} : { from }) as never,
      });
    },
    [router, defaults, drawers],
  );
  return [view, set] as const;
}
