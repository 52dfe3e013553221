/** A time range as it stands in an address: from=now-1h, to=now, or instants. Pure. */
import { instantAt, wall } from "./zones";

export interface Range {
  readonly fromMs: number;
  readonly toMs: number;
  /** Whether it ends now, and so moves on. */
  readonly moving: boolean;
}

export const RANGES = ["15m", "1h", "6h", "24h", "7d", "30d"] as const;
const UNITS: Record<string, number> = { s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 };

/** Return the instant that *text* says at *nowMs*; null for what says none. */
export function instant(text: string, nowMs: number): number | null {
  if (text === "now") return nowMs;
  const past = /^now-(\d+)([smhdw])$/.exec(text);
  if (past) return nowMs - Number(past[1]) * (UNITS[past[2] ?? ""] ?? 0);
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

/** Return the range of an address; what says none is the last hour. */
export function range(from: string, to: string, nowMs: number): Range {
  const until = instant(to, nowMs) ?? nowMs;
  const began = instant(from, nowMs);
  return {
    fromMs: began !== null && began < until ? began : until - 36e5,
    toMs: until,
    moving: to === "now",
  };
}

/** Return what of an address' range is not taken as it stands; null: all of it is. */
export function misread(
  from: string,
  to: string,
  nowMs: number,
): { field: "from" | "to" | "order"; text: string } | null {
  const [began, until] = [instant(from, nowMs), instant(to, nowMs)];
  if (until === null) return { field: "to", text: to };
  if (began === null) return { field: "from", text: from };
  return began < until ? null : { field: "order", text: from };
}

/** What is wrong with a field of a range that somebody wrote. */
export type Wrong = "unread" | "order" | "future";

/** Return a range as it was written (now-2h, or a clock's time in *zone*), as an address has it, or what is
 * wrong with which field. */
export function written(
  from: string,
  to: string,
  zone: string,
  nowMs: number,
): { from: string; to: string } | { field: "from" | "to"; wrong: Wrong } {
  const read = (text: string) => {
    const said = text.trim();
    const at = /^now/.test(said) ? instant(said, nowMs) : instantAt(zone, said);
    return at === null ? null : { at, said: /^now/.test(said) ? said : iso(at) };
  };
  const began = read(from);
  const until = read(to);
  if (!began) return { field: "from", wrong: "unread" };
  if (!until) return { field: "to", wrong: "unread" };
  if (began.at >= nowMs) return { field: "from", wrong: "future" };
  if (began.at >= until.at) return { field: "to", wrong: "order" };
  return { from: began.said, to: until.said };
}

/** Return what an address says as somebody writes it: a clock's time in *zone*. */
export function shown(text: string, zone: string): string {
  const at = /^now/.test(text) ? null : instant(text, 0);
  return at === null ? text : wall(zone, at).replace(/:00$/, "");
}

/** Return an instant as an address has it. */
export function iso(at: number): string {
  return new Date(at).toISOString().replace(".000Z", "Z");
}
