import { expect, test } from "vitest";
import { chained, placed, ticks } from "./rows";

test.each<[string, number, number, number[]]>([
  ["a start of half a minute", 30, 0, [0, 10, 20, 30]],
  ["of three minutes", 189, 0, [0, 60, 120, 180]],
  ["of three minutes, begun a second after a full one", 189, 3601, [59, 119, 179]],
  ["of an hour", 3600, 0, [0, 900, 1800, 2700, 3600]],
  ["of nothing", 0, 7, [0]],
  ["of half a second between two", 0.5, 7.4, [0]],
])("ticks stand at round seconds: %s", (_, whole, since, found) => {
  expect(ticks(whole, since)).toEqual(found);
});

test.each<[string, [number, number], number, [number, number]]>([
  ["the middle half", [25, 75], 100, [0.25, 0.5]],
  ["what ends after the range is cut", [50, 200], 100, [0.5, 0.5]],
  ["what lies before it has no width", [-20, -10], 100, [0, 0]],
  ["a range of nothing", [0, 1], 0, [0, 0]],
])("a segment as a part of its range: %s", (_, [from, to], whole, [start, width]) => {
  expect(placed({ from, to, doing: "working" }, whole)).toEqual({ start, width });
});

test.each<[string, Parameters<typeof chained>[0], number, string]>([
  [
    "all ended",
    [
      ["waiting", 5],
      ["working", 20],
      ["ready", 30],
    ],
    30,
    "waiting 0-5 working 5-20 ready 20-30",
  ],
  [
    "one goes on: nothing after it",
    [
      ["waiting", 5],
      ["working", null],
      ["ready", 30],
    ],
    12,
    "waiting 0-5 working 5-12",
  ],
  [
    "a stage without length is left out",
    [
      ["waiting", 0],
      ["working", 8],
    ],
    8,
    "working 0-8",
  ],
  [
    "a stage that was written earlier than the one before",
    [
      ["starting", 9],
      ["probing", 7],
      ["ready", 12],
    ],
    12,
    "starting 0-9 ready 9-12",
  ],
])("segments one after another: %s", (_, ends, now, said) => {
  const found = chained(ends, now).map((one) => `${one.doing} ${one.from}-${one.to}`);
  expect(found.join(" ")).toBe(said);
});
