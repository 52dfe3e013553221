import { expect, test } from "vitest";
import { beside } from "./sides";

test("what changed most stands first; what only one has is there without a difference", () => {
  const one = {
    workloads: [
      { object: "a", seconds: 5 },
      { object: "b", seconds: 50 },
    ],
  };
  const other = {
    workloads: [
      { object: "b", seconds: 20 },
      { object: "c", seconds: 1 },
    ],
  };
  expect(beside(one, other)).toEqual([
    { object: "b", one: 50, other: 20, longer: -30 },
    { object: "a", one: 5, other: null, longer: null },
    { object: "c", one: null, other: 1, longer: null },
  ]);
  expect(beside(null, null)).toEqual([]);
});
