import { expect, test } from "vitest";
import { secondsOf } from "./spell";

test.each([
  ["5m", 300],
  ["1h30m", 5400],
  ["500ms", 0.5],
  ["1.5d", 129_600],
  ["", null],
  ["soon", null],
  ["5", null],
])("%s as seconds", (text, seconds) => expect(secondsOf(text)).toBe(seconds));
