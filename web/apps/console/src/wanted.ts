/** Whether the tour of the first 60 seconds is wanted: closed once, it stays closed in this browser until it is asked for. */
import { local } from "@ecp/ui/view/storage";
import { useSyncExternalStore } from "react";

const KEY = "ecp.tour";
const heard = new Set<() => void>();

export function useWanted(): readonly [boolean, (wanted: boolean) => void] {
  const wanted = useSyncExternalStore(
    (hear) => {
      heard.add(hear);
      return () => heard.delete(hear);
    },
    () => local.getItem(KEY) !== "closed",
  );
  const want = (next: boolean) => {
    local.setItem(KEY, next ? "open" : "closed");
    for (const hear of heard) hear();
  };
  return [wanted, want];
}
