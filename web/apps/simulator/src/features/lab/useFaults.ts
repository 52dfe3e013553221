/** The faults of the chosen cluster, and its tenants with their namespaces. */
import { useEffect, useState } from "react";
import { hooks } from "../../ask";

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
  readonly origin: { readonly kind: string };
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

/** Asked often while something runs: a cluster may have had hundreds. */
const RUNNING_MS = 2000;
const CALM_MS = 10_000;

export function useFaults(cluster: string) {
  const [every, setEvery] = useState(RUNNING_MS);
  const ask = hooks.useQuery(
    "get",
    "/api/v1/clusters/{name}/faults",
    { params: { path: { name: cluster } } },
    { refetchInterval: every },
  );
  const data = ask.data?.faults as unknown as readonly Fault[] | undefined;
  const busy = data?.some((one) => one.state === "running" || one.recovered_at === null) ?? true;
  useEffect(() => setEvery(busy ? RUNNING_MS : CALM_MS), [busy]);
  return { ...ask, data };
}

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
