/** Objects as a graph: Ingress → Service → workload → pod → node, and what pods read. Pure. */
import type { GraphEdge, GraphNode } from "@ecp/ui/graph/model";
import { type Group, type Item, type Link, stateOf } from "./types";

/** What is drawn beside the way of a request, where somebody wants it. */
export const EXTRAS = {
  config: ["reads", "mounts", "runs-as"],
  policy: ["scales", "guards", "admits"],
};
export type Extra = keyof typeof EXTRAS;

const LAYERS: Record<string, number> = {
  Ingress: 0,
  Service: 1,
  HorizontalPodAutoscaler: 1,
  PodDisruptionBudget: 1,
  NetworkPolicy: 1,
  Deployment: 2,
  StatefulSet: 2,
  DaemonSet: 2,
  CronJob: 2,
  Job: 2,
  ReplicationController: 2,
  Pod: 3,
  Node: 4,
  PersistentVolumeClaim: 4,
  ConfigMap: 4,
  Secret: 4,
  ServiceAccount: 4,
};
/** Drawn although nothing leads to it. */
const ALWAYS = new Set([
  "Ingress",
  "Service",
  "Pod",
  "Deployment",
  "StatefulSet",
  "DaemonSet",
  "Job",
]);
/** Up to so many of a kind stand one by one; of others seven. */
const APART: Record<string, number> = { Service: 40, Node: 24, Deployment: 60, StatefulSet: 60 };
/** With more pods than these, each workload's are one. */
const FEW = 12;
/** Pods of one workload are so many nodes of the drawing at most, and those of few pods one. */
const PARTS = 8;
const CHUNK = 60;

export interface Mapped {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** What a group is called: whose pods, or of which kind. */
  readonly names: ReadonlyMap<string, string>;
  /** From how many on the nodes of a group are one. */
  readonly many: number;
}

const noteOf = (item: Item, group: Group | undefined) =>
  group ? `×${group.count}` : item.desired === null ? undefined : `${item.ready}/${item.desired}`;

/** What is drawn of a group of the service: it stands as most of its members do. */
function oneOf(group: Group, owner: Item | undefined): Item {
  return {
    ...NOBODY,
    ...group,
    uid: null,
    name: owner?.name ?? group.kind,
    health: (Object.keys(group.health)[0] ?? null) as Item["health"],
  };
}

const NOBODY = {
  apiVersion: "",
  namespace: "",
  labels: {},
  created_at: null,
  sync: "cluster",
  changed: [],
  ready: null,
  desired: null,
  node: null,
} as const;

/** Return what is drawn of *some*; ReplicaSets are left out, their pods hang on who owns them. A group
 * of the service is one node. */
export function mapped(
  all: readonly Item[],
  some: readonly Item[],
  links: readonly Link[],
  extras: ReadonlySet<Extra>,
  groups: readonly Group[] = [],
): Mapped {
  const byUid = new Map<string, Item>();
  const byId = new Map<string, Item>();
  for (const item of all) {
    byId.set(item.id, item);
    if (item.uid) byUid.set(item.uid, item);
  }
  const top = (item: Item): Item => {
    let at = item;
    for (let owner = byUid.get(at.owner_uid ?? ""); owner; owner = byUid.get(at.owner_uid ?? ""))
      at = owner;
    return at;
  };
  const many = new Map(groups.map((group) => [group.id, group]));
  const ones = groups.map((group) => {
    const owner = byUid.get(group.owner_uid ?? "");
    return oneOf(group, owner && top(owner));
  });
  const shown = [...some, ...ones];
  for (const item of ones) byId.set(item.id, item);
  const there = new Set(shown.filter((item) => item.kind in LAYERS).map((item) => item.id));
  const edges = new Map<string, GraphEdge>();
  const join = (from: string, to: string) => {
    if (from !== to && there.has(from) && there.has(to)) edges.set(`${from}\n${to}`, { from, to });
  };
  for (const item of shown) if (item.kind === "Pod") join(top(item).id, item.id);
  const wanted = new Set(["routes", "serves", "runs-on", ...[...extras].flatMap((e) => EXTRAS[e])]);
  for (const { source, target, type } of links) {
    if (!wanted.has(type)) continue;
    const end = byId.get(target);
    // A Service leads to the workload whose pods it chooses, and that to them.
    const owner = type === "serves" && end ? top(end).id : target;
    join(source, there.has(owner) ? owner : target);
  }
  const linked = new Set([...edges.values()].flatMap(({ from, to }) => [from, to]));
  const drawn = shown.filter(
    (item) => there.has(item.id) && (linked.has(item.id) || ALWAYS.has(item.kind)),
  );
  const counts = new Map<string, number>();
  const pods = new Map<string, number>();
  for (const item of drawn) {
    counts.set(item.kind, (counts.get(item.kind) ?? 0) + (many.get(item.id)?.count ?? 1));
    if (item.kind !== "Pod") continue;
    const owner = top(item).id;
    pods.set(owner, (pods.get(owner) ?? 0) + 1);
  }
  const names = new Map<string, string>();
  const sizes = new Map<string, number>();
  /** Pods are one by their workload, others by their kind where these are many. */
  const group = (item: Item): string | undefined => {
    if (many.has(item.id)) return undefined;
    if (item.kind !== "Pod") {
      if ((counts.get(item.kind) ?? 0) <= (APART[item.kind] ?? 7)) return undefined;
      names.set(item.kind, item.kind);
      return item.kind;
    }
    const owner = top(item);
    const at = sizes.get(owner.id) ?? 0;
    sizes.set(owner.id, at + 1);
    const chunk = Math.max(CHUNK, Math.ceil((pods.get(owner.id) ?? 0) / PARTS));
    const key = `${owner.kind}.${owner.name}.${Math.floor(at / chunk)}`;
    names.set(key, owner.name);
    return key;
  };
  const nodes = drawn.map(
    (item): GraphNode => ({
      id: item.id,
      name: item.name,
      kind: item.kind,
      state: stateOf(item),
      layer: LAYERS[item.kind],
      note: noteOf(item, many.get(item.id)),
      group: group(item),
    }),
  );
  return { nodes, edges: [...edges.values()], names, many: (counts.get("Pod") ?? 0) > FEW ? 2 : 8 };
}
