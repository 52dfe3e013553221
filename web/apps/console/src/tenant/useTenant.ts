/** The tenant of the address, and how it stands; asked for once, however many parts use it. */
import { useParams } from "@tanstack/react-router";
import { EVERY_MS, hooks, useGiven } from "../ask";

export function useTenant(): string {
  const { tenant = "" } = useParams({ strict: false }) as { tenant?: string };
  return tenant;
}

export function useStatus(tenant: string) {
  return hooks.useQuery(
    "get",
    "/api/v1/simulator/status/{tenant_id}",
    { ...useGiven(), params: { path: { tenant_id: tenant } } },
    { refetchInterval: EVERY_MS },
  );
}
