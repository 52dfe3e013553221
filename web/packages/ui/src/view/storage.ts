/** What this browser keeps for us; where it keeps nothing (forbidden, full), for as long as the page is shown. */

export type Kept = Pick<Storage, "getItem" | "setItem" | "removeItem">;

function kept(by: () => Storage): Kept {
  const here = new Map<string, string>();
  return {
    getItem(key) {
      try {
        return here.get(key) ?? by().getItem(key);
      } catch {
        return null;
      }
    },
    setItem(key, text) {
      try {
        by().setItem(key, text);
        here.delete(key);
      } catch {
        here.set(key, text);
      }
    },
    removeItem(key) {
      here.delete(key);
      try {
        by().removeItem(key);
      } catch {
        // Nothing was kept.
      }
    },
  };
}

/** Of this browser. */
export const local = kept(() => localStorage);
/** Of this tab. */
export const session = kept(() => sessionStorage);
