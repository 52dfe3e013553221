/** What a graph is drawn of. Pure. */
import type { Arc, Bundle, Joined, Vertex } from "./layers";
import { isBundle } from "./layers";

export interface GraphNode extends Vertex {
  readonly name: string;
  /** The word of its kind, as it is shown. */
  readonly kind: string;
  /** Beside the kind, in one line. */
  readonly note?: string | undefined;
  /** What is done to it right now, in a word: shown with a bolt. */
  readonly mark?: string | undefined;
}

export interface GraphEdge extends Arc {
  /** In pixels; default 1.4. */
  readonly width?: number | undefined;
  /** Red, and with a sign. */
  readonly bad?: boolean | undefined;
  /** In its middle, short. */
  readonly label?: string | undefined;
  /** Something runs along it. */
  readonly moving?: boolean | undefined;
}

/** Of a node, in pixels, where there is room. */
export const SIZE = { width: 206, height: 56 };

/** How wide columns are and how far apart, in pixels, and by how much all of it is drawn smaller. */
export interface Fit {
  readonly width: number;
  readonly between: number;
  readonly zoom: number;
}

/** Between columns there is room for a line of what is written on an edge, for two, for an arrow. */
const BETWEEN = { most: 132, line: 100, least: 56 };
/** Most names of services are read whole. */
const NARROWEST = 132;
/** Words of 11 px would be no words any more: what does not fit then is moved to. */
const SMALLEST = 0.9;

/** Return how so many columns are drawn in *room* pixels: what is between them gives way first, down
 * to a line's words; then they themselves; then what is between them again; and only then all of it
 * is drawn smaller, as far as it can still be read. */
export function fitted(columns: number, room: number): Fit {
  const gaps = Math.max(1, columns - 1);
  const between = (width: number) => Math.floor((room - columns * width) / gaps);
  if (between(SIZE.width) >= BETWEEN.line)
    return { width: SIZE.width, between: Math.min(BETWEEN.most, between(SIZE.width)), zoom: 1 };
  const width = Math.floor((room - gaps * BETWEEN.line) / columns);
  if (width >= NARROWEST)
    return { width: Math.min(SIZE.width, width), between: BETWEEN.line, zoom: 1 };
  const left = Math.max(BETWEEN.least, between(NARROWEST));
  const whole = columns * NARROWEST + gaps * left;
  return { width: NARROWEST, between: left, zoom: Math.max(SMALLEST, Math.min(1, room / whole)) };
}

export type Shown = GraphNode | Bundle;
export type Merge = (edges: readonly GraphEdge[]) => Omit<GraphEdge, "from" | "to">;

/** Return how edges are drawn as one: as wide as the widest, bad where one is, the label of the only one. */
export const merged: Merge = (edges) => {
  const only = edges.length === 1 ? edges[0] : undefined;
  return {
    width: Math.max(...edges.map((edge) => edge.width ?? 1.4)),
    bad: edges.some((edge) => edge.bad),
    moving: edges.some((edge) => edge.moving),
    label: only?.label,
  };
};

/** Return what leads to *id* and what it leads to, itself among them. */
export function reach(id: string, edges: readonly Joined<GraphEdge>[]): ReadonlySet<string> {
  const found = new Set([id]);
  for (const [near, far] of [
    ["from", "to"],
    ["to", "from"],
  ] as const) {
    const todo = [id];
    const seen = new Set(todo);
    for (let here = todo.pop(); here !== undefined; here = todo.pop()) {
      for (const edge of edges) {
        if (edge[near] !== here || seen.has(edge[far])) continue;
        seen.add(edge[far]);
        found.add(edge[far]);
        todo.push(edge[far]);
      }
    }
  }
  return found;
}

/** Return how many edges leave and reach each node. */
export function degrees(edges: readonly Arc[]): Record<"from" | "to", ReadonlyMap<string, number>> {
  const counted = { from: new Map<string, number>(), to: new Map<string, number>() };
  for (const edge of edges)
    for (const end of ["from", "to"] as const)
      counted[end].set(edge[end], (counted[end].get(edge[end]) ?? 0) + 1);
  return counted;
}

/** Return where an arrow key leads from *id*: along the first edge, or to what stands above or below. */
export function beside(
  id: string,
  key: string,
  edges: readonly Arc[],
  columns: readonly (readonly string[])[],
): string | undefined {
  if (key === "ArrowRight") return edges.find((edge) => edge.from === id)?.to;
  if (key === "ArrowLeft") return edges.find((edge) => edge.to === id)?.from;
  const step = { ArrowUp: -1, ArrowDown: 1 }[key];
  const column = columns.find((one) => one.includes(id));
  return step === undefined || !column ? undefined : column[column.indexOf(id) + step];
}

/** Return the states of what is shown, without those of the bundles' members twice. */
export function statesOf(nodes: readonly Shown[]): string[] {
  const all = nodes.flatMap((node) =>
    isBundle(node) ? node.states.map(([state]) => state) : [node.state],
  );
  return [...new Set(all)];
}
