/** What somebody chose for all pages: language, zone, demo. Kept in this browser. */
import { useSyncExternalStore } from "react";
import { type Language, words } from "../texts/texts";

export type Zone = "Asia/Seoul" | "UTC";

export interface Preferences {
  readonly language: Language;
  readonly zone: Zone;
  readonly demo: boolean;
}

const KEY = "ecp.preferences";
const listeners = new Set<() => void>();

/** Return what holds at the start: ?lang= and ?demo=, then what was kept, then the browser's. */
export function first(
  query: string,
  kept: string | null,
  languages: readonly string[],
): Preferences {
  const asked = new URLSearchParams(query);
  let known: Partial<Preferences> = {};
  try {
    known = JSON.parse(kept ?? "{}") as Partial<Preferences>;
  } catch {
    // Somebody else's entry: as if nothing had been kept.
  }
  const korean = languages[0]?.startsWith("ko") ? "ko" : "en";
  const lang = asked.get("lang");
  return {
    language: lang === "ko" || lang === "en" ? lang : (known.language ?? korean),
    zone: known.zone === "UTC" ? "UTC" : "Asia/Seoul",
    demo: asked.has("demo") ? asked.get("demo") !== "false" : (known.demo ?? false),
  };
}

let current = first(location.search, localStorage.getItem(KEY), navigator.languages);
apply();

function apply(): void {
  document.documentElement.lang = current.language;
  void words.changeLanguage(current.language);
}

export function preferences(): Preferences {
  return current;
}

export function prefer(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  localStorage.setItem(KEY, JSON.stringify(current));
  apply();
  for (const listener of listeners) listener();
}

export function usePreferences(): Preferences {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, preferences);
}
