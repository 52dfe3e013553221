/** Instants of a replay, in the microseconds that the change log is written in. Pure. */

/** Return the microseconds since 1970 of an instant as the simulator writes it. */
export function micros(at: string): number {
  const fraction = /\.\d{3}(\d{3})/.exec(at)?.[1] ?? "0";
  return Date.parse(at) * 1000 + Number(fraction);
}

/** Return what an address says where that is an instant, "" where it is anything else. */
export function known(at: string): string {
  return Number.isNaN(Date.parse(at)) ? "" : at;
}

/** Return an instant (UTC) of microseconds since 1970. */
export function written(at: number): string {
  const ms = Math.floor(at / 1000);
  const rest = String(at - ms * 1000).padStart(3, "0");
  return new Date(ms).toISOString().replace("Z", `${rest}Z`);
}

/** Return the instant a moment later (or earlier): what is the next change must not be the same. */
export function beside(at: string, by: 1 | -1): string {
  return written(micros(at) + by);
}

/** Return where a replay is that has gone on for *elapsedMs* of a viewer's time; it ends at *end*. */
export function played(from: number, elapsedMs: number, speed: number, end: number): number {
  return Math.min(Math.round(from + elapsedMs * 1000 * speed), end);
}

/** Return the part of [from, to] at which an instant lies, in [0, 1]. */
export function part(at: number, from: number, to: number): number {
  return to > from ? Math.min(1, Math.max(0, (at - from) / (to - from))) : 0;
}
