/** What is being written, kept in this browser's tab until it is thrown away: a reload loses nothing. */
import { session } from "@ecp/ui/view/storage";
import { useCallback, useState } from "react";

const PREFIX = "ecp.draft.";

export function kept(name: string): string | null {
  return session.getItem(PREFIX + name);
}

export function keep(name: string, text: string | null): void {
  if (text === null) session.removeItem(PREFIX + name);
  else session.setItem(PREFIX + name, text);
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
