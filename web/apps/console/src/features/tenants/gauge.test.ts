import { expect, test } from "vitest";
import { arc } from "./gauge";

test.each<[string, number, string]>([
  ["nothing is left", 0, "M10 50A40 40 0 0 1 10 50"],
  ["half", 0.5, "M10 50A40 40 0 0 1 50 10"],
  ["all", 1, "M10 50A40 40 0 0 1 90 50"],
  ["more than all is all", 1.7, "M10 50A40 40 0 0 1 90 50"],
  ["overspent is nothing", -3, "M10 50A40 40 0 0 1 10 50"],
])("an arc of what is left: %s", (_, part, path) => {
  expect(arc(part, 50, 50, 40)).toBe(path);
});
