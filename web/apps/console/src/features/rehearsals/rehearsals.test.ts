import { describe, expect, it } from "vitest";
import { bars, decimals, quantile, said, worst } from "./figures";
import { type Form, quoted, written } from "./scenario";
import { spelt, tornado } from "./tornado";
import type { Assumed, Run } from "./types";

const run = (seed: number, availability: number | null, down: number): Run => ({
  variant: "base",
  seed,
  exit_code: 0,
  availability,
  down_seconds: down,
  failures: 0,
  causes: [],
});

describe("a distribution", () => {
  it.each([
    [[], 0.5, null],
    [[3, 1, 2], 0.5, 2],
    [[3, 1, 2], 0.95, 3],
    [[3, 1, 2], 1, 3],
  ])("of %j has at %d the rank %s", (values, share, found) => {
    expect(quantile(values, share)).toBe(found);
  });
  it("counts every value once, the largest in the last bar", () => {
    const found = bars([0, 1, 2, 3, 4, 10]);
    expect(found.counts.reduce((sum, count) => sum + count, 0)).toBe(6);
    expect(found.counts.at(-1)).toBe(1);
    expect(found.edges.at(-1)).toBeCloseTo(10);
  });
  it("is one bar where all are the same, and none without values", () => {
    expect(bars([5, 5])).toEqual({ edges: [5], counts: [2] });
    expect(bars([])).toEqual({ edges: [], counts: [] });
  });
  it.each([
    [[99.5, 99.9], 4],
    [[1.3, 1.34], 8],
    [[0, 4000], 6],
  ])("of %j has bars whose ends are written apart", (values, count) => {
    const found = bars(values);
    const told = found.edges.map((edge) => edge.toFixed(decimals(found)));
    expect(new Set(told).size).toBe(found.counts.length);
    expect(found.counts.length).toBeLessThanOrEqual(count);
  });
  it("says how long runs were down", () => {
    const found = said([run(0, 99.9, 60), run(1, 99.4, 300), run(2, null, 0)]);
    expect(found).toEqual({ p50: 60, p95: 300, most: 300 });
  });
  it("names the worst seeds first", () => {
    const rows = [run(2, 1, 9), run(0, 1, 3), run(1, 1, 9)];
    expect(worst(rows, 2).map((row) => row.seed)).toEqual([1, 2]);
  });
});

const FORM: Form = {
  name: "node-lost",
  tenant: "acme",
  live: "",
  length: "24h",
  faults: "node_down@2h+30m\n\n",
  hypotheses: "availability >= 99.5",
  luck: false,
  seed: 0,
};

describe("a scenario", () => {
  it("is written without what is as usual", () => {
    expect(written(FORM)).toBe(
      'scenario: node-lost\ntenant: acme\nfaults:\n  - "node_down@2h+30m"\nhypotheses:\n  - "availability >= 99.5"\nfor: 24h\n',
    );
  });
  it("says the rest", () => {
    const text = written({ ...FORM, live: "demo", luck: true, seed: 7, faults: "" });
    expect(text).toContain("cluster: {live: demo}\ndemand: {failure_scenarios: true}\n");
    expect(text).toContain("seed: 7\n");
    expect(text).not.toContain("faults");
  });
  it.each([
    ["acme", "acme"],
    ["true", '"true"'],
    ["12", '"12"'],
    ['a "b": c', '"a \\"b\\": c"'],
  ])("quotes %s as %s", (word, as) => {
    expect(quoted(word)).toBe(as);
  });
});

const left = (value: number | null) => ({ margins: [{ left: value }] });
const figure = (name: string, low: number | null, high: number | null, more = {}): Assumed => ({
  of: "bot",
  field: name,
  low: 1,
  high: 2,
  source: "assumed",
  swing: 1,
  at_low: left(low),
  at_high: left(high),
  ...more,
});

describe("a tornado", () => {
  it("puts margins on one axis with the bound", () => {
    const found = tornado([figure("a", -0.5, 0.5), figure("b", 0, 0.25)], left(0.25));
    expect(found?.bound).toBeCloseTo(0.5);
    expect(found?.base).toBeCloseTo(0.75);
    expect(found?.bars.map((bar) => [bar.from, bar.to])).toEqual([
      [0, 1],
      [0.5, 0.75],
    ]);
  });
  it("leaves out what moves nothing, and draws what was not measured at the base", () => {
    const rows = [figure("a", 0.2, 0.2, { swing: 0, flips: false }), figure("b", null, 0.5)];
    const found = tornado(rows, left(0.25));
    expect(found?.bars.map((bar) => bar.name)).toEqual(["bot.b"]);
    expect(found?.bars[0]?.from).toBeCloseTo(0.5);
  });
  it("is not drawn out by what loses many times the bound", () => {
    const found = tornado([figure("a", -199, 0.5)], left(0.5));
    expect(found?.bound).toBeCloseTo(2 / 3);
    expect(found?.bars[0]?.from).toBe(0);
  });
  it.each([
    [0.35, "35 %"],
    [-0.5, "-50 %"],
    [-199, "200×"],
    [null, "–"],
  ])("says the margin %s as %s", (margin, as) => {
    expect(spelt(margin, (value) => `${value} %`)).toBe(as);
  });
  it("is none where nothing was varied", () => {
    expect(tornado([], undefined)).toBeNull();
  });
});
