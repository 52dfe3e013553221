/** Wall clocks and instants of any IANA zone, right around changes of its clocks. Pure. */

const DAY_MS = 86_400_000;
const walls = new Map<string, Intl.DateTimeFormat>();
const names = new Map<string, Intl.DateTimeFormat>();
/** Zones that never change, by the names that are used for them. */
const FIXED: Record<string, string> = { UTC: "UTC", "Asia/Seoul": "KST" };

function wallOf(zone: string): Intl.DateTimeFormat {
  let found = walls.get(zone);
  if (!found) {
    found = new Intl.DateTimeFormat("sv-SE", {
      timeZone: zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
    });
    walls.set(zone, found);
  }
  return found;
}

/** Tell whether this browser knows a zone of that name. */
export function isZone(name: string): boolean {
  if (!name) return false;
  try {
    wallOf(name);
    return true;
  } catch {
    return false;
  }
}

/** Return what a clock on the wall shows: 2026-11-26 22:04:20. */
export function wall(zone: string, at: number): string {
  return wallOf(zone).format(at);
}

/** Return by how much a zone's clock is ahead of UTC at an instant. */
export function offsetMs(zone: string, at: number): number {
  const second = Math.floor(at / 1000) * 1000;
  return Date.parse(`${wall(zone, second).replace(" ", "T")}Z`) - second;
}

/** Return the instant at which a zone's clock shows *text* (2026-03-08 02:30, seconds may follow); null
 * for what no clock shows. What comes twice is the first, what is left out is as much later. */
export function instantAt(zone: string, text: string): number | null {
  const parts = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(:\d\d)?)?$/.exec(text.trim());
  if (!parts) return null;
  const utc = Date.parse(`${parts[1]}T${parts[2] ?? "00:00"}${parts[3] ?? ":00"}Z`);
  // 2026-02-30 is parsed, as a day of March.
  if (Number.isNaN(utc) || new Date(utc).toISOString().slice(0, 10) !== parts[1]) return null;
  const before = utc - offsetMs(zone, utc - DAY_MS);
  const after = utc - offsetMs(zone, utc + DAY_MS);
  const shown = [before, after].filter((at) => at + offsetMs(zone, at) === utc);
  return shown.length ? Math.min(...shown) : before;
}

/** Return a zone's short name, at an instant where its clocks change: KST, UTC, EDT; without one: ET. */
export function zoneLabel(zone: string, at?: number): string {
  const fixed = FIXED[zone];
  if (fixed) return fixed;
  const style = at === undefined ? "shortGeneric" : "short";
  const key = `${zone} ${style}`;
  let format = names.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: style });
    names.set(key, format);
  }
  const part = format.formatToParts(at ?? 0).find((one) => one.type === "timeZoneName");
  return part?.value ?? zone;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const STEPS = [
  1000,
  5000,
  15_000,
  30_000,
  MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY_MS,
  2 * DAY_MS,
  7 * DAY_MS,
  14 * DAY_MS,
  30 * DAY_MS,
  90 * DAY_MS,
]; // prettier-ignore

/** Return at most *most* round times of a zone's clock between two instants. */
export function ticks(zone: string, fromMs: number, toMs: number, most: number): number[] {
  const wanted = (toMs - fromMs) / Math.max(1, most);
  const step = STEPS.find((one) => one >= wanted) ?? 365 * DAY_MS;
  const found: number[] = [];
  if (step <= HOUR) {
    // A change of clocks is of whole steps: the clock stays round.
    const ahead = offsetMs(zone, fromMs);
    for (let at = Math.ceil((fromMs + ahead) / step) * step - ahead; at <= toMs; at += step)
      found.push(at);
    return found;
  }
  const first = Date.parse(`${wall(zone, fromMs).slice(0, 10)}T00:00Z`);
  const days = Math.max(1, step / DAY_MS);
  // Counted from a fixed day, so that what is shown does not change while a range moves on.
  for (let day = Math.floor(first / DAY_MS / days) * days * DAY_MS; ; day += days * DAY_MS) {
    for (let clock = 0; clock < DAY_MS; clock += step) {
      const text = new Date(day + clock).toISOString().slice(0, 16);
      const at = instantAt(zone, text) as number;
      if (at > toMs) return found;
      if (at >= fromMs) found.push(at);
    }
  }
}
