import { hooks } from "../../ask";

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
