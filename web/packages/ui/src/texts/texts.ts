/** Words by typed keys, in Korean and English: i18next with one namespace a table. */
import i18next from "i18next";
import { useSyncExternalStore } from "react";
import { en } from "./en";
import { ko } from "./ko";
import { particles } from "./particles";

export type Language = "ko" | "en";
export type Values = Record<string, string | number>;
export type Say<K extends string> = (key: K, values?: Values) => string;

export const words = i18next.createInstance();
void words.use({ type: "postProcessor", name: "particles", process: particles }).init({
  lng: "en",
  fallbackLng: false,
  keySeparator: false,
  nsSeparator: false,
  defaultNS: "ui",
  resources: { en: { ui: en }, ko: { ui: ko } },
  interpolation: { escapeValue: false },
  postProcess: ["particles"],
  initAsync: false,
});

/** Add a table of words and return the hook that says them; both languages have the same keys. */
export function table<K extends string>(
  name: string,
  tables: { en: Record<K, string>; ko: Record<K, string> },
): () => Say<K> {
  words.addResourceBundle("en", name, tables.en);
  words.addResourceBundle("ko", name, tables.ko);
  // One function a language, the same in every rendering: a long list says its words a thousand times.
  const said = new Map<string, Say<K>>();
  return () => {
    const language = useSyncExternalStore(onLanguage, () => words.language);
    let say = said.get(language);
    if (!say) {
      say = words.getFixedT(language, name) as unknown as Say<K>;
      said.set(language, say);
    }
    return say;
  };
}

function onLanguage(listener: () => void): () => void {
  words.on("languageChanged", listener);
  return () => words.off("languageChanged", listener);
}

export type UiKey = keyof typeof en;
export const useUi: () => Say<UiKey> = table<UiKey>("ui", { en, ko });
