/** What nodes have and what pods ask of them, from objects as the Kubernetes API gives them. Pure. */

export interface Node {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: { readonly unschedulable?: boolean };
  readonly status?: {
    readonly allocatable?: Readonly<Record<string, string>>;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

interface Container {
  readonly resources?: { readonly requests?: Readonly<Record<string, string>> };
}

export interface Pod {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec?: { readonly nodeName?: string; readonly containers?: readonly Container[] };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message?: string;
    }[];
  };
}

export const RESOURCES = {
  cpu: "cpu",
  memory: "memory",
  gpu: "nvidia.com/gpu",
  pods: "pods",
} as const;
export type Resource = keyof typeof RESOURCES;

const SUFFIX: Record<string, number> = {
  "": 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** Return the value of a Kubernetes quantity; 0 for what is none. */
export function quantity(text: string | undefined): number {
  const found = /^([\d.]+(?:e\d+)?)([a-zA-Z]{0,2})$/.exec(text ?? "");
  return found ? Number(found[1]) * (SUFFIX[found[2] ?? ""] ?? 0) : 0;
}

/** Return what a pod asks of *resource*. */
export function asked(pod: Pod, resource: Resource): number {
  if (resource === "pods") return 1;
  return (pod.spec?.containers ?? []).reduce(
    (sum, one) => sum + quantity(one.resources?.requests?.[RESOURCES[resource]]),
    0,
  );
}

export interface Filled {
  readonly node: Node;
  readonly pods: readonly Pod[];
  readonly total: number;
  readonly requested: number;
  readonly ready: boolean;
}

/** Return each node with its pods and how much of *resource* they ask; pods that ended ask nothing. */
export function filled(nodes: readonly Node[], pods: readonly Pod[], resource: Resource): Filled[] {
  const on = new Map<string, Pod[]>();
  for (const pod of pods) {
    const name = pod.spec?.nodeName;
    if (!name || pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed") continue;
    const there = on.get(name);
    if (there) there.push(pod);
    else on.set(name, [pod]);
  }
  return nodes.map((node) => {
    const here = on.get(node.metadata.name) ?? [];
    return {
      node,
      pods: here,
      total: quantity(node.status?.allocatable?.[RESOURCES[resource]]),
      requested: here.reduce((sum, pod) => sum + asked(pod, resource), 0),
      ready:
        node.status?.conditions?.some((one) => one.type === "Ready" && one.status === "True") ??
        false,
    };
  });
}

/** Return what the scheduler says of a pod that waits. */
export function waits(pod: Pod): string | null {
  if (pod.status?.phase !== "Pending" || pod.spec?.nodeName) return null;
  return (
    pod.status.conditions?.find((one) => one.type === "PodScheduled" && one.status === "False")
      ?.message ?? ""
  );
}
