/** A page that is held still while what it shows goes on: one switch for all of a page. */
import { useRef, useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
let paused = false;

export function isPaused(): boolean {
  return paused;
}

export function pause(on: boolean): void {
  if (paused === on) return;
  paused = on;
  for (const listener of [...listeners]) listener();
}

/** Call *listener* when the page is held or let go; returns how to stop that. */
export function onPause(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function usePaused(): boolean {
  return useSyncExternalStore(onPause, isPaused);
}

/** Return *now*, or, while the page is held, what it was then. Another *key* is another thing, and what
 * was not there yet is shown as soon as it is. */
export function useHeld<T extends { readonly data: unknown }>(now: T, key: string): T {
  const still = usePaused();
  const kept = useRef({ now, key });
  if (!still || kept.current.key !== key || kept.current.now.data === undefined)
    kept.current = { now, key };
  return kept.current.now;
}
