/** What is being written, kept in this browser's tab until it is thrown away: a reload loses nothing. */
import { useCallback, useState } from "react";

const PREFIX = "ecp.draft.";

export function kept(name: string): string | null {
  return sessionStorage.getItem(PREFIX + name);
}

export function keep(name: string, text: string | null): void {
  try {
    if (text === null) sessionStorage.removeItem(PREFIX + name);
    else sessionStorage.setItem(PREFIX + name, text);
  } catch {
    // It is full: the text is there until the page is left.
  }
}

/** The draft of *name*, null where nothing differs from *base*; and what changes it. */
export function useDraft(
  name: string,
  base: string | undefined,
): readonly [string | null, (text: string | null) => void] {
  const [held, hold] = useState({ name, text: kept(name) });
  const current = held.name === name ? held.text : kept(name);
  const set = useCallback(
    (text: string | null) => {
      const next = text === base ? null : text;
      keep(name, next);
      hold({ name, text: next });
    },
    [name, base],
  );
  return [current, set] as const;
}
