/** Words by typed keys, in Korean and English: a table each for the shared parts, an app, a feature. */
import { useSyncExternalStore } from "react";
import { en } from "./en";
import { ko } from "./ko";
import { particles } from "./particles";

export type Language = "ko" | "en";
export type Values = Record<string, string | number>;
export type Say<K extends string> = (key: K, values?: Values) => string;

const GAP = /\{\{(\w+)\}\}/g;
const listeners = new Set<() => void>();
let language: Language = "en";

/** Say everything in *next* from now on. */
export function speak(next: Language): void {
  language = next;
  for (const listener of listeners) listener();
}

function onLanguage(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Return *text* with its gaps filled; one that gets no value stays, so that it is seen. */
function filled(text: string, values: Values): string {
  return text.replace(GAP, (gap, name: string) => String(values[name] ?? gap));
}

/** Return the hook that says the words of a table; both languages have the same keys. */
export function table<K extends string>(
  _name: string,
  tables: { en: Record<K, string>; ko: Record<K, string> },
): () => Say<K> {
  const say: Record<Language, Say<K>> = {
    en: (key, values = {}) => filled(tables.en[key] ?? key, values),
    ko: (key, values = {}) => particles(filled(tables.ko[key] ?? key, values)),
  };
  // One function a language, the same in every rendering: a long list says its words a thousand times.
  return () => say[useSyncExternalStore(onLanguage, () => language)];
}

export type UiKey = keyof typeof en;
export const useUi: () => Say<UiKey> = table<UiKey>("ui", { en, ko });
