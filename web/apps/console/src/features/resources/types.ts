/** What the service tells of a tenant's live objects. */

export type Health = "healthy" | "progressing" | "degraded" | "suspended" | "missing" | "unknown";
export type Sync = "released" | "changed" | "extra" | "cluster";

export interface Item {
  readonly id: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string | null;
  readonly owner_uid: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly created_at: string | null;
  readonly health: Health | null;
  readonly reason: string | null;
  readonly sync: Sync;
  readonly changed: readonly string[];
  readonly ready: number | null;
  readonly desired: number | null;
  readonly restarts: number | null;
  readonly node: string | null;
  readonly problem: boolean;
}

export interface Link {
  readonly source: string;
  readonly target: string;
  readonly type: string;
}

/** Leaves of one kind below one owner as one: all of them problems, or none. */
export interface Group {
  readonly id: string;
  readonly owner_uid: string | null;
  readonly kind: string;
  readonly problem: boolean;
  readonly count: number;
  readonly health: Readonly<Record<string, number>>;
  readonly restarts: number;
  readonly reason: string | null;
}

export interface Seen {
  readonly nodes: readonly Item[];
  /** Who owns what is told, and does not match the filter itself. */
  readonly owners: readonly Item[];
  readonly groups: readonly Group[];
  readonly edges: readonly Link[];
  /** Of all objects. */
  readonly total: number;
  /** Of those that the filter leaves. */
  readonly matched: number;
  readonly problems: number;
  /** Where the page begins. */
  readonly skip: number;
  readonly kinds: Readonly<Record<string, number>>;
  readonly revision: number | null;
  readonly evidence: "simulated" | "measured";
  readonly unread: readonly { readonly kind: string; readonly message: string }[];
  /** Kinds of which nothing is known yet: they are being read. */
  readonly reading: readonly string[];
}

export interface Told extends Item {
  readonly why: readonly { readonly text: string; readonly remedy: string }[];
  readonly yaml: string | null;
  readonly conditions: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason: string | null;
    readonly message: string | null;
    readonly since: string | null;
  }[];
  readonly events: readonly {
    readonly at: string | null;
    readonly type: string;
    readonly reason: string;
    readonly message: string;
    readonly count: number;
    readonly source: string;
  }[];
  readonly containers: readonly {
    readonly name: string;
    readonly image: string | null;
    readonly init: boolean;
  }[];
  readonly pods: readonly string[];
}

export interface Log {
  readonly lines: readonly {
    readonly at: string;
    readonly pod: string;
    readonly container: string;
    readonly text: string;
  }[];
  readonly pods: readonly string[];
  readonly left_out: number;
  readonly silent: readonly {
    readonly pod: string;
    readonly container: string;
    readonly message: string;
  }[];
}

export interface Used {
  readonly cpu_millicores: number | null;
  readonly memory_bytes: number | null;
  readonly cpu_request_millicores: number | null;
  readonly memory_request_bytes: number | null;
  readonly cpu_limit_millicores: number | null;
  readonly memory_limit_bytes: number | null;
  readonly restarts: number | null;
}

export interface Usage {
  readonly at: string | null;
  readonly pods: readonly (Used & {
    readonly name: string;
    readonly containers: readonly (Used & { readonly name: string })[];
  })[];
  readonly total: Used;
  readonly history: readonly {
    readonly at: string;
    readonly cpu_millicores: number | null;
    readonly memory_bytes: number | null;
    readonly replicas: number | null;
    readonly p95_ms: number | null;
  }[];
  readonly unmeasured: string | null;
  readonly evidence: "simulated" | "measured";
}

/** The row of `status/states.ts` of an object; one that cannot stand well or badly is just there. */
export const stateOf = (item: { readonly health: Health | null }) => item.health ?? "present";
