/** The faults that hit a tenant: triggered, or by themselves. */
import { EVERY_MS, hooks } from "../../ask";

export interface Fault {
  readonly id?: string;
  readonly fault?: string;
  readonly title?: string;
  readonly origin?: { readonly kind?: string };
  readonly targets?: readonly string[];
  readonly state?: string;
  readonly started_at?: string | null;
  readonly planned_for?: string | null;
  readonly verdict?: string;
  readonly recovery_seconds?: number | null;
}

/** *namespace* null: not known yet. */
export function useFaults(cluster: string, namespace: string | null) {
  return hooks.useQuery(
    "get",
    "/api/v1/clusters/{name}/faults",
    { params: { path: { name: cluster }, query: { namespace: namespace ?? "" } } },
    { enabled: namespace !== null, refetchInterval: EVERY_MS },
  );
}

/** The namespace in which a tenant lives. */
export function useNamespace(cluster: string, tenant: string): string | null {
  const found = hooks.useQuery(
    "get",
    "/api/v1/clusters/{name}/tenants/{tenant}",
    { params: { path: { name: cluster, tenant } } },
    { staleTime: Number.POSITIVE_INFINITY },
  );
  return found.data?.namespace ?? null;
}
