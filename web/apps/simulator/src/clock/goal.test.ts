import { expect, test } from "vitest";
import { goal } from "./goal";

test.each([
  ["a while from now", "Asia/Seoul", " +1h30m ", "+1h30m"],
  ["an instant of the reader's zone", "Asia/Seoul", "2026-11-27 18:30", "2026-11-27T09:30:00Z"],
  ["with seconds", "Asia/Seoul", "2026-11-27 18:30:05", "2026-11-27T09:30:05Z"],
  ["a day begins there", "Asia/Seoul", "2026-11-27", "2026-11-26T15:00:00Z"],
  ["another reader's zone", "UTC", "2026-11-27 18:30", "2026-11-27T18:30:00Z"],
  ["one that says UTC itself", "Asia/Seoul", "2026-11-27T09:30:00Z", "2026-11-27T09:30:00Z"],
  ["one with its offset", "UTC", "2026-11-27T18:30:00+09:00", "2026-11-27T09:30:00Z"],
  ["no words", "Asia/Seoul", "tomorrow", null],
  ["no day that there is not", "Asia/Seoul", "2026-02-30 10:00", null],
  ["no number without a unit", "Asia/Seoul", "+2", null],
  ["nothing", "Asia/Seoul", "", null],
])("%s", (_, zone, text, wanted) => {
  expect(goal(zone, text)).toBe(wanted);
});
