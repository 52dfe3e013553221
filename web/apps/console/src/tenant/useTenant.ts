/** The tenant of the address, and how it stands; asked for once, however many parts use it. */
import { useParams } from "@tanstack/react-router";
import { EVERY_MS, type Given, given, hooks, useGiven } from "../ask";

export function useTenant(): string {
  const { tenant = "" } = useParams({ strict: false }) as { tenant?: string };
  return tenant;
}

const STATUS = "/api/v1/simulator/status/{tenant_id}";
const of = (tenant: string, by: Given) => ({ ...by, params: { path: { tenant_id: tenant } } });

export function useStatus(tenant: string) {
  return hooks.useQuery("get", STATUS, of(tenant, useGiven()), { refetchInterval: EVERY_MS });
}

/** The same, asked before anything is drawn. */
export function statusOf(tenant: string) {
  return hooks.queryOptions("get", STATUS, of(tenant, given()));
}
