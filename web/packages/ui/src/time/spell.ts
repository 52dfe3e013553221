/** Durations as the services write them. Pure. */

const SECONDS: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

/** Return the seconds of "5m" or "1h30m"; null: it is none. */
export function secondsOf(text: string): number | null {
  if (!/^(\d+(\.\d+)?(ms|[smhd]))+$/.test(text)) return null;
  let found = 0;
  for (const [, count, unit] of text.matchAll(/([\d.]+)(ms|[smhd])/g))
    found += Number(count) * (SECONDS[unit ?? ""] ?? 0);
  return found;
}
