import { expect, it } from "vitest";
import { rounds } from "./rounds";

it.each<[string, Parameters<typeof rounds>, number[]]>([
  ["response times", [0, 1330, 4], [0, 500, 1000, 1500]],
  ["all requests fail", [0, 100, 4], [0, 25, 50, 75, 100]],
  ["nothing but zeros", [0, 0, 4], [0, 0.25, 0.5, 0.75, 1]],
  ["nothing but zeros, counted", [0, 0, 4, true], [0, 1]],
  ["two pods", [0, 2, 5, true], [0, 1, 2]],
  ["a few requests", [0, 0.036, 3], [0, 0.02, 0.04]],
  ["tenths are tenths", [0, 0.3, 3], [0, 0.1, 0.2, 0.3]],
  ["a budget that was overspent", [-83, 50.4, 6], [-100, -50, 0, 50, 100]],
  ["below nothing only", [-5, 0, 4], [-6, -4, -2, 0]],
  ["bytes", [0, 3.1e9, 4], [0, 1e9, 2e9, 3e9, 4e9]],
  ["a chart without room", [0, 7, 0], [0, 5, 10]],
])("%s", (_, given, found) => expect(rounds(...given)).toEqual(found));

it("finds the same from its own ends", () => {
  for (let high = 0.013; high < 1e6; high *= 1.37)
    for (const low of [0, -high / 3]) {
      const found = rounds(low, high, 4);
      expect(rounds(found[0] ?? 0, found.at(-1) ?? 0, 4)).toEqual(found);
    }
});
