/** The tenants of the chosen cluster, with their namespaces. */
import { hooks } from "../../ask";

export interface Tenant {
  readonly tenant: string;
  readonly namespace: string;
}

export function useTenants(cluster: string): readonly Tenant[] {
  const ask = hooks.useQuery("get", "/api/v1/clusters/{name}/tenants", {
    params: { path: { name: cluster } },
  });
  return (ask.data?.tenants ?? []) as unknown as readonly Tenant[];
}
