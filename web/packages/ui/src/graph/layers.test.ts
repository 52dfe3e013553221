import { describe, expect, it } from "vitest";
import { crossings, gathered, isBundle, layered, rising } from "./layers";

const TALL = () => 40;
const arcs = (text: string) =>
  text.split(" ").map((one) => ({ from: one.charAt(0), to: one.charAt(1) }));
const nodes = (text: string) => [...text].map((id) => ({ id, state: "up" }));

describe("layers", () => {
  it("are the longest way from a source", () =>
    expect(layered(nodes("abcd"), arcs("ab bc ac cd"), TALL).columns).toEqual([
      ["a"],
      ["b"],
      ["c"],
      ["d"],
    ]));
  it("end where a cycle closes", () =>
    expect(layered(nodes("abc"), arcs("ab bc ca"), TALL).columns.flat()).toHaveLength(3));
  it("are as given where they are given, and none is empty", () =>
    expect(
      layered(
        [
          { id: "a", layer: 0 },
          { id: "b", layer: 4 },
        ],
        arcs("ab"),
        TALL,
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
    expect([crossings(naive, all), crossings(layered(given, all, TALL).columns, all)]).toEqual([
      3, 0,
    ]);
  });
  it("never overlap within a column, and begin at 0", () => {
    const many = "abcdefghijklmnop";
    const { top, columns, height } = layered(
      nodes(many),
      arcs("ab ac ad ae bf cf df ef fg fh fi gj hj ij"),
      TALL,
      { apart: 10 },
    );
    for (const column of columns)
      for (const [row, id] of column.slice(1).entries())
        expect((top.get(id) ?? 0) - (top.get(column[row] ?? "") ?? 0)).toBeGreaterThan(49.99);
    const tops = [...top.values()];
    expect([Math.min(...tops), Math.max(...tops) + 40]).toEqual([0, height]);
  });
  it("put a parent in the middle of its children", () => {
    const { top } = layered(nodes("abcd"), arcs("ab ac ad"), TALL);
    expect(top.get("a")).toBeCloseTo(top.get("c") ?? -1);
  });
  it("of nothing are nothing", () =>
    expect(layered([], [], TALL)).toMatchObject({ columns: [], height: 0 }));
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
