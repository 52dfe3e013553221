// @vitest-environment node
import { describe, expect, it } from "vitest";
import { budgetLeft, minutesDown, missing, sampled, telling, width } from "./course";
import { differing } from "./differing";
import type { Course, CourseFault, Variant } from "./types";

describe("the course of a run", () => {
  it("holds a step until the next one, in even parts", () => {
    const { at, values } = sampled(
      [
        [0, 5],
        [180, 7],
      ],
      0,
      360,
    );
    const steps = at.slice(1).map((second, index) => second - (at[index] ?? 0));
    expect(new Set(steps)).toEqual(new Set([0.5]));
    expect([values[0], values[359], values[360], values.at(-1)]).toEqual([5, 5, 7, 7]);
  });
  it("keeps what was short, and leaves open what nobody saw", () => {
    const { values } = sampled(
      [
        [0, 0],
        [1000, 100],
        [1005, 0],
        [86_000, null],
      ],
      0,
      30 * 86_400,
    );
    expect(values.slice(0, 3)).toEqual([0, 100, 0]);
    expect(values.at(-1)).toBeNull();
  });
  it("goes on with what held before, where a part of it is enlarged", () => {
    const { at, values } = sampled(
      [
        [0, 1],
        [100, 2],
        [200, 3],
      ],
      150,
      250,
    );
    expect([at[0], values[0], values.at(-1)]).toEqual([150, 2, 3]);
    expect(sampled([], 0, 10).at).toEqual([]);
  });
  it.each([
    [3600, 60],
    [86_400, 300],
    [30 * 86_400, 3 * 3600],
    [366 * 86_400, 86_400],
  ])("of %d s is cut into parts of %d s", (seconds, by) => {
    expect(width(seconds)).toBe(by);
  });
  it("counts down time in each part that it reaches into", () => {
    expect(minutesDown([[240, 660]], 1200, 300)).toEqual([
      [0, 1],
      [300, 5],
      [600, 1],
      [900, 0],
    ]);
  });
  it("burns the budget while it is down, beyond nothing", () => {
    const course = { down: [[60, 120]], allowed_seconds: 30, seconds: 600 } as unknown as Course;
    const { at, values } = budgetLeft(course);
    const left = (second: number) => values[at.findIndex((one) => one >= second)];
    expect([0, 60, 90, 120, 600].map(left)).toEqual([0.5, 0.5, 0, -0.5, -0.5]);
  });
  it("adds up replicas that are short, whoever's they are", () => {
    const found = missing({
      "a/bot": [
        [0, 2, 2],
        [10, 1, 2],
        [30, 2, 2],
      ],
      "a/stt": [
        [0, 1, 1],
        [10, 0, 1],
        [20, 2, 1],
      ],
    });
    expect(found).toEqual([
      [0, 0],
      [10, 2],
      [20, 1],
      [30, 0],
    ]);
  });
  it("tells faults that were asked for, and those by chance that cost something", () => {
    const fault = (id: string, asked: string | null, lost_seconds: number) =>
      ({ id, asked, lost_seconds }) as CourseFault;
    const rows = [fault("f1", "node_down@1h", 0), fault("f2", null, 0), fault("f3", null, 5)];
    expect(telling(rows).map((row) => row.id)).toEqual(["f1", "f3"]);
  });
});

it("says what two were asked differently, figure by figure", () => {
  const variant = (callbot: number, faults: string[]) =>
    ({
      scenario: "s",
      faults,
      demand: { units: { callbot }, failures: false },
    }) as unknown as Variant;
  expect(differing(variant(10, []), variant(20, ["node_down@2h"]))).toEqual([
    { field: "faults", first: "–", second: "node_down@2h" },
    { field: "demand.units.callbot", first: "10", second: "20" },
  ]);
});
