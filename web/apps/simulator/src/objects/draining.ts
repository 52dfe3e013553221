/** What a drain does to the pods of a node, as `kubectl drain` does it: an eviction each. */
import { type Call, kube } from "./asking";
import type { PodRow } from "./inventory";

export type Fate = "go" | "held" | "stays";
export interface Drained {
  readonly pod: PodRow;
  readonly fate: Fate;
  /** What the server said of one that is held. */
  readonly why: string;
}

export function eviction(pod: PodRow, dry: boolean): Call {
  return {
    method: "POST",
    path: `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}/eviction`,
    body: {
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name: pod.name, namespace: pod.namespace },
      ...(dry ? { deleteOptions: { dryRun: ["All"] } } : {}),
    },
  };
}

/** Ask for the eviction of each pod but DaemonSets' own; *dry*: nothing is carried out. */
export async function drained(
  cluster: string,
  pods: readonly PodRow[],
  dry: boolean,
): Promise<Drained[]> {
  const found: Drained[] = [];
  for (const pod of pods) {
    if (pod.owner?.startsWith("DaemonSet/")) {
      found.push({ pod, fate: "stays", why: "" });
      continue;
    }
    try {
      await kube(cluster, eviction(pod, dry));
      found.push({ pod, fate: "go", why: "" });
    } catch (problem) {
      const refused = problem as { status?: number; error?: { message?: string } };
      if (refused.status !== 429) throw problem;
      found.push({ pod, fate: "held", why: refused.error?.message ?? "" });
    }
  }
  return found;
}
