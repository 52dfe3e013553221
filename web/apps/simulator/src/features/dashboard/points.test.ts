import { describe, expect, it } from "vitest";
import { heard, joined, ofMinutes, type Point } from "./points";

const point = (at: number): Point => ({ at, cpu: 1, memory: 1, response: 1 });
const times = (points: readonly Point[]) => points.map(({ at }) => at);

describe("the points of a chart", () => {
  it("are percentages of the limits, and say nothing where nobody asked", () => {
    const tenant = {
      latency: { p95_ms: 800, count: 3 },
      cpu_millicores: 500,
      cpu_limit_millicores: 2000,
      memory_bytes: 1,
      memory_limit_bytes: 0,
    };
    const quiet = { ...tenant, latency: { p95_ms: 0, count: 0 } };
    expect(
      ofMinutes([
        { minute: "1970-01-01T00:01:00Z", tenant },
        { minute: "1970-01-01T00:02:00Z", tenant: quiet },
      ]),
    ).toEqual([
      { at: 120, cpu: 25, memory: null, response: 800 },
      { at: 180, cpu: 25, memory: null, response: null },
    ]);
  });
  it.each([
    ["minutes, then slots", [60, 120], [125, 130], [60, 120, 125, 130]],
    ["no minute among slots", [60, 120, 180], [125, 185], [60, 120, 125, 185]],
    ["minutes where nobody heard", [60, 120, 180, 240], [65, 300], [60, 65, 120, 180, 240, 300]],
    ["minutes alone", [60, 120], [], [60, 120]],
    ["no more than an hour", [60, 120], [3700], [120, 3700]],
    ["nothing yet", [], [], []],
  ])("are %s", (_, minutes, slots, wanted) =>
    expect(times(joined(minutes.map(point), slots.map(point)))).toEqual(wanted),
  );
  it("begin anew where the cluster's clock went back", () => {
    const slots = [point(100), point(105)];
    expect(heard(slots, point(105))).toBe(slots);
    expect(times(heard(slots, point(110)))).toEqual([100, 105, 110]);
    expect(times(heard(slots, point(50)))).toEqual([50]);
  });
});
