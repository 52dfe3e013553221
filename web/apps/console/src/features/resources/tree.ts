/**
 * Objects as a tree from left to right: owners before what they own. Pure.
 *
 *     const forest = grown(all, shown, groups);          // with the owners of what is shown
 *     const { rows, width, height } = laid(forest, open, folded, members);
 *
 * Eight and more leaves of one kind below one owner are one row, with their states counted, until
 * somebody opens it; what the service has as a group is one, and its first members hang on it. A row's
 * height lies between those of its first and last child, that of a group beside its first member.
 */
import type { Group, Item } from "./types";

export const ROW = 54;
export const WIDE = 300;
const BETWEEN = 46;
const MANY = 8;

export interface Branch {
  readonly item: Item;
  readonly children: readonly Branch[];
  readonly groups: readonly Group[];
}

export interface Forest {
  readonly branches: readonly Branch[];
  /** Of what nobody owns. */
  readonly groups: readonly Group[];
}

/** Return *shown* and whoever owns it, each below its owner; by what is worst, kind and name. */
export function grown(
  all: readonly Item[],
  shown: readonly Item[],
  groups: readonly Group[] = [],
): Forest {
  const byUid = new Map<string, Item>();
  for (const item of all) if (item.uid) byUid.set(item.uid, item);
  const kept = new Set<Item>();
  const keep = (item: Item | undefined) => {
    for (let at = item; at && !kept.has(at); at = byUid.get(at.owner_uid ?? "")) kept.add(at);
  };
  // A cluster's machines are nobody's.
  for (const item of shown) if (item.kind !== "Node") keep(item);
  const grouped = new Map<string, Group[]>();
  for (const group of groups) {
    if (group.kind === "Node") continue;
    const owner = byUid.get(group.owner_uid ?? "");
    keep(owner);
    grouped.set(owner?.id ?? "", [...(grouped.get(owner?.id ?? "") ?? []), group]);
  }
  const hung = (id: string) =>
    (grouped.get(id) ?? []).sort((a, b) => Number(b.problem) - Number(a.problem));
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
    groups: hung(item.id),
  });
  return { branches: sorted(tops).map(branch), groups: hung("") };
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
    readonly reason: string | null;
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
 * where *folded* says that all below the first column is folded until then; *members*: those of the
 * service's groups that are known, by the group's id. */
export function laid(
  forest: Forest,
  flipped: ReadonlySet<string>,
  folded = false,
  members: ReadonlyMap<string, readonly Item[]> = new Map(),
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
  const hang = (parts: readonly Part[], parent: number, depth: number): number[] =>
    parts.map(({ below, ...row }, index) => {
      const place = [index + 1, parts.length] as const;
      const at = put({ ...row, depth, parent, place });
      const heights = row.opened ? hang(below(), at, depth + 1) : [];
      // A group stays where it was pressed: its members are many.
      const last = row.group ? heights[0] : heights[heights.length - 1];
      const y = heights.length ? ((heights[0] ?? 0) + (last ?? 0)) / 2 : ROW * leaves++;
      move(at, y);
      return y;
    });
  hang(partsOf(forest.branches, forest.groups, "", { flipped, folded, members }), -1, 0);
  return {
    rows,
    width: rows.length ? deepest * (WIDE + BETWEEN) + WIDE : 0,
    height: leaves * ROW,
  };
}

type Part = Pick<Row, "id" | "item" | "group" | "opens" | "opened"> & {
  readonly below: () => readonly Part[];
};

interface Opened {
  readonly flipped: ReadonlySet<string>;
  readonly folded: boolean;
  readonly members: ReadonlyMap<string, readonly Item[]>;
}

const NOTHING = () => [];

/** Return what hangs on one row: the service's groups first where they are problems, else last. */
function partsOf(
  branches: readonly Branch[],
  groups: readonly Group[],
  parent: string,
  how: Opened,
): Part[] {
  const parts = groups.map((group) => ({ problem: group.problem, part: ofGroup(group, how) }));
  return [
    ...parts.flatMap(({ problem, part }) => (problem ? part : [])),
    ...gathered(branches, parent, how),
    ...parts.flatMap(({ problem, part }) => (problem ? [] : part)),
  ];
}

function ofBranch({ item, children, groups }: Branch, how: Opened): Part {
  const opens = children.length + groups.length > 0;
  return {
    id: item.id,
    item,
    opens,
    opened: opens && how.flipped.has(item.id) === how.folded,
    below: () => partsOf(children, groups, item.id, how),
  };
}

/** A group of the service; its members come when it is opened, and what is left of them is one row. */
function ofGroup({ id, kind, count, health, reason }: Group, how: Opened): Part {
  const states = Object.entries(health);
  const known = how.members.get(id) ?? [];
  const leaf = (item: Item) => ofBranch({ item, children: [], groups: [] }, how);
  const rest = { kind, count: count - known.length, states: [], reason: null, rest: true };
  const left = { id: `${id}${REST}`, group: rest, opens: false, opened: false, below: NOTHING };
  return {
    id,
    group: { kind, count, states, reason, rest: false },
    opens: true,
    opened: how.flipped.has(id),
    below: () => [...known.map(leaf), ...(known.length && rest.count > 0 ? [left] : [])],
  };
}

const REST = "+";
/** Return the group whose rest a row stands for; undefined: it stands for none. */
export const restOf = (id: string) => (id.endsWith(REST) ? id.slice(0, -1) : undefined);

function gathered(branches: readonly Branch[], parent: string, how: Opened): Part[] {
  const leaves = new Map<string, Branch[]>();
  for (const branch of branches) {
    if (branch.children.length + branch.groups.length) continue;
    const there = leaves.get(branch.item.kind);
    if (there) there.push(branch);
    else leaves.set(branch.item.kind, [branch]);
  }
  const found: Part[] = [];
  const done = new Set<string>();
  for (const branch of branches) {
    const { kind } = branch.item;
    const all = branch.children.length + branch.groups.length ? undefined : leaves.get(kind);
    const id = groupId(parent, kind);
    if (!all || all.length < MANY || how.flipped.has(id)) {
      found.push(ofBranch(branch, how));
      continue;
    }
    if (done.has(kind)) continue;
    done.add(kind);
    found.push({ id, group: counted(kind, all), opens: true, opened: false, below: NOTHING });
  }
  return found;
}

/** Return what a group of leaves is called in the address. */
export const groupId = (parent: string, kind: string) => `${parent}*${kind}`;

function counted(kind: string, of: readonly Branch[]): NonNullable<Row["group"]> {
  const states = new Map<string, number>();
  for (const { item } of of) {
    const state = item.health ?? "present";
    states.set(state, (states.get(state) ?? 0) + 1);
  }
  const most = [...states].sort((a, b) => b[1] - a[1]);
  return { kind, count: of.length, states: most, reason: null, rest: false };
}
