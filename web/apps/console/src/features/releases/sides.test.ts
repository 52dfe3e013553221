import { expect, test } from "vitest";
import { beside } from "./sides";

test("what changed most stands first; what only one has is there without a difference, as what was up", () => {
  const one = {
    workloads: [
      { object: "a", seconds: 5 },
      { object: "b", seconds: 50 },
      { object: "d", seconds: 90 },
    ],
  };
  const other = {
    workloads: [
      { object: "b", seconds: 20 },
      { object: "c", seconds: 1 },
      { object: "d", seconds: 0 },
    ],
  };
  expect(beside(one, other)).toEqual([
    { object: "b", one: 50, other: 20, longer: -30 },
    { object: "a", one: 5, other: null, longer: null },
    { object: "c", one: null, other: 1, longer: null },
    { object: "d", one: 90, other: 0, longer: null },
  ]);
  expect(beside(null, null)).toEqual([]);
});
