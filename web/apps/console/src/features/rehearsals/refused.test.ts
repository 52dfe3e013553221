// @vitest-environment node
import { describe, expect, it } from "vitest";
import { findingsOf, wrongWith } from "./refused";
import { written } from "./scenario";

const text = written({
  name: "s",
  tenant: "acme",
  live: "demo",
  length: "24h",
  faults: "nod_down@2h\nnode_down@25h",
  hypotheses: "availability >= 99.5",
  luck: true,
  seed: 0,
});
const refusal = (code: string, details: readonly object[] = []) => ({
  error: { code, message: "too many", details },
});
const at = (line: number) =>
  refusal("INVALID_SCENARIO", [{ source: "scenario.yaml", line, column: 1, message: "wrong" }]);

describe("a refusal", () => {
  it.each([
    ["the tenant", 2, "tenant"],
    ["the cluster", 3, "live"],
    ["a fault, whichever it is", 6, "faults"],
    ["another fault", 7, "faults"],
    ["a claim", 9, "hypotheses"],
    ["the length", 10, "length"],
  ])("is told at the field of %s", (_, line, field) => {
    expect(wrongWith(at(line), text)).toEqual({ [field]: "wrong" });
  });
  it("of what was written by hand is told in the text alone", () => {
    expect(wrongWith(at(6), "")).toEqual({});
    expect(findingsOf(at(6))).toMatchObject([{ line: 6, rule: "INVALID_SCENARIO" }]);
  });
  it("of too many runs is told where they are asked for", () => {
    const many = refusal("VALIDATION_FAILED", [{ field: "body.runs", message: "10000" }]);
    expect(wrongWith(many, text)).toEqual({ runs: "10000" });
    expect(wrongWith(refusal("TOO_MANY_RUNS"), text)).toEqual({ runs: "too many" });
  });
  it("of nothing says nothing", () => expect(wrongWith(null, text)).toEqual({}));
});
