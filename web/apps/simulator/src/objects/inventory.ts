/** What a cluster has, as rows: asked for whole once, then for what became another. */
import { atSimulator, useEvery } from "@ecp/ui/ask/ask";
import { useHeld } from "@ecp/ui/live/pausing";
import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { hooks } from "../ask";
import { merged } from "./rows";

export interface PodRow {
  readonly namespace: string;
  readonly name: string;
  /** Kind/name of what keeps it running. */
  readonly owner: string | null;
  readonly phase: string;
  readonly status: string;
  readonly ready: number;
  readonly containers: number;
  readonly restarts: number;
  readonly node: string | null;
  /** What the scheduler says of it while it has no node. */
  readonly waits: string | null;
  readonly created_at: string;
}

export interface WorkloadRow {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly desired: number;
  readonly ready: number;
  readonly updated: number;
  /** How it stands, judged as the console that released it does. */
  readonly health: string;
  readonly complaint: string | null;
  /** What the server refused to make of its pods. */
  readonly refused: string | null;
  readonly images: readonly string[];
  readonly selector: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly created_at: string;
}

type Amounts = Readonly<Record<string, number>>;

export interface NodeRow {
  readonly name: string;
  readonly pool: string | null;
  readonly zone: string | null;
  readonly gpu: string | null;
  readonly version: string | null;
  readonly ready: boolean;
  readonly schedulable: boolean;
  readonly pressure: readonly string[];
  readonly taints: readonly string[];
  readonly allocatable: Amounts;
  readonly requested: Amounts;
  readonly used: Amounts;
  readonly created_at: string;
}

type Tenants = Readonly<Record<string, string>>;

export interface Overview {
  readonly nodes: readonly NodeRow[];
  readonly namespaces: readonly {
    readonly namespace: string;
    readonly pods: number;
    readonly waiting: number;
    readonly not_ready: number;
  }[];
  readonly tenants: Tenants;
  readonly waiting: readonly {
    readonly message: string;
    readonly count: number;
    readonly since: string;
    readonly pods: readonly string[];
  }[];
  /** On a node and not ready, by the word of `kubectl get pods`. */
  readonly unready: readonly {
    readonly status: string;
    readonly count: number;
    readonly since: string;
    readonly pods: readonly string[];
  }[];
  readonly quotas: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly hard: Readonly<Record<string, string>>;
    readonly used: Readonly<Record<string, string>>;
  }[];
  readonly changes_per_minute: number;
  readonly events_per_minute: number;
  readonly clock: { readonly now: string };
}

export interface Pods {
  readonly rows: readonly PodRow[];
  readonly total: number;
  readonly version: number;
  readonly tenants: Tenants;
  readonly now: string;
}

interface PodFilter {
  readonly namespace: string;
  readonly node?: string;
  readonly selector?: string;
}

const EVERY_MS = 5000;
const PODS_EVERY_MS = 2000;
const PAGE = 1000;

export const keyOf = (row: { namespace: string; name: string }) => `${row.namespace}/${row.name}`;

export function useOverview(cluster: string) {
  const ask = hooks.useQuery(
    "get",
    "/api/v1/clusters/{name}/overview",
    { params: { path: { name: cluster } } },
    { refetchInterval: EVERY_MS },
  );
  return { ...ask, data: ask.data as unknown as Overview | undefined };
}

export interface Workloads {
  readonly workloads: readonly WorkloadRow[];
  readonly tenants: Tenants;
  readonly clock: { readonly now: string };
}

export function useWorkloads(cluster: string, namespace = "") {
  const ask = hooks.useQuery(
    "get",
    "/api/v1/clusters/{name}/workloads",
    { params: { path: { name: cluster }, query: { namespace } } },
    { refetchInterval: EVERY_MS },
  );
  return { ...ask, data: ask.data as unknown as Workloads | undefined };
}

interface Answered {
  readonly pods: readonly PodRow[];
  readonly gone: readonly string[];
  readonly total: number | null;
  readonly next: string | null;
  readonly resource_version: number;
  readonly tenants: Tenants;
  readonly clock: { readonly now: string };
}

/** Return a page of pods, or, *since* a version, what became another. */
export async function page(
  cluster: string,
  filter: PodFilter,
  more: { since?: number; after?: string },
) {
  const { data, error } = await atSimulator.GET("/api/v1/clusters/{name}/pods", {
    params: { path: { name: cluster }, query: { ...filter, limit: PAGE, ...more } },
  });
  if (error) throw error;
  return data as unknown as Answered;
}

/** Ask for all, a page after the other; what is there is shown meanwhile. */
async function whole(
  client: QueryClient,
  key: readonly unknown[],
  cluster: string,
  filter: PodFilter,
) {
  const first = await page(cluster, filter, {});
  const rows = [...first.pods];
  const found = () => ({
    rows: [...rows],
    total: Math.max(first.total ?? 0, rows.length),
    version: first.resource_version,
    tenants: first.tenants,
    now: first.clock.now,
  });
  for (let next = first.next; next !== null; ) {
    client.setQueryData(key, found());
    const more = await page(cluster, filter, { after: next });
    rows.push(...more.pods);
    next = more.next;
  }
  return { ...found(), total: rows.length };
}

/** The pods of a cluster: rows that did not change stay the same objects. */
export function usePods(cluster: string, filter: PodFilter) {
  const client = useQueryClient();
  const queryKey = ["pods", cluster, filter];
  const ask = useQuery({
    queryKey,
    refetchInterval: useEvery(PODS_EVERY_MS),
    structuralSharing: false,
    queryFn: async (): Promise<Pods> => {
      const before = client.getQueryData<Pods>(queryKey);
      if (!before || before.rows.length < before.total)
        return whole(client, queryKey, cluster, filter);
      try {
        const news = await page(cluster, filter, { since: before.version });
        const rows = merged(before.rows, news.pods, news.gone);
        return {
          rows,
          total: rows.length,
          version: news.resource_version,
          tenants: news.tenants,
          now: news.clock.now,
        };
      } catch (problem) {
        // The log of changes does not reach back so far, or it is another cluster by now.
        if ((problem as { status?: number }).status !== 410) throw problem;
        return whole(client, queryKey, cluster, filter);
      }
    },
  });
  return useHeld(ask, JSON.stringify(queryKey));
}
