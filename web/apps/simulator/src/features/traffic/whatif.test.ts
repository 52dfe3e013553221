import { describe, expect, it } from "vitest";
import { at, LEAST, ladder, MOST, partOf } from "./whatif";

describe("loads", () => {
  it("double as often on each part of the slider", () =>
    expect(ladder(7)).toEqual([0.25, 0.5, 1, 2, 4, 8, 16]));
  it.each([LEAST, 1, 3.36, MOST])("stand where they were set: ×%d", (times) =>
    expect(at(partOf(times))).toBeCloseTo(times, 1),
  );
  it.each([
    [0.01, 0],
    [100, 1],
  ])("stay on the slider: ×%d", (times, wanted) => expect(partOf(times)).toBe(wanted));
});
