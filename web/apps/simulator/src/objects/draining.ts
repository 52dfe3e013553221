/** What a drain does to the pods of a node, as `kubectl drain` does it: an eviction each. */
import { type Call, kube } from "./asking";
import { keyOf, type PodRow, page } from "./inventory";

/** later: its budget lets others go first. */
type Fate = "go" | "later" | "held" | "stays";
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

interface Budget {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec?: {
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  };
  readonly status?: { readonly disruptionsAllowed?: number };
}

/** Ask what a drain would do. Each eviction is judged for itself by the server; of those under one
 * budget only as many go at once as it allows. */
export async function foreseen(
  cluster: string,
  node: string,
  pods: readonly PodRow[],
): Promise<Drained[]> {
  const found = await drained(cluster, pods, true);
  const list = await kube(cluster, { method: "GET", path: "/apis/policy/v1/poddisruptionbudgets" });
  const later = new Map<string, string>();
  for (const { metadata, spec, status } of (JSON.parse(list) as { items: Budget[] }).items) {
    const going = found.filter(
      (one) => one.fate === "go" && one.pod.namespace === metadata.namespace,
    );
    const selector = Object.entries(spec?.selector?.matchLabels ?? {})
      .map(([key, value]) => `${key}=${value}`)
      .join(",");
    if (!going.length || !selector) continue;
    const under = await page(cluster, { namespace: metadata.namespace, node, selector }, {});
    const names = new Set(under.pods.map((pod) => pod.name));
    const members = going.filter((one) => names.has(one.pod.name));
    for (const one of members.slice(status?.disruptionsAllowed ?? 0))
      later.set(keyOf(one.pod), metadata.name);
  }
  return found.map((one) => {
    const budget = later.get(keyOf(one.pod));
    return budget === undefined ? one : { ...one, fate: "later", why: budget };
  });
}
