/** Numbers, durations and instants as a reader of this language and zone writes them. */
import { useMemo } from "react";
import type { Language } from "../texts/texts";
import { wall, zoneLabel } from "../time/zones";
import { usePreferences, type Zone } from "./preferences";

const NOTHING = "–";
const UNITS: Record<Language, readonly [string, string, string, string]> = {
  en: [" d", " h", " min", " s"],
  ko: ["일", "시간", "분", "초"],
};
const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

type Figure = number | null | undefined;

export interface Format {
  /** 12,345.68 */
  number(value: Figure, digits?: number): string;
  /** 99.95 % of 99.95 */
  percent(value: Figure, digits?: number): string;
  /** 1 h 12 min of seconds: the two largest parts */
  duration(seconds: Figure): string;
  /** 1,200 ms of 1200 and "millisecond": with the unit's name as the language writes it (Intl's units) */
  measure(value: Figure, unit: string): string;
  bytes(value: Figure): string;
  /** 1.5 of 1500 millicores */
  cores(millicores: Figure): string;
  /** 2026-11-26 22:04:20 KST */
  instant(at: string | number | null | undefined): string;
  /** 22:04 or 11-26 22:04, without the zone, for axes that print it */
  clock(at: string | number | null | undefined, withDate?: boolean): string;
  zoneName: string;
  language: Language;
  zone: Zone;
}

export function formats(language: Language, zone: Zone): Format {
  const locale = language === "ko" ? "ko-KR" : "en-GB";
  const zoneName = zoneLabel(zone);
  const said = (value: Figure, show: (known: number) => string): string =>
    value === null || value === undefined || Number.isNaN(value) ? NOTHING : show(value);
  const whole = (at: string | number) => wall(zone, new Date(at).getTime());
  return {
    language,
    zone,
    zoneName,
    number: (value, digits = 2) =>
      said(value, (v) => v.toLocaleString(locale, { maximumFractionDigits: digits })),
    percent: (value, digits = 2) =>
      said(value, (v) => `${v.toLocaleString(locale, { maximumFractionDigits: digits })}\u202f%`),
    duration: (seconds) =>
      said(seconds, (v) => {
        const units = UNITS[language];
        let left = Math.round(Math.abs(v));
        const found: string[] = [];
        for (const [index, size] of [86400, 3600, 60, 1].entries()) {
          const count = Math.floor(left / size);
          left -= count * size;
          if (count || (size === 1 && !found.length)) found.push(`${count}${units[index]}`);
        }
        return (v < 0 ? "−" : "") + found.slice(0, 2).join(" ");
      }),
    measure: (value, unit) =>
      said(value, (v) =>
        v.toLocaleString(locale, { style: "unit", unit, maximumFractionDigits: v < 10 ? 2 : 1 }),
      ),
    bytes: (value) =>
      said(value, (v) => {
        const power = v > 0 ? Math.min(Math.floor(Math.log2(v) / 10), BINARY.length - 1) : 0;
        return `${(v / 1024 ** power).toLocaleString(locale, { maximumFractionDigits: 1 })} ${BINARY[power]}`;
      }),
    cores: (value) =>
      said(value, (v) => (v / 1000).toLocaleString(locale, { maximumFractionDigits: 2 })),
    instant: (at) =>
      at === null || at === undefined || at === ""
        ? NOTHING
        : `${whole(at)} ${zoneLabel(zone, new Date(at).getTime())}`,
    clock: (at, withDate = false) =>
      at === null || at === undefined ? NOTHING : whole(at).slice(withDate ? 5 : 11, 16),
  };
}

export function useFormat(): Format {
  const { language, zone } = usePreferences();
  return useMemo(() => formats(language, zone), [language, zone]);
}
