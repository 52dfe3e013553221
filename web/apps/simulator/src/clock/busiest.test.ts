import { expect, test } from "vitest";
import { busiest } from "./busiest";

const ALL = [
  { name: "default", pods: 0 },
  { name: "demo", pods: 42 },
  { name: "demo-2", pods: 50, forked_from: "demo" },
  { name: "idle", pods: 0, forked_from: null },
  { name: "team-a", pods: 7 },
];

test.each([
  [
    "an empty cluster offers the fullest, and forks after the others",
    "default",
    ALL,
    ["demo", "team-a"],
  ],
  [
    "a fork is offered where nothing else has pods",
    "idle",
    ALL.filter((one) => !one.pods || one.forked_from),
    ["demo-2"],
  ],
  ["a cluster that has pods offers none", "team-a", ALL, []],
  ["one that is not there is another matter", "gone", ALL, []],
  ["nothing is offered while nothing runs anywhere", "default", ALL.slice(0, 1), []],
])("%s", (_, cluster, all, names) => {
  expect(busiest(cluster, all).map((one) => one.name)).toEqual(names);
});
