import { describe, expect, it } from "vitest";
import { youngFor } from "./young";

const of = (from: string, to: string) => ({ window: { from, to } });

describe("for how long a tenant has been measured", () => {
  it.each([
    ["a quarter of an hour", of("2026-11-27T15:16:15Z", "2026-11-27T15:31:15Z"), 900],
    ["a whole day is none", of("2026-11-26T15:00:00Z", "2026-11-27T15:00:00Z"), null],
    [
      "nor is one whose last slots are open",
      of("2026-11-26T15:00:00Z", "2026-11-27T14:59:45Z"),
      null,
    ],
    ["nothing measured", of("2026-11-27T15:00:00Z", "2026-11-27T15:00:00Z"), null],
    ["no answer", null, null],
  ])("%s", (_, sla, seconds) => {
    expect(youngFor(sla)).toBe(seconds);
  });
});
