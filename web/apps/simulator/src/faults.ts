/** The faults of a cluster, newest first. What runs or is to come is asked for often; what is over
 * stays as it is, and a cluster has hundreds of it: that is asked for again when there is more. */
import { useEffect, useMemo, useState } from "react";
import { hooks } from "./ask";

export interface Proof {
  readonly observe: string;
  readonly text: string;
  readonly verdict: string;
}

/** A condition of a steady state, and what was measured of it. */
export interface Steady {
  readonly text?: string;
  readonly metric?: string;
  readonly value?: number | null;
  readonly holds?: boolean | null;
}

export interface Fault {
  readonly id: string;
  readonly fault: string;
  readonly title: string;
  readonly expected_effect: string;
  readonly origin: { readonly kind: "background" | "chaos" | "request" };
  readonly targets: readonly string[];
  readonly namespaces: readonly string[];
  readonly state: string;
  readonly planned_for: string;
  readonly started_at: string | null;
  readonly until: string | null;
  readonly ended_at: string | null;
  readonly recovered_at: string | null;
  readonly recovery_seconds: number | null;
  readonly verdict: string;
  readonly proof: readonly Proof[];
  readonly seen: Readonly<Record<string, { readonly at: string; readonly after_seconds: number }>>;
  readonly stopped_by: string | null;
  readonly problem: string | null;
  readonly steady_state: Readonly<Record<string, readonly Steady[]>> | null;
}

const BUSY_MS = 2000;
const CALM_MS = 10_000;
/** As many of those that are over as a list begins with. */
export const PAGE = 40;
/** As many as one answer has. */
export const MOST = 1000;
const MOST_AT_WORK = 200;
/** The newest of those that are over, while one of them has not recovered. */
const WATCHED = 5;
const AT_WORK = ["planned", "running"];
const OVER = ["ended", "failed"];

type Counts = Readonly<Record<string, number>>;
const faultsOf = (data: { faults?: unknown } | undefined) =>
  (data?.faults ?? []) as readonly Fault[];

/** Whether what is known of faults that are over is not all there is to know by now. */
export function isBehind(
  known: { counts?: unknown; faults?: unknown } | undefined,
  counts: unknown,
  watched: readonly Fault[],
): boolean {
  if (!known || !counts) return false;
  const [then, now] = [known.counts as Counts, counts as Counts];
  const rows = new Map(faultsOf(known).map((one) => [one.id, one]));
  return (
    OVER.some((state) => then[state] !== now[state]) ||
    watched.some((one) => rows.get(one.id)?.recovered_at !== one.recovered_at)
  );
}

/** Return both lists; what ended between the two questions is over. */
export function joined(atWork: readonly Fault[], over: readonly Fault[]): readonly Fault[] {
  const ended = new Set(over.map((one) => one.id));
  return [...atWork.filter((one) => !ended.has(one.id)), ...over];
}

/** *namespace*: those that hit it, "" = all, null = not known yet; *over*: so many that are over.
 * `atWork` is how many are planned or run, `total` how many there are of all. */
export function useFaults(
  cluster: string,
  { namespace = "", over = PAGE }: { namespace?: string | null; over?: number } = {},
) {
  const enabled = namespace !== null;
  const of = (state: readonly string[], limit: number) => ({
    params: {
      path: { name: cluster },
      query: { state: state as never, limit, ...(namespace ? { namespace } : {}) },
    },
  });
  const [every, setEvery] = useState(BUSY_MS);
  const work = hooks.useQuery("get", "/api/v1/clusters/{name}/faults", of(AT_WORK, MOST_AT_WORK), {
    enabled,
    refetchInterval: every,
  });
  const past = hooks.useQuery("get", "/api/v1/clusters/{name}/faults", of(OVER, over), {
    enabled,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const hurt = faultsOf(past.data)
    .slice(0, WATCHED)
    .some((one) => one.state === "ended" && one.recovered_at === null);
  const watched = hooks.useQuery("get", "/api/v1/clusters/{name}/faults", of(OVER, WATCHED), {
    enabled: enabled && hurt,
    refetchInterval: BUSY_MS,
  });
  const atWork = faultsOf(work.data).length;
  useEffect(() => setEvery(atWork > 0 || hurt ? BUSY_MS : CALM_MS), [atWork, hurt]);
  const counts = (work.data as { counts?: Counts } | undefined)?.counts;
  const behind = isBehind(past.data, counts, hurt ? faultsOf(watched.data) : []);
  const { refetch: askWork } = work;
  const { refetch: askPast } = past;
  useEffect(() => {
    if (behind) void askPast({ cancelRefetch: false });
  }, [behind, askPast]);
  const data = useMemo(
    () => (work.data && past.data ? joined(faultsOf(work.data), faultsOf(past.data)) : undefined),
    [work.data, past.data],
  );
  return {
    data,
    atWork,
    total: Object.values(counts ?? {}).reduce((sum, one) => sum + one, 0),
    error: work.error ?? past.error,
    isError: work.isError || past.isError,
    isSuccess: work.isSuccess && past.isSuccess,
    failureCount: work.failureCount,
    dataUpdatedAt: work.dataUpdatedAt,
    refetch: askWork,
  };
}
