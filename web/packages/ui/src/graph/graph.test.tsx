import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { GraphList } from "./GraphList";
import { gathered } from "./layers";
import { beside, degrees, fitted, type GraphNode, merged, reach } from "./model";

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

it.each([
  [1, 1100, { width: 206, between: 132, zoom: 1 }],
  [3, 1100, { width: 206, between: 132, zoom: 1 }],
  [4, 1130, { width: 206, between: 102, zoom: 1 }],
  [5, 1100, { width: 140, between: 100, zoom: 1 }],
  [6, 1100, { width: 132, between: 61, zoom: 1 }],
  [6, 1000, { width: 132, between: 56, zoom: 1000 / 1072 }],
  [9, 1100, { width: 132, between: 56, zoom: 0.9 }],
  [0, 1100, { width: 206, between: 132, zoom: 1 }],
])("%i columns in %i px can be read", (columns, room, fit) =>
  expect(fitted(columns, room)).toEqual(fit),
);
