/** What somebody chose for all pages: language, zone, demo. Kept in this browser. */
import { useSyncExternalStore } from "react";
import { type Language, speak } from "../texts/texts";
import { isZone } from "../time/zones";
import { local } from "./storage";

/** By its IANA name: Asia/Seoul, UTC, America/New_York. */
export type Zone = string;

export interface Preferences {
  readonly language: Language;
  readonly zone: Zone;
  readonly demo: boolean;
  /** How often a page asks again (ms); 0: as it is made, −1: not by itself. */
  readonly refreshMs: number;
}

const KEY = "ecp.preferences";
/** As somebody writes in an address that it is so: ?demo, ?demo=true. */
const YES = new Set(["", "1", "true"]);
const listeners = new Set<() => void>();

/** Return what holds at the start: ?lang= and ?demo=, then what was kept, then the browser's. */
export function first(
  query: string,
  kept: string | null,
  languages: readonly string[],
): Preferences {
  const asked = new URLSearchParams(query);
  const known = parsed(kept);
  const korean = languages[0]?.startsWith("ko") ? "ko" : "en";
  const spoken = [asked.get("lang"), known.language, korean];
  return {
    language: spoken.find((lang): lang is Language => lang === "ko" || lang === "en") ?? "en",
    zone: [asked.get("tz"), known.zone].find((zone) => isZone(zone ?? "")) ?? "Asia/Seoul",
    refreshMs: Number.isInteger(known.refreshMs) ? (known.refreshMs as number) : 0,
    demo: asked.has("demo") ? YES.has(asked.get("demo") ?? "") : known.demo === true,
  };
}

function parsed(kept: string | null): Partial<Preferences> {
  try {
    return (JSON.parse(kept ?? "{}") ?? {}) as Partial<Preferences>;
  } catch {
    return {}; // Somebody else's entry: as if nothing had been kept.
  }
}

const ZONES = [...new Set(["Asia/Seoul", "UTC", Intl.DateTimeFormat().resolvedOptions().timeZone])];

/** Return the zone that a switch goes to: Seoul, UTC, the browser's own where that is another. */
export function nextZone(zone: Zone): Zone {
  return ZONES[(ZONES.indexOf(zone) + 1) % ZONES.length] as Zone;
}

let current = first(location.search, local.getItem(KEY), navigator.languages);
let chosen = choseDemo(location.search, local.getItem(KEY));
apply();
// Another tab changed something. Not the demo: one tab may show it beside another that does not, as their
// addresses say.
window.addEventListener("storage", ({ key, newValue }) => {
  if (key !== KEY || newValue === null) return;
  const { demo, ...others } = first("", newValue, [current.language]);
  show(others);
});

function apply(): void {
  document.documentElement.lang = current.language;
  speak(current.language);
}

export function preferences(): Preferences {
  return current;
}

/** Tell whether somebody said that the demo is to be shown, or not. */
export function choseDemo(query: string, kept: string | null): boolean {
  return new URLSearchParams(query).has("demo") || /"demo":/.test(kept ?? "");
}

export function prefer(change: Partial<Preferences>): void {
  chosen ||= change.demo !== undefined;
  show(change);
  // Of the rest another tab may have kept something else since.
  local.setItem(KEY, JSON.stringify({ ...parsed(local.getItem(KEY)), ...change }));
}

/** Show the demo to who has not said whether to: until the page is left, and nothing is kept. */
export function offerDemo(): void {
  if (!chosen && !current.demo) show({ demo: true });
}

function show(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  apply();
  for (const listener of listeners) listener();
}

export function usePreferences(): Preferences {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, preferences);
}
