import { expect, it } from "vitest";
import { inkOf } from "./plot";

type Three = readonly [number, number, number];
/** What is left of a colour to who lacks the cones of green, of red. Source: Machado, Oliveira, Fernandes 2009. */
const SEEN: Record<string, readonly Three[]> = {
  "all cones": [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  "no green": [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  "no red": [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
};
const times = (rows: readonly Three[], by: Three) =>
  rows.map((row) =>
    row.reduce((sum, one, index) => sum + one * (by[index] ?? 0), 0),
  ) as unknown as Three;

/** Return a colour as CIELAB, whose distances are those that are seen. */
function seen(color: string, cones: readonly Three[]): Three {
  const linear = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as unknown as Three;
  const [x, y, z] = times(
    [
      [0.4339, 0.3762, 0.1899],
      [0.2126, 0.7152, 0.0722],
      [0.0177, 0.1095, 0.8728],
    ],
    times(cones, linear).map((part) => Math.max(0, part)) as unknown as Three,
  ).map((part) => Math.cbrt(part)) as unknown as Three;
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

it.each(Object.entries(SEEN))("lines without dashes are told apart with %s", (_, cones) => {
  const solid = Array.from({ length: 16 }, (_, index) => inkOf(index)).filter((ink) => !ink.dash);
  expect(solid).toHaveLength(4);
  const colors = solid.map((ink) => seen(ink.color, cones));
  for (const [index, one] of colors.entries())
    for (const other of colors.slice(index + 1))
      expect(Math.hypot(...one.map((part, at) => part - (other[at] ?? 0)))).toBeGreaterThan(30);
});

it("no line is drawn like another", () => {
  const drawn = Array.from({ length: 16 }, (_, index) => JSON.stringify(inkOf(index)));
  expect(new Set(drawn).size).toBe(16);
});
