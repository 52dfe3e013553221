import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { GraphList } from "./GraphList";
import { gathered } from "./layers";
import { beside, degrees, fitted, type GraphNode, merged, reach, wanted, wide } from "./model";

const node = (id: string, more: Partial<GraphNode> = {}): GraphNode => ({
  id,
  name: id,
  kind: "Pod",
  state: "ready",
  ...more,
});
const nodes = [node("s"), ...Array.from({ length: 8 }, (_, i) => node(`p${i}`, { group: "rs" }))];
const edges = nodes.slice(1).map(({ id }, i) => ({ from: "s", to: id, bad: i === 0 }));
const joined = gathered(nodes, edges);

it("lists where each node leads, what fails, and groups that can be opened", async () => {
  const onToggle = vi.fn();
  const onOpen = vi.fn();
  render(
    <MantineProvider>
      <GraphList
        label="graph"
        of={joined}
        columns={[["s"], ["group:rs"]]}
        merge={merged}
        groupName={() => "its pods"}
        onOpen={onOpen}
        onToggle={onToggle}
      />
    </MantineProvider>,
  );
  expect(screen.getByLabelText("fails")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Show all 8" }));
  await userEvent.click(screen.getByRole("button", { name: "s" }));
  expect([onToggle.mock.calls, onOpen.mock.calls]).toEqual([[["rs"]], [["s"]]]);
});

it.each([
  ["ArrowRight", "a", "b"],
  ["ArrowLeft", "b", "a"],
  ["ArrowDown", "b", "c"],
  ["ArrowUp", "b", undefined],
  ["Enter", "b", undefined],
])("%s from %s leads to %s", (key, from, to) =>
  expect(
    beside(
      from,
      key,
      [
        { from: "a", to: "b" },
        { from: "a", to: "c" },
      ],
      [["a"], ["b", "c"]],
    ),
  ).toBe(to),
);

it("reaches what leads to a node and what it leads to, not their other ends", () => {
  const of = [
    ["a", "b"],
    ["b", "c"],
    ["x", "c"],
  ].map(([from = "", to = ""]) => ({ from, to, of: [] }));
  expect([...reach("b", of)].sort()).toEqual(["a", "b", "c"]);
});

it("counts the edges of each end", () => expect(degrees(edges).from.get("s")).toBe(8));

it.each<[string, number[], number, number[], number]>([
  ["all are as wide as may be where there is room", [110, 150, 120], 1100, [206, 206, 206], 132],
  ["they come nearer first", [110, 150, 120, 110], 1130, [206, 206, 206, 206], 102],
  ["each is as wide as it wants", [120, 190, 150, 180, 110], 1140, [120, 190, 150, 180, 110], 97],
  ["the widest give way", [120, 206, 150, 206, 110], 1140, [120, 196, 150, 196, 110], 92],
  ["and then what is between", [120, 120, 120, 120, 120, 120], 1100, Array(6).fill(120), 76],
  ["and then it is moved to", Array(9).fill(150), 1100, Array(9).fill(140), 48],
  ["nothing is drawn", [], 1100, [], 132],
])("columns can be read: %s", (_, columns, room, widths, between) =>
  expect(fitted(columns, room)).toEqual({ widths, between }),
);

it.each([
  ["short", ["nlp"], 64],
  ["of two lines the longer", ["nlp", "Workload · 2/2"], 139],
  ["wide letters", ["mmm"], 78],
  ["Korean", ["고객"], 69],
  ["no wider than may be", ["advisor-service-in-another-namespace"], 206],
])("wants its words' width: %s", (_, lines, width) =>
  expect(wanted(...lines.map((line) => wide(line, 12.5)))).toBe(width),
);
