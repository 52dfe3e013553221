import { describe, expect, it } from "vitest";
import { crossings, gathered, isBundle, layered, rising } from "./layers";

const SIZE = () => ({ width: 100, height: 40 });
const arcs = (text: string) =>
  text.split(" ").map((one) => ({ from: one.charAt(0), to: one.charAt(1) }));
const nodes = (text: string) => [...text].map((id) => ({ id, state: "up" }));

describe("layers", () => {
  it("are the longest way from a source", () =>
    expect(layered(nodes("abcd"), arcs("ab bc ac cd"), SIZE).columns).toEqual([
      ["a"],
      ["b"],
      ["c"],
      ["d"],
    ]));
  it("end where a cycle closes", () =>
    expect(layered(nodes("abc"), arcs("ab bc ca"), SIZE).columns.flat()).toHaveLength(3));
  it("are as given where they are given, and none is empty", () =>
    expect(
      layered(
        [
          { id: "a", layer: 0 },
          { id: "b", layer: 4 },
        ],
        arcs("ab"),
        SIZE,
      ).columns,
    ).toEqual([["a"], ["b"]]));
  it("have an order without crossings where there is one", () => {
    const all = arcs("ax by cz");
    const given = [
      { id: "a", layer: 0 },
      { id: "b", layer: 0 },
      { id: "c", layer: 0 },
      { id: "z", layer: 1 },
      { id: "y", layer: 1 },
      { id: "x", layer: 1 },
    ];
    const naive = [
      ["a", "b", "c"],
      ["z", "y", "x"],
    ];
    expect([crossings(naive, all), crossings(layered(given, all, SIZE).columns, all)]).toEqual([
      3, 0,
    ]);
  });
  it("never overlap within a column, and begin at 0", () => {
    const many = "abcdefghijklmnop";
    const { at, columns, height } = layered(
      nodes(many),
      arcs("ab ac ad ae bf cf df ef fg fh fi gj hj ij"),
      SIZE,
      { apart: 10 },
    );
    for (const column of columns)
      for (const [row, id] of column.slice(1).entries())
        expect((at.get(id)?.y ?? 0) - (at.get(column[row] ?? "")?.y ?? 0)).toBeGreaterThan(49.99);
    const tops = [...at.values()].map((one) => one.y);
    expect([Math.min(...tops), Math.max(...tops) + 40]).toEqual([0, height]);
  });
  it("put a parent in the middle of its children", () => {
    const { at } = layered(nodes("abcd"), arcs("ab ac ad"), SIZE);
    expect(at.get("a")?.y).toBeCloseTo(at.get("c")?.y ?? -1);
  });
  it("of nothing are nothing", () =>
    expect(layered([], [], SIZE)).toMatchObject({ columns: [], width: 0, height: 0 }));
});

it.each([
  [
    [1, 2, 3],
    [1, 2, 3],
  ],
  [
    [3, 1],
    [2, 2],
  ],
  [
    [1, 5, 3, 4],
    [1, 4, 4, 4],
  ],
])("%j rises as %j", (wanted, found) => expect(rising(wanted)).toEqual(found));

describe("a group", () => {
  const pods = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      id: `p${index}`,
      state: index < 2 ? "pending" : "running",
      group: "rs",
    }));
  const service = { id: "s", state: "up" };
  const edges = (count: number) => pods(count).map(({ id }) => ({ from: "s", to: id }));

  it("of eight is one node that counts states, most first", () => {
    const found = gathered([service, ...pods(8)], edges(8));
    expect(found.nodes).toEqual([
      service,
      {
        id: "group:rs",
        group: "rs",
        layer: undefined,
        members: pods(8).map((one) => one.id),
        states: [
          ["running", 6],
          ["pending", 2],
        ],
      },
    ]);
    expect(found.edges.map(({ from, to, of }) => [from, to, of.length])).toEqual([
      ["s", "group:rs", 8],
    ]);
  });
  it.each([
    ["of seven stays", 7, []],
    ["that is open stays", 9, ["rs"]],
  ])("%s", (_, count, open) =>
    expect(gathered(pods(count), [], new Set(open)).nodes.filter(isBundle)).toEqual([]),
  );
  it("has no edge into itself or into nowhere", () =>
    expect(
      gathered(pods(8), [
        { from: "p0", to: "p1" },
        { from: "p0", to: "gone" },
      ]).edges,
    ).toEqual([]));
});
