/**
 * Where the nodes of a graph stand when its edges run from left to right. Pure.
 *
 *     const { nodes, edges } = gathered(all, arcs, open);   // eight pods of one ReplicaSet: one node
 *     const { columns, top, height } = layered(nodes, edges, () => 52);
 *
 * Layers are given (`layer`) or the longest way from a source; edges that close a cycle do not count
 * for it. The order inside a layer follows the barycentres of the neighbours, to and fro, and the best
 * order seen is kept; heights are the means of the neighbours' as near as the order lets them be
 * (least squares: adjacent violators are pooled). Source: Sugiyama, Tagawa, Toda 1981.
 */

export interface Vertex {
  readonly id: string;
  /** A row of `status/states.ts`. */
  readonly state: string;
  /** Nodes of one group are drawn as one when there are many. */
  readonly group?: string | undefined;
  /** Its column from the left, where the caller knows it. */
  readonly layer?: number | undefined;
}

export interface Arc {
  readonly from: string;
  readonly to: string;
}

/** Several nodes as one. */
export interface Bundle {
  readonly id: string;
  readonly group: string;
  readonly layer?: number | undefined;
  readonly members: readonly string[];
  /** How many members are in which state, the most first. */
  readonly states: readonly (readonly [string, number])[];
}

/** An edge as drawn, and which edges it stands for: those of its ends' members. */
export interface Joined<E extends Arc> {
  readonly from: string;
  readonly to: string;
  readonly of: readonly E[];
}

export interface Gathered<N extends Vertex, E extends Arc> {
  readonly nodes: readonly (N | Bundle)[];
  readonly edges: readonly Joined<E>[];
}

export const isBundle = (node: object): node is Bundle => "members" in node;
const MANY = 8;

/** Return the graph with each group of at least *many* nodes as one node, but for groups in *open*.
 * Edges between the same two ends become one; those inside a bundle and into nowhere are left out. */
export function gathered<N extends Vertex, E extends Arc>(
  nodes: readonly N[],
  edges: readonly E[],
  open: ReadonlySet<string> = new Set(),
  many = MANY,
): Gathered<N, E> {
  const groups = new Map<string, N[]>();
  for (const node of nodes) {
    if (node.group === undefined || open.has(node.group)) continue;
    const there = groups.get(node.group);
    if (there) there.push(node);
    else groups.set(node.group, [node]);
  }
  const stands = new Map<string, string>();
  const found: (N | Bundle)[] = [];
  const made = new Set<string>();
  for (const node of nodes) {
    const members = node.group === undefined ? undefined : groups.get(node.group);
    if (node.group === undefined || !members || members.length < many) {
      stands.set(node.id, node.id);
      found.push(node);
      continue;
    }
    const id = `group:${node.group}`;
    stands.set(node.id, id);
    if (made.has(id)) continue;
    made.add(id);
    found.push({
      id,
      group: node.group,
      layer: node.layer,
      members: members.map((one) => one.id),
      states: counted(members.map((one) => one.state)),
    });
  }
  const joined = new Map<string, { from: string; to: string; of: E[] }>();
  for (const edge of edges) {
    const from = stands.get(edge.from);
    const to = stands.get(edge.to);
    if (from === undefined || to === undefined || from === to) continue;
    const key = `${from}\n${to}`;
    const there = joined.get(key);
    if (there) there.of.push(edge);
    else joined.set(key, { from, to, of: [edge] });
  }
  return { nodes: found, edges: [...joined.values()] };
}

function counted(states: readonly string[]): [string, number][] {
  const found = new Map<string, number>();
  for (const state of states) found.set(state, (found.get(state) ?? 0) + 1);
  return [...found].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

/** How far columns are apart depends on the room there is (`fitted` in `model.ts`). */
export interface Layout {
  /** How far below the top each node begins. */
  readonly top: ReadonlyMap<string, number>;
  /** Ids by column, from above. */
  readonly columns: readonly (readonly string[])[];
  readonly height: number;
}

const SWEEPS = 8;

/** Return how high each node stands, which is so *tall*; *apart* within a column, in pixels. */
export function layered(
  nodes: readonly { readonly id: string; readonly layer?: number | undefined }[],
  edges: readonly Arc[],
  tall: (id: string) => number,
  { apart = 14 } = {},
): Layout {
  const ids = new Set(nodes.map((node) => node.id));
  const arcs = edges.filter((edge) => ids.has(edge.from) && ids.has(edge.to));
  const layers = layersOf(nodes, arcs);
  let columns: string[][] = [];
  for (const { id } of nodes) {
    const layer = layers.get(id) ?? 0;
    while (columns.length <= layer) columns.push([]);
    columns[layer]?.push(id);
  }
  columns = columns.filter((column) => column.length);
  const near = neighbours(arcs);
  columns = ordered(columns, arcs, near);
  const middle = heights(columns, near, tall, apart);
  const top = new Map(
    columns.flat().map((id): [string, number] => [id, (middle.get(id) ?? 0) - tall(id) / 2]),
  );
  const height = Math.max(0, ...[...top].map(([id, y]) => y + tall(id)));
  return { top, columns, height };
}

function neighbours(arcs: readonly Arc[]): Map<string, string[]> {
  const near = new Map<string, string[]>();
  const add = (one: string, other: string) => near.set(one, [...(near.get(one) ?? []), other]);
  for (const { from, to } of arcs) {
    add(from, to);
    add(to, from);
  }
  return near;
}

/** Return each node's column: as given, else the longest way from a source. */
function layersOf(
  nodes: readonly { readonly id: string; readonly layer?: number | undefined }[],
  arcs: readonly Arc[],
): Map<string, number> {
  const before = new Map<string, string[]>();
  for (const { from, to } of arcs) before.set(to, [...(before.get(to) ?? []), from]);
  const layers = new Map<string, number>();
  for (const node of nodes) if (node.layer !== undefined) layers.set(node.id, node.layer);
  const open = new Set<string>();
  const find = (id: string): number => {
    const known = layers.get(id);
    if (known !== undefined) return known;
    open.add(id);
    let layer = 0;
    for (const from of before.get(id) ?? [])
      if (!open.has(from)) layer = Math.max(layer, find(from) + 1);
    open.delete(id);
    layers.set(id, layer);
    return layer;
  };
  for (const node of nodes) find(node.id);
  return layers;
}

/** Return the columns in the order with the fewest crossings that the sweeps met. */
function ordered(
  columns: string[][],
  arcs: readonly Arc[],
  near: ReadonlyMap<string, readonly string[]>,
): string[][] {
  const layer = new Map(columns.flatMap((column, index) => column.map((id) => [id, index])));
  let here = columns.map((column) => [...column]);
  let best = here;
  let fewest = crossings(here, arcs);
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
    const down = sweep % 2 === 0;
    const next = here.map((column) => [...column]);
    const place = new Map(
      next.flatMap((column) => column.map((id, row) => [id, row / column.length])),
    );
    for (let step = 0; step < next.length; step++) {
      const index = down ? step : next.length - 1 - step;
      const column = next[index] ?? [];
      const wanted = new Map(
        column.map((id) => {
          const side = (near.get(id) ?? []).filter((other) => {
            const at = layer.get(other) ?? 0;
            return down ? at < index : at > index;
          });
          const own = place.get(id) ?? 0;
          return [id, side.length ? mean(side.map((other) => place.get(other) ?? 0)) : own];
        }),
      );
      const rows = new Map(column.map((id, row) => [id, row]));
      column.sort(
        (a, b) =>
          (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0) || (rows.get(a) ?? 0) - (rows.get(b) ?? 0),
      );
      for (const [row, id] of column.entries()) place.set(id, row / column.length);
    }
    here = next;
    const count = crossings(here, arcs);
    if (count < fewest) [best, fewest] = [here, count];
  }
  return best;
}

const mean = (of: readonly number[]) => of.reduce((sum, one) => sum + one, 0) / of.length;

/** Return how many pairs of edges between the same two columns cross. */
export function crossings(columns: readonly (readonly string[])[], arcs: readonly Arc[]): number {
  const place = new Map(
    columns.flatMap((column, layer) => column.map((id, row) => [id, { layer, row }] as const)),
  );
  const between = new Map<string, [number, number][]>();
  for (const { from, to } of arcs) {
    const a = place.get(from);
    const b = place.get(to);
    if (!a || !b || a.layer === b.layer) continue;
    const [left, right] = a.layer < b.layer ? [a, b] : [b, a];
    const key = `${left.layer} ${right.layer}`;
    between.set(key, [...(between.get(key) ?? []), [left.row, right.row]]);
  }
  let found = 0;
  for (const pairs of between.values()) {
    for (const [index, [a, b]] of pairs.entries())
      for (const [c, d] of pairs.slice(index + 1)) if ((a - c) * (b - d) < 0) found++;
  }
  return found;
}

/** Return the middle of each node: as near to its neighbours' as the order of its column allows. */
function heights(
  columns: readonly (readonly string[])[],
  near: ReadonlyMap<string, readonly string[]>,
  tall: (id: string) => number,
  apart: number,
): Map<string, number> {
  const middle = new Map<string, number>();
  for (const column of columns) {
    let y = -column.reduce((sum, id) => sum + tall(id) + apart, -apart) / 2;
    for (const id of column) {
      middle.set(id, y + tall(id) / 2);
      y += tall(id) + apart;
    }
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const order = sweep % 2 ? [...columns].reverse() : columns;
    for (const column of order) {
      // Taken off: what stands above in the column. What is left may not fall.
      let above = 0;
      const offsets = column.map((id, row) => {
        const before = column[row - 1];
        if (before !== undefined) above += (tall(before) + tall(id)) / 2 + apart;
        return above;
      });
      const wanted = column.map((id, row) => {
        const others = near.get(id) ?? [];
        const own = middle.get(id) ?? 0;
        const want = others.length ? mean(others.map((other) => middle.get(other) ?? 0)) : own;
        return want - (offsets[row] ?? 0);
      });
      for (const [row, value] of rising(wanted).entries()) {
        const id = column[row];
        if (id !== undefined) middle.set(id, value + (offsets[row] ?? 0));
      }
    }
  }
  const top = columns.flat().reduce((least, id) => {
    return Math.min(least, (middle.get(id) ?? 0) - tall(id) / 2);
  }, Infinity);
  for (const [id, value] of middle) middle.set(id, value - top);
  return middle;
}

/** Return the values nearest to *wanted* (least squares) that never fall. */
export function rising(wanted: readonly number[]): number[] {
  const blocks: { sum: number; count: number }[] = [];
  for (const value of wanted) {
    let block = { sum: value, count: 1 };
    for (;;) {
      const last = blocks[blocks.length - 1];
      if (!last || last.sum / last.count <= block.sum / block.count) break;
      blocks.pop();
      block = { sum: last.sum + block.sum, count: last.count + block.count };
    }
    blocks.push(block);
  }
  return blocks.flatMap(({ sum, count }) => Array<number>(count).fill(sum / count));
}
