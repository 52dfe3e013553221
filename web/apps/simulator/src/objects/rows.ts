/** Rows of pods: what is news put into what is known, and their states in words of a table. Pure. */
import type { State } from "@ecp/ui/status/states";
import type { PodRow } from "./inventory";

/** Return *rows*, in the order of their keys, with *news* in place and without those that are *gone*;
 * the very same array where there is no news. */
export function merged(
  rows: readonly PodRow[],
  news: readonly PodRow[],
  gone: readonly string[],
): readonly PodRow[] {
  if (!news.length && !gone.length) return rows;
  const key = (row: PodRow) => `${row.namespace}/${row.name}`;
  const fresh = new Map(news.map((row) => [key(row), row]));
  const left = new Set(gone);
  const found = rows.flatMap((row) => {
    const name = key(row);
    const one = fresh.get(name) ?? row;
    fresh.delete(name);
    return left.has(name) ? [] : [one];
  });
  if (!fresh.size) return found;
  return [...found, ...fresh.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

const ENDS: Readonly<Record<string, State>> = {
  Succeeded: "complete",
  Completed: "complete",
  Terminating: "stopped",
  Unknown: "unknown",
  Failed: "failed",
};

/** Return the state of a pod as it is shown: an icon and a colour for what its status says. */
export function podState(row: PodRow): State {
  const ended = ENDS[row.status];
  if (ended) return ended;
  if (row.waits !== null) return "pending";
  if (/Error|BackOff|OOM|Invalid|Evicted|NodeLost|ExitCode|Signal/.test(row.status))
    return "failed";
  if (row.status === "Running") return row.ready >= row.containers ? "running" : "degraded";
  return "progressing";
}

export interface Counted {
  readonly word: string;
  readonly state: State;
  readonly count: number;
}

/** Return how many pods have which status, the most first. */
export function statuses(rows: readonly PodRow[]): Counted[] {
  const found = new Map<string, { state: State; count: number }>();
  for (const row of rows) {
    const one = found.get(row.status);
    if (one) one.count++;
    else found.set(row.status, { state: podState(row), count: 1 });
  }
  return [...found]
    .map(([word, { state, count }]) => ({ word, state, count }))
    .sort((a, b) => b.count - a.count || (a.word < b.word ? -1 : 1));
}

/** Return how old something is, in seconds of the cluster's clock. */
export function age(created: string, now: string | undefined): number | null {
  if (!now) return null;
  return Math.max(0, (Date.parse(now) - Date.parse(created)) / 1000);
}
