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

/** How wide each column is and how far apart they are, in pixels. */
export interface Fit {
  readonly widths: readonly number[];
  readonly between: number;
}

/** Between columns there is room for a line of what is written on an edge, for two, for an arrow. */
const BETWEEN = { most: 132, line: 92, least: 48 };
/** What is longer is cut before a line of an edge's words is. */
const NARROWEST = 140;
/** Edges, paddings and the sign of a node. */
const FRAME = 44;
/** Of a letter, as a part of its size; those of Korean are as wide as they are high. */
const WIDTHS: readonly (readonly [RegExp, number])[] = [
  [/[ .,:;·'\-/|ijl]/, 0.32],
  [/[mwMW%@]/, 0.9],
  [/[\u1100-\uffff]/, 1],
];

/** Return about how wide a line of words is, in pixels: what is measured has to be drawn first. */
export function wide(text: string, size: number): number {
  const letter = (one: string) => WIDTHS.find(([which]) => which.test(one))?.[1] ?? 0.63;
  return [...text].reduce((sum, one) => sum + size * letter(one), 0);
}

/** Return how wide a node is that shows lines of these widths, in pixels. */
export const wanted = (...lines: readonly number[]) =>
  Math.min(SIZE.width, Math.ceil(Math.max(0, ...lines)) + FRAME);

/** Return how columns that want these widths are drawn in *room* pixels. All are as wide as the widest may be where
 * there is room; then as wide as they want; then the widest give way, and at last what is between them. It
 * is never drawn smaller: what does not fit then is moved to. */
export function fitted(columns: readonly number[], room: number): Fit {
  const gaps = Math.max(1, columns.length - 1);
  const between = (widths: readonly number[]) =>
    Math.floor((room - widths.reduce((sum, one) => sum + one, 0)) / gaps);
  const full = columns.map(() => SIZE.width);
  for (const widths of [full, columns])
    if (between(widths) >= BETWEEN.line)
      return { widths, between: Math.min(BETWEEN.most, between(widths)) };
  const cut = (most: number) => columns.map((one) => Math.min(one, most));
  let most = SIZE.width;
  while (most > NARROWEST && between(cut(most)) < BETWEEN.line) most -= 1;
  const widths = cut(most);
  return { widths, between: Math.min(BETWEEN.line, Math.max(BETWEEN.least, between(widths))) };
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
