/** Whether the tour of the first 60 seconds is wanted: closed once, it stays closed in this browser until it is asked for. */
import { useSyncExternalStore } from "react";

const KEY = "ecp.tour";
const heard = new Set<() => void>();

export function useWanted(): readonly [boolean, (wanted: boolean) => void] {
  const wanted = useSyncExternalStore(
    (hear) => {
      heard.add(hear);
      return () => heard.delete(hear);
    },
    () => localStorage.getItem(KEY) !== "closed",
  );
  const want = (next: boolean) => {
    localStorage.setItem(KEY, next ? "open" : "closed");
    for (const hear of heard) hear();
  };
  return [wanted, want];
}
