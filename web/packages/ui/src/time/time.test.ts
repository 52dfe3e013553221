/** Time zones and ranges, most of all where clocks change. */
import { describe, expect, it } from "vitest";
import { tickWord } from "../charts/plot";
import { formats } from "../view/format";
import { shown, written } from "./range";
import { instantAt, isZone, offsetMs, ticks, wall, zoneLabel } from "./zones";

const NY = "America/New_York";
const at = (iso: string) => Date.parse(iso);

describe("a clock of New York", () => {
  it.each([
    ["winter", "2026-03-08 01:59", "2026-03-08T06:59:00Z"],
    ["an hour that is left out", "2026-03-08 02:30", "2026-03-08T07:30:00Z"],
    ["summer", "2026-03-08 03:00", "2026-03-08T07:00:00Z"],
    ["an hour that comes twice: the first", "2026-11-01 01:30", "2026-11-01T05:30:00Z"],
    ["the hour after it", "2026-11-01 02:00", "2026-11-01T07:00:00Z"],
    ["a day", "2026-07-04", "2026-07-04T04:00:00Z"],
    ["seconds", "2026-07-04T10:00:30", "2026-07-04T14:00:30Z"],
  ])("%s: %s is %s", (_, text, iso) => expect(instantAt(NY, text)).toBe(at(iso)));
  it.each(["", "yesterday", "2026-13-01 00:00", "2026-02-30 00:00", "2026-01-05 25:00"])(
    "never shows %j",
    (text) => expect(instantAt(NY, text)).toBeNull(),
  );
  it("shows each instant, and says which of two it is", () => {
    const f = formats("en", NY);
    expect(f.instant("2026-11-01T05:30:00Z")).toBe("2026-11-01 01:30:00 EDT");
    expect(f.instant("2026-11-01T06:30:00Z")).toBe("2026-11-01 01:30:00 EST");
    expect(f.zoneName).toBe("ET");
    expect(offsetMs(NY, at("2026-07-01T00:00:00Z"))).toBe(-4 * 3_600_000);
  });
  it.each([
    [
      "spring",
      "2026-03-08T05:00:00Z",
      "2026-03-09T04:00:00Z",
      ["03-08", "06:00", "12:00", "18:00", "03-09"],
    ],
    [
      "autumn",
      "2026-11-01T04:00:00Z",
      "2026-11-02T05:00:00Z",
      ["11-01", "06:00", "12:00", "18:00", "11-02"],
    ],
  ] as const)("has round ticks on the day of a change in %s", (_, from, to, wanted) =>
    expect(ticks(NY, at(from), at(to), 6).map((one) => tickWord(NY, one, false))).toEqual(wanted),
  );
});

describe("ticks", () => {
  it("stand at midnight of the zone, and stay where they are while a range moves on", () => {
    const from = at("2026-01-05T00:00:00Z");
    const days = ticks("Asia/Seoul", from, from + 7 * 86_400_000, 8);
    expect(days.map((one) => wall("Asia/Seoul", one).slice(11))).toEqual(Array(7).fill("00:00:00"));
    const even = (start: number) => ticks("UTC", start, start + 30 * 86_400_000, 8);
    expect(
      even(from + 86_400_000 / 2).filter((one) => !even(from).includes(one)).length,
    ).toBeLessThan(2);
  });
  it("are few, whatever the span", () => {
    for (const span of [1e4, 6e4, 36e5, 864e5, 7 * 864e5, 30 * 864e5, 366 * 864e5])
      expect([
        span,
        ticks(NY, at("2026-01-05T03:12:07Z"), at("2026-01-05T03:12:07Z") + span, 10).length <= 11,
      ]).toEqual([span, true]);
  });
});

describe("a range as it is written", () => {
  const now = at("2026-01-05T12:00:00Z");
  it.each([
    [
      "clocks of Seoul",
      "2026-01-05 09:00",
      "2026-01-05 10:30",
      { from: "2026-01-05T00:00:00Z", to: "2026-01-05T01:30:00Z" },
    ],
    ["until now, which goes on", "now-2h", "now", { from: "now-2h", to: "now" }],
    ["nonsense", "soon", "now", { field: "from", wrong: "unread" }],
    ["an end before the beginning", "now-1h", "now-2h", { field: "to", wrong: "order" }],
    [
      "a beginning that is not there yet",
      "2026-02-01 00:00",
      "now",
      { field: "from", wrong: "future" },
    ],
  ])("%s", (_, from, to, wanted) => expect(written(from, to, "Asia/Seoul", now)).toEqual(wanted));
  it("is shown as it was written", () => {
    expect(shown("2026-01-05T00:00:00Z", "Asia/Seoul")).toBe("2026-01-05 09:00");
    expect(shown("now-6h", "Asia/Seoul")).toBe("now-6h");
  });
});

it("knows zones by their names", () => {
  expect(["UTC", "Asia/Seoul", NY, "Mars/Base", ""].map(isZone)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
  expect(["UTC", "Asia/Seoul"].map((zone) => zoneLabel(zone))).toEqual(["UTC", "KST"]);
});
