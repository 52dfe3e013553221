/** What lies over a page, one over another: Escape closes the topmost, and it alone. */
import { useEffect, useId, useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
/** Those that are open, the topmost last. */
let open: readonly string[] = [];

function set(next: readonly string[]): void {
  open = next;
  for (const listener of [...listeners]) listener();
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Return whether what is *opened* lies over all else. */
export function useTopmost(opened: boolean): boolean {
  const id = useId();
  useEffect(() => {
    if (!opened) return undefined;
    set([...open, id]);
    return () => {
      // Not for the key press that closed it: what lies below hears the same one.
      setTimeout(() => set(open.filter((one) => one !== id)));
    };
  }, [opened, id]);
  return useSyncExternalStore(listen, () => open.at(-1) === id);
}
