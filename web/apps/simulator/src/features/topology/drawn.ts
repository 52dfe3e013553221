/** What of a cluster's topology is drawn, by the lens that was chosen. Pure. */

export interface Part {
  readonly id: string;
  readonly kind: "ingress" | "customers" | "service" | "workload" | "pod" | "node" | "host";
  readonly namespace: string | null;
  readonly name: string;
  readonly state: string;
  readonly faults: readonly { readonly id: string; readonly fault: string }[];
  readonly workload?: string | null;
  readonly workload_kind?: string;
  readonly ready?: number;
  readonly desired?: number;
}

export interface Way {
  readonly kind: "way" | "call";
  readonly from: string;
  readonly to: string;
  readonly rps: number | null;
  readonly error_percent: number | null;
  readonly p95_ms: number | null;
  readonly reason: string;
  /** The reason in words, by language. */
  readonly said: Readonly<Record<string, string>> | null;
  readonly cause: string;
}

export interface Topology {
  readonly nodes: readonly Part[];
  readonly edges: readonly Way[];
  readonly pods_left_out: number;
  readonly tenants: Readonly<Record<string, string>>;
}

export type Lens = "way" | "call";

/** From which share of failing requests on an edge is drawn as failing, in percent. */
const FAILING_PERCENT = 0.1;
const COLUMNS: Readonly<Record<string, number>> = {
  ingress: 0,
  customers: 0,
  service: 1,
  workload: 2,
  pod: 3,
  node: 4,
};

export const fails = (edge: Way) => (edge.error_percent ?? 0) >= FAILING_PERCENT;

const isDown = (part: Part) => part.state === "down" || (part.ready === 0 && Boolean(part.desired));

/** Return the edges that fail: first those into what is itself under a fault or down, then the most
 * failing requests. */
export function failing(edges: readonly Way[], parts: readonly Part[] = []): Way[] {
  const lost = (edge: Way) => (edge.error_percent ?? 0) * (edge.rps ?? 0);
  const hit = new Map(
    parts.map((part) => [part.id, part.faults.length ? 2 : isDown(part) ? 1 : 0]),
  );
  const rank = (edge: Way) => hit.get(edge.to) ?? 0;
  return edges.filter(fails).sort((a, b) => rank(b) - rank(a) || lost(b) - lost(a));
}

/** Return failing edges by what they follow from and why they fail, in their order. */
export function byCause(edges: readonly Way[]): Way[][] {
  const found = new Map<string, Way[]>();
  for (const edge of edges) {
    const key = `${edge.cause} ${edge.reason}`;
    found.set(key, [...(found.get(key) ?? []), edge]);
  }
  return [...found.values()];
}

/** Return the width of an edge in pixels: by the logarithm of what runs along it. */
export function width(rps: number | null): number {
  return rps ? Math.min(8, 1.2 + 1.6 * Math.log10(1 + rps)) : 1.2;
}

/** Return what is drawn: *way* has all but calls; *call* the workloads, whom they call, their customers. */
export function chosen(
  of: Topology,
  lens: Lens,
  pods: boolean,
): { nodes: (Part & { layer?: number })[]; edges: Way[] } {
  if (lens === "way") {
    const nodes = of.nodes
      .filter((part) => pods || (part.kind !== "pod" && part.kind !== "node"))
      .map((part) => ({ ...part, layer: COLUMNS[part.kind] ?? 0 }));
    const there = new Set(nodes.map((part) => part.id));
    const edges = of.edges.filter(
      (edge) => edge.kind === "way" && there.has(edge.from) && there.has(edge.to),
    );
    return { nodes, edges };
  }
  // Customers call the workload behind the Service by which they enter.
  const behind = new Map(
    of.edges
      .filter((edge) => edge.kind === "way" && edge.from.startsWith("service/"))
      .map((edge) => [edge.from, edge.to]),
  );
  const entry = (id: string) => id.startsWith("customers/") || id.startsWith("ingress/");
  const entering = of.edges
    .filter((edge) => edge.kind === "way" && entry(edge.from))
    .map((edge) => ({ ...edge, to: behind.get(edge.to) ?? edge.to }));
  const edges = [...entering, ...of.edges.filter((edge) => edge.kind === "call")];
  const ends = new Set(edges.flatMap((edge) => [edge.from, edge.to]));
  const known = new Map(of.nodes.map((part) => [part.id, part]));
  const nodes = of.nodes.filter((part) => part.kind === "workload" || ends.has(part.id));
  for (const id of ends)
    if (!known.has(id))
      nodes.push({
        id,
        kind: "host",
        namespace: null,
        name: id.slice(id.indexOf("/") + 1),
        state: "unknown",
        faults: [],
      });
  return { nodes, edges };
}

/** Return edges into one bundle as one: rates added, failures weighted, the slowest response time. */
export function joined(edges: readonly Way[]): Way | undefined {
  const [first] = edges;
  if (!first || edges.length === 1) return first;
  const known = edges.filter((edge) => edge.rps !== null);
  const rps = known.reduce((sum, edge) => sum + (edge.rps ?? 0), 0);
  const lost = known.reduce((sum, edge) => sum + (edge.rps ?? 0) * (edge.error_percent ?? 0), 0);
  const times = edges.flatMap((edge) => edge.p95_ms ?? []);
  return {
    ...first,
    rps: known.length ? rps : null,
    error_percent: known.length ? (rps ? lost / rps : 0) : null,
    p95_ms: times.length ? Math.max(...times) : null,
  };
}
