/** A table's rows by keyboard: arrows, pages, Home, End; Enter opens, space chooses. */
import { type KeyboardEvent, type RefObject, useCallback, useRef, useState } from "react";
import { isComposed } from "../view/useKeys";

const STEPS: Record<string, (at: number, page: number, count: number) => number> = {
  ArrowDown: (at) => at + 1,
  ArrowUp: (at) => at - 1,
  PageDown: (at, page) => at + page,
  PageUp: (at, page) => at - page,
  Home: () => 0,
  End: (_at, _page, count) => count - 1,
};

/** Return the index that a key leads to from *at* (−1: nowhere yet); null: it leads nowhere. */
export function led(key: string, at: number, page: number, count: number): number | null {
  const step = STEPS[key];
  if (!step || count === 0) return null;
  return Math.max(0, Math.min(count - 1, step(at, page, count)));
}

/** *at*: the row that the keyboard is on, by index; it stays drawn where it is scrolled out of view. */
export function useRows(
  scroll: RefObject<HTMLDivElement | null>,
  count: number,
  page: number,
  does: {
    readonly show: (index: number) => void;
    readonly open: (index: number) => void;
    readonly choose: (index: number, range: boolean) => void;
    readonly copy: (index: number) => void;
  },
): { at: number; onKeyDown: (press: KeyboardEvent) => void; onFocus: (index: number) => void } {
  const [at, setAt] = useState(-1);
  const last = useRef({ count, page, does, at });
  last.current = { count, page, does, at };
  const onKeyDown = useCallback(
    (press: KeyboardEvent) => {
      const target = press.target as HTMLElement;
      const own = target === scroll.current || target.getAttribute("role") === "row";
      if (!own || isComposed(press.nativeEvent) || press.altKey || press.metaKey) return;
      const now = last.current;
      if (press.ctrlKey) {
        if (press.key === "c" && now.at >= 0 && !getSelection()?.toString()) now.does.copy(now.at);
        return;
      }
      const next = led(press.key, now.at, now.page, now.count);
      if (next !== null) {
        press.preventDefault();
        setAt(next);
        now.does.show(next);
        requestAnimationFrame(() =>
          scroll.current
            ?.querySelector<HTMLElement>(`[data-index="${next}"]`)
            ?.focus({ preventScroll: true }),
        );
      } else if (now.at >= 0 && (press.key === "Enter" || press.key === " ")) {
        press.preventDefault();
        if (press.key === "Enter") now.does.open(now.at);
        else now.does.choose(now.at, press.shiftKey);
      }
    },
    [scroll],
  );
  return { at: Math.min(at, count - 1), onKeyDown, onFocus: setAt };
}
