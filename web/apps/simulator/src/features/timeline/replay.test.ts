import { describe, expect, it } from "vitest";
import { beside, known, micros, part, played, written } from "./replay";

const AT = "2026-01-05T00:00:00.000999Z";

describe("instants of a replay", () => {
  it.each([AT, "2026-01-05T00:00:00.123456Z", "2026-01-05T00:00:00.000000Z"])(
    "are written as they were read: %s",
    (at) => expect(written(micros(at))).toBe(at),
  );
  it.each([
    ["an instant", AT, AT],
    ["a word", "xyz", ""],
    ["nothing", "", ""],
  ])("are read from an address: %s", (_, said, wanted) => expect(known(said)).toBe(wanted));
  it("are a microsecond apart", () => {
    expect(beside(AT, 1)).toBe("2026-01-05T00:00:00.001000Z");
    expect(beside("2026-01-05T00:00:00.000000Z", -1)).toBe("2026-01-04T23:59:59.999999Z");
  });
  it.each([
    ["go on at their speed", 0, 500, 10, 1e9, 5_000_000],
    ["stay at the end", 0, 5000, 1000, 7, 7],
  ])("%s", (_, from, elapsed, speed, end, wanted) =>
    expect(played(from, elapsed, speed, end)).toBe(wanted),
  );
  it.each([
    ["half way", 5, 0, 10, 0.5],
    ["before", -5, 0, 10, 0],
    ["in a range of nothing", 5, 5, 5, 0],
  ])("lie in a range: %s", (_, at, from, to, wanted) => expect(part(at, from, to)).toBe(wanted));
});
