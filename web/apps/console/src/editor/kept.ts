/** What is being written, kept in this browser's tab until it is thrown away: a reload loses nothing. */
import { session } from "@ecp/ui/view/storage";
import { useCallback, useState } from "react";

const PREFIX = "ecp.draft.";
/** Writing so much down at every letter holds up the next one. */
const LONG = 50_000;
const PAUSE_MS = 300;

/** Long texts that are still to be written down. */
const waiting = new Map<string, string>();
let timer: ReturnType<typeof setTimeout> | undefined;

function write(): void {
  clearTimeout(timer);
  for (const [name, text] of waiting) session.setItem(PREFIX + name, text);
  waiting.clear();
}
// Who goes, or lets the tab sleep, has written all of it.
addEventListener("pagehide", write);
document.addEventListener("visibilitychange", write);

export function kept(name: string): string | null {
  return waiting.get(name) ?? session.getItem(PREFIX + name);
}

export function keep(name: string, text: string | null): void {
  waiting.delete(name);
  if (text === null) session.removeItem(PREFIX + name);
  else if (text.length < LONG) session.setItem(PREFIX + name, text);
  else {
    waiting.set(name, text);
    clearTimeout(timer);
    timer = setTimeout(write, PAUSE_MS);
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
