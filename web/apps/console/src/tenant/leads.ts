/** Where a problem leads to: its pod's "why" in the simulator. Pure. */

/** As a start-up tells it. */
export interface Problem {
  readonly object?: string | null;
  readonly namespace?: string | null;
  readonly cause?: string | null;
  readonly text?: string | null;
  readonly remedy?: string | null;
  /** One that it concerns; null where none was made. */
  readonly pod?: string | null;
  /** What of the manifest is to change. */
  readonly at?: { readonly object: string; readonly field: string } | null;
}

const KINDS: Readonly<Record<string, string>> = {
  deployment: "Deployment",
  statefulset: "StatefulSet",
  daemonset: "DaemonSet",
  replicaset: "ReplicaSet",
  job: "Job",
};

/** Return the simulator's page that says why, at the address *simulator*; null: it has none. */
export function inSimulator(of: Problem, simulator: string, demo: boolean): string | null {
  const { namespace, pod } = of;
  const [kind = "", name = ""] = (of.object ?? "").split("/");
  if (!simulator || !namespace) return null;
  const asked = new URLSearchParams({ ...(demo ? { cluster: "demo" } : {}), ns: namespace });
  if (pod) {
    asked.set("kind", "pods");
    asked.set("pod", `${namespace}/${pod}`);
    asked.set("tab", "why");
  } else if (KINDS[kind]) asked.set("workload", `${KINDS[kind]}/${namespace}/${name}`);
  else return null;
  return `${simulator}/workloads?${asked}`;
}
