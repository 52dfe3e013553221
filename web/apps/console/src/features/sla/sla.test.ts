import { expect, test } from "vitest";
import { hoursOf, lineOf } from "./agreed";
import { asked, options } from "./asked";
import { burn } from "./line";

const RANGE = {
  fromMs: Date.parse("2026-11-20T00:00:42Z"),
  toMs: Date.parse("2026-11-21T00:00:00Z"),
};
const MONTH = "2026-10-31T15:00:00Z";

test.each<[string, string, string, object]>([
  ["a usual range is a period that ends now", "now-7d", "now", { period: "7d" }],
  ["the contract's period by its beginning", MONTH, "now", { period: "calendar-month" }],
  [
    "two instants are a span of whole minutes",
    "2026-11-20T00:00:42Z",
    "2026-11-21T00:00:00Z",
    { from: "2026-11-20T00:00:00.000Z", to: "2026-11-21T00:00:00.000Z" },
  ],
  [
    "longer than the service has a period for",
    "now-45d",
    "now",
    { from: "2026-11-20T00:00:00.000Z", to: "2026-11-21T00:00:00.000Z" },
  ],
])("%s", (_, from, to, found) => {
  expect(asked({ from, to }, MONTH, RANGE)).toEqual(found);
});

test("the same by the command line", () => {
  expect(options({ period: "24h" })).toBe("--period 24h");
  expect(options({ from: "a", to: "b" })).toBe("--from a --to b");
});

test("a budget that is half spent in the middle is on the even line", () => {
  const found = burn(
    [
      ["2026-11-01T00:00:00Z", 600],
      ["2026-11-01T06:00:00Z", 600],
      ["2026-11-01T12:00:00Z", 300],
    ],
    600,
    "2026-11-02T00:00:00Z",
  );
  expect(found?.line).toEqual([
    [0, 0],
    [0.25, 0],
    [0.5, 0.5],
  ]);
  expect(found?.ideal).toEqual([
    [0, 0],
    [1, 1],
  ]);
  expect(found?.ticks.map((tick) => tick.minutes)).toEqual([0, 2, 4, 6, 8, 10]);
  expect(found?.behind).toBe(0);
});

test("an overspent budget goes below nothing, and the axis with it", () => {
  const found = burn(
    [
      ["2026-11-01T00:00:00Z", 432],
      ["2026-11-02T00:00:00Z", -108],
    ],
    432,
    "2026-11-02T00:00:00Z",
  );
  expect(found?.zero).toBeCloseTo(0.8);
  expect(found?.line.at(-1)).toEqual([1, 0.98]);
  expect(found?.ideal[0]).toEqual([0, 0.08]);
  expect(found?.ticks.map((tick) => tick.minutes)).toEqual([-2, 0, 2, 4, 6, 8]);
  expect([found?.ticks[0]?.y, found?.ticks.at(-1)?.y]).toEqual([1, 0]);
  expect(found?.behind).toBe(108);
});

test("nothing known, nothing drawn", () => {
  expect(burn([], 10, "2026-11-02T00:00:00Z")).toBeNull();
  expect(burn([["2026-11-02T00:00:00Z", 0]], 0, "2026-11-02T00:00:00Z")).toBeNull();
});

test.each<[string, string, unknown]>([
  ["always", "", undefined],
  ["as the profiles' customers ask", "profile", "profile"],
  [
    "by service",
    "callbot=09:00-18:00, chatbot=profile",
    { callbot: "09:00-18:00", chatbot: "profile" },
  ],
  ["no service is named", "09:00-18:00", null],
])("service hours: %s", (_, line, hours) => {
  expect(hoursOf(line)).toEqual(hours);
  if (hours !== null) expect(lineOf(hours as never)).toBe(line);
});
