/** View state in the URL: typed by its defaults, which are left out of the address. */
import { useNavigate, useSearch } from "@tanstack/react-router";
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

/** *defaults* has to be the same object in every rendering: write it outside of the component. */
export function useView<T extends View>(
  defaults: T,
): readonly [Widened<T>, (change: Partial<Widened<T>>) => void] {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const view = useMemo(() => read(defaults, search), [defaults, search]);
  const set = useCallback(
    (change: Partial<Widened<T>>) => {
      void navigate({
        to: ".",
        replace: true,
        search: ((old: Record<string, unknown>) => {
          const next: Record<string, unknown> = { ...old, ...change };
          for (const [key, usual] of Object.entries(defaults)) {
            if (next[key] === usual) delete next[key];
          }
          return next;
        }) as never,
      });
    },
    [navigate, defaults],
  );
  return [view, set] as const;
}
