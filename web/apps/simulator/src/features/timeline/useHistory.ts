/** What the change log of a cluster says: asked for a range, an instant, a filter. */
import { hooks } from "../../ask";

export interface Kept {
  readonly changes: number;
  readonly most: number;
  readonly lasting: number;
  readonly since: string;
}

export interface History {
  readonly from: string;
  readonly to: string;
  readonly step_seconds: number;
  readonly changes: readonly number[];
  readonly lanes: Readonly<Record<string, readonly number[]>>;
  readonly pods_ready: readonly number[];
  readonly kept: Kept;
  readonly clock: { readonly now: string };
}

export interface Change {
  readonly version: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly actor: string;
  readonly at: string;
  readonly cause: string;
  readonly mark: string | null;
  readonly was: string;
  readonly is: string;
}

export interface FieldRow {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface Filter {
  readonly namespace: string;
  readonly resource: string;
  readonly q: string;
}

const HISTORY_MS = 15_000;

/** Leave out what says nothing. */
export function said<T extends object>(query: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(query).filter(([, value]) => value !== "" && value !== null),
  ) as Partial<T>;
}

export function useHistory(cluster: string, from: string, filter: Filter) {
  const ask = hooks.useQuery(
    "get",
    "/api/v1/clusters/{name}/history",
    { params: { path: { name: cluster }, query: said({ from, buckets: 160, ...filter }) } },
    { refetchInterval: HISTORY_MS, placeholderData: (old: unknown) => old as never },
  );
  return { ...ask, data: ask.data as unknown as History | undefined };
}
