/** A time range as it stands in an address: from=now-1h, to=now, or instants. Pure. */

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
