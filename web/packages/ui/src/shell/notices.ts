/** What is said in passing: it was done, or that could not be. Told to readers of a screen, too. */
import { useSyncExternalStore } from "react";

export interface Notice {
  readonly id: number;
  readonly message: string;
  readonly bad: boolean;
}

const SHOWN_MS = 4000;
const listeners = new Set<() => void>();
let notices: readonly Notice[] = [];
let last = 0;

function set(next: readonly Notice[]): void {
  notices = next;
  for (const listener of listeners) listener();
}

/** Take a notice away. */
export function dismiss(id: number): void {
  set(notices.filter((one) => one.id !== id));
}

/** Say *message* for some seconds. */
export function notify(message: string, { bad = false } = {}): void {
  last += 1;
  const id = last;
  set([...notices, { id, message, bad }]);
  setTimeout(() => dismiss(id), SHOWN_MS);
}

export function useNotices(): readonly Notice[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => notices,
  );
}
