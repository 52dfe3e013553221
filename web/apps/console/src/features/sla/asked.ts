/** What the address of the page asks the service for. Pure. */

/** A period that ends now, or a span between two instants. */
export type Asked = { readonly period: string } | { readonly from: string; readonly to: string };

const CONTRACT = "calendar-month";

/** Return what a range asks for: a period where it ends now and has a usual length, this contract's
 * period where it begins with it, else a span of instants. *month* is when the period began. */
export function asked(
  view: { readonly from: string; readonly to: string },
  month: string | undefined,
  range: { readonly fromMs: number; readonly toMs: number },
): Asked {
  const length = /^now-(\d+[mhd])$/.exec(view.from)?.[1];
  if (view.to === "now" && length && minutes(length) <= 30 * 1440) return { period: length };
  if (view.to === "now" && month && view.from === month) return { period: CONTRACT };
  // Minutes are kept whole: seconds would make each call another one.
  const whole = (ms: number) => new Date(Math.floor(ms / 60_000) * 60_000).toISOString();
  return { from: whole(range.fromMs), to: whole(range.toMs) };
}

function minutes(length: string): number {
  const units: Record<string, number> = { m: 1, h: 60, d: 1440 };
  return Number.parseInt(length, 10) * (units[length.at(-1) ?? ""] ?? 0);
}

/** Return the options of `ecp slo report` that ask for the same. */
export function options(of: Asked): string {
  return "period" in of ? `--period ${of.period}` : `--from ${of.from} --to ${of.to}`;
}
