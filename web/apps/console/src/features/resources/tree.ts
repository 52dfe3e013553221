/**
 * Objects as a tree from left to right: owners before what they own. Pure.
 *
 *     const forest = grown(all, shown);                  // with the owners of what is shown
 *     const { rows, width, height } = laid(forest, open);
 *
 * Eight and more leaves of one kind below one owner are one row, with their states counted, until
 * somebody opens it. A row's height lies between those of its first and last child.
 */
import type { Item } from "./types";

export const ROW = 54;
export const WIDE = 300;
const BETWEEN = 46;
const MANY = 8;
/** Rows of an opened group that are drawn; the rest is one row again. */
export const MOST = 100;

export interface Branch {
  readonly item: Item;
  readonly children: readonly Branch[];
}

/** Return *shown* and whoever owns it, each below its owner; by what is worst, kind and name. */
export function grown(all: readonly Item[], shown: readonly Item[]): Branch[] {
  const byUid = new Map<string, Item>();
  for (const item of all) if (item.uid) byUid.set(item.uid, item);
  const kept = new Set<Item>();
  for (const item of shown) {
    // A cluster's machines are nobody's.
    if (item.kind === "Node") continue;
    let at: Item | undefined = item;
    while (at && !kept.has(at)) {
      kept.add(at);
      at = at.owner_uid ? byUid.get(at.owner_uid) : undefined;
    }
  }
  const below = new Map<string, Item[]>();
  const tops: Item[] = [];
  for (const item of kept) {
    const owner = item.owner_uid ? byUid.get(item.owner_uid) : undefined;
    if (!owner || !kept.has(owner)) {
      tops.push(item);
      continue;
    }
    const there = below.get(owner.id);
    if (there) there.push(item);
    else below.set(owner.id, [item]);
  }
  const branch = (item: Item): Branch => ({
    item,
    children: sorted(below.get(item.id) ?? []).map(branch),
  });
  return sorted(tops).map(branch);
}

const ORDER = [
  "Namespace",
  "Ingress",
  "Deployment",
  "StatefulSet",
  "DaemonSet",
  "CronJob",
  "Job",
  "ReplicaSet",
  "Pod",
  "Service",
];
const rank = (item: Item) => {
  const at = ORDER.indexOf(item.kind);
  return at < 0 ? ORDER.length : at;
};

function sorted(items: readonly Item[]): Item[] {
  return [...items].sort(
    (a, b) =>
      Number(b.problem) - Number(a.problem) ||
      rank(a) - rank(b) ||
      (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0) ||
      (a.name < b.name ? -1 : 1),
  );
}

/** One row of the drawing: an object, or leaves of one kind as one. */
export interface Row {
  readonly id: string;
  readonly item?: Item;
  /** Of leaves that are one row: their kind, and how many are in which state. */
  readonly group?: {
    readonly kind: string;
    readonly count: number;
    readonly states: readonly (readonly [string, number])[];
    /** It stands for what is left of a group that was opened. */
    readonly rest: boolean;
  };
  readonly depth: number;
  readonly x: number;
  readonly y: number;
  /** The row that it hangs on. */
  readonly parent: number;
  /** It has something below it, shown or not. */
  readonly opens: boolean;
  readonly opened: boolean;
  /** Its place among its siblings, from 1, and how many these are. */
  readonly place: readonly [number, number];
}

export interface Laid {
  readonly rows: readonly Row[];
  readonly width: number;
  readonly height: number;
}

/** Return the rows in the order in which they are read; *flipped*: ids that somebody folded, or opened
 * where *folded* says that all below the first column is folded until then. */
export function laid(
  forest: readonly Branch[],
  flipped: ReadonlySet<string>,
  folded = false,
): Laid {
  const rows: Row[] = [];
  let leaves = 0;
  let deepest = 0;
  const put = (row: Omit<Row, "x" | "y">): number => {
    deepest = Math.max(deepest, row.depth);
    rows.push({ ...row, x: row.depth * (WIDE + BETWEEN), y: 0 });
    return rows.length - 1;
  };
  const move = (index: number, y: number) => {
    const row = rows[index];
    if (row) rows[index] = { ...row, y };
  };
  const hang = (branches: readonly Branch[], parent: number, depth: number): number[] => {
    const parts = gathered(branches, parent < 0 ? "" : (rows[parent]?.id ?? ""), flipped);
    return parts.map((part, index) => {
      const place = [index + 1, parts.length] as const;
      if ("group" in part) {
        const at = put({ ...part, depth, parent, place, opens: true, opened: false });
        move(at, ROW * leaves++);
        return rows[at]?.y ?? 0;
      }
      const { item, children } = part;
      const opens = children.length > 0;
      const opened = opens && flipped.has(item.id) === folded;
      const at = put({ id: item.id, item, depth, parent, place, opens, opened });
      const heights = opened ? hang(children, at, depth + 1) : [];
      const y = heights.length
        ? ((heights[0] ?? 0) + (heights[heights.length - 1] ?? 0)) / 2
        : ROW * leaves++;
      move(at, y);
      return y;
    });
  };
  hang(forest, -1, 0);
  return {
    rows,
    width: rows.length ? deepest * (WIDE + BETWEEN) + WIDE : 0,
    height: leaves * ROW,
  };
}

type Part = Branch | (Pick<Row, "id"> & { group: NonNullable<Row["group"]> });

function gathered(
  branches: readonly Branch[],
  parent: string,
  flipped: ReadonlySet<string>,
): Part[] {
  const leaves = new Map<string, Branch[]>();
  for (const branch of branches) {
    if (branch.children.length) continue;
    const there = leaves.get(branch.item.kind);
    if (there) there.push(branch);
    else leaves.set(branch.item.kind, [branch]);
  }
  const found: Part[] = [];
  const done = new Set<string>();
  for (const branch of branches) {
    const { kind } = branch.item;
    const all = branch.children.length ? undefined : leaves.get(kind);
    if (!all || all.length < MANY) {
      found.push(branch);
      continue;
    }
    if (done.has(kind)) continue;
    done.add(kind);
    const id = groupId(parent, kind);
    if (!flipped.has(id)) {
      found.push({ id, group: counted(kind, all, false) });
      continue;
    }
    found.push(...all.slice(0, MOST));
    const rest = all.slice(MOST);
    if (rest.length) found.push({ id: `${id}+`, group: counted(kind, rest, true) });
  }
  return found;
}

/** Return what a group of leaves is called in the address. */
export const groupId = (parent: string, kind: string) => `${parent}*${kind}`;

function counted(kind: string, of: readonly Branch[], rest: boolean): NonNullable<Row["group"]> {
  const states = new Map<string, number>();
  for (const { item } of of) {
    const state = item.health ?? "present";
    states.set(state, (states.get(state) ?? 0) + 1);
  }
  return { kind, count: of.length, states: [...states].sort((a, b) => b[1] - a[1]), rest };
}
