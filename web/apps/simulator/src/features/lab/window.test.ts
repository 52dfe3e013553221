import { describe, expect, it } from "vitest";
import { around, lost, mean, phases, worst } from "./window";

const minute = (n: number) => `2026-01-05T00:${String(n).padStart(2, "0")}:00Z`;
const FAULT = { started_at: minute(10), ended_at: minute(12), recovered_at: minute(13) };
const AT = [minute(9), minute(11), minute(13), minute(14)];
const PHASES = ["before", "during", "during", "after"] as const;

describe("the window of an experiment", () => {
  it.each([
    ["one that recovered", FAULT, "2026-01-05T00:05:00.000Z", "2026-01-05T00:18:00.000Z"],
    ["one that runs", { started_at: minute(10), ended_at: null }, "2026-01-05T00:05:00.000Z", ""],
    ["one that is to come", { started_at: null, ended_at: null }, "", ""],
  ])("is wider than %s", (_, fault, from, to) => expect(around(fault)).toEqual({ from, to }));
  it("tells before, during and after apart", () =>
    expect(phases({ at: AT }, FAULT)).toEqual(PHASES));
  it("counts what was lost since it began", () =>
    expect(lost({ at: AT, down_seconds: [60, 30, 5, 1] }, FAULT)).toBe(36));
  it("knows means and the worst of a phase", () => {
    expect(mean([1, 2, null, 4], PHASES, "during")).toBe(2);
    expect(mean([1, null, null, 4], PHASES, "during")).toBeNull();
    expect(worst([1, 2, 9, 4], PHASES, "during")).toBe(9);
    expect(worst([1, 2, 9, 4], PHASES, "during", true)).toBe(2);
  });
});
