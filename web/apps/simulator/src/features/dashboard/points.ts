/** What a tenant's charts are drawn from: the last hour's closed minutes, then slot by slot. Pure. */

export interface Point {
  /** Seconds since 1970, of the cluster's time. */
  readonly at: number;
  /** % of the limits. */
  readonly cpu: number | null;
  readonly memory: number | null;
  /** ms, p95 */
  readonly response: number | null;
}

export interface Minute {
  readonly minute?: string;
  readonly tenant?: {
    readonly latency?: { readonly p95_ms?: number | null; readonly count?: number };
    readonly cpu_millicores?: number;
    readonly cpu_limit_millicores?: number;
    readonly memory_bytes?: number;
    readonly memory_limit_bytes?: number;
  };
}

const HOUR = 3600;

const percent = (part: number | undefined, whole: number | undefined): number | null =>
  part === undefined || !whole ? null : (100 * part) / whole;

/** Return the points of closed minutes, each at the end of its minute. */
export function ofMinutes(minutes: readonly Minute[]): Point[] {
  return minutes.flatMap(({ minute, tenant }) =>
    minute && tenant
      ? [
          {
            at: Date.parse(minute) / 1000 + 60,
            cpu: percent(tenant.cpu_millicores, tenant.cpu_limit_millicores),
            memory: percent(tenant.memory_bytes, tenant.memory_limit_bytes),
            response: tenant.latency?.count ? (tenant.latency.p95_ms ?? null) : null,
          },
        ]
      : [],
  );
}

/** Return the hour until the newest point, in order: what was heard slot by slot, and minutes where
 * nothing was heard for longer than two of them. */
export function joined(minutes: readonly Point[], slots: readonly Point[]): Point[] {
  const found: Point[] = [];
  let before = Number.NEGATIVE_INFINITY;
  for (const point of [...slots, null]) {
    const until = point?.at ?? Number.POSITIVE_INFINITY;
    if (until - before > 120)
      found.push(...minutes.filter((one) => one.at > before && one.at < until));
    if (point) {
      found.push(point);
      before = point.at;
    }
  }
  const newest = found.at(-1)?.at ?? 0;
  return found.filter((point) => point.at > newest - HOUR);
}

/** Return *slots* with one more. The same again changes nothing; where the cluster's clock went
 * back, they begin anew. */
export function heard(slots: readonly Point[], point: Point): readonly Point[] {
  const last = slots.at(-1)?.at;
  if (last === point.at) return slots;
  if (last !== undefined && point.at < last) return [point];
  return [...slots.filter((one) => one.at > point.at - HOUR), point];
}
