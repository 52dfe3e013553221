import { describe, expect, it } from "vitest";
import { type Axis, begun, gridOf, readAxes, spelt, variants, wrongWith } from "./grid";

const load: Axis = { changed: "load", of: "callbot", values: "10, 20" };
const replicas: Axis = { changed: "replicas", of: "stt", values: "2,3,4" };
const faults: Axis = { changed: "faults", of: "", values: "–; node_down@2h+30m" };

describe("a grid", () => {
  it("has a variant for each combination", () => {
    expect(variants([load, replicas, faults])).toBe(12);
    expect(variants([])).toBe(0);
  });
  it("is written as variants of the scenario", () => {
    expect(gridOf([load, { ...replicas, values: "2" }])).toBe(
      [
        '- name: "callbot=10 stt=2"',
        "  scenario: {demand: {load: {callbot: 10}}}",
        "  manifests:",
        "    - {kind: Deployment, metadata: {name: stt}, spec: {replicas: 2}}",
        '- name: "callbot=20 stt=2"',
        "  scenario: {demand: {load: {callbot: 20}}}",
        "  manifests:",
        "    - {kind: Deployment, metadata: {name: stt}, spec: {replicas: 2}}",
        "",
      ].join("\n"),
    );
  });
  it("puts the axes of one field into one patch, and says of no failure that there is none", () => {
    const second: Axis = { changed: "load", of: "chatbot", values: "5" };
    expect(gridOf([{ ...load, values: "10" }, second, faults]).split("\n")).toEqual([
      '- name: "callbot=10 chatbot=5 –"',
      "  scenario: {demand: {load: {callbot: 10, chatbot: 5}}, faults: []}",
      '- name: "callbot=10 chatbot=5 node_down@2h+30m"',
      '  scenario: {demand: {load: {callbot: 10, chatbot: 5}}, faults: ["node_down@2h+30m"]}',
      "",
    ]);
  });
  it.each([
    [{ ...load, of: "" }, "of"],
    [{ ...load, values: "" }, "values"],
    [{ ...load, values: "10, many" }, "values"],
    [{ ...load, values: "10, 10" }, "twice"],
    [{ ...faults, values: " ; " }, "values"],
    [faults, null],
  ] as const)("of %j has %s wrong, and is not written then", (axis, wrong) => {
    expect(wrongWith(axis)).toBe(wrong);
    if (wrong) expect(gridOf([replicas, axis])).toBe("");
  });
  it.each([[[load, replicas, faults]], [[]], [[{ ...load, of: "a:b|c" }]]])(
    "stands in the address and comes back",
    (axes) => {
      expect(readAxes(spelt(axes))).toEqual(axes);
    },
  );
  it("begins with what the tenant has", () => {
    const has = { services: { callbot: 0, chatbot: 20 }, replicas: { stt: 0, nlp: 2 } };
    expect(begun("load", has)).toEqual({ changed: "load", of: "chatbot", values: "20, 40" });
    expect(begun("replicas", has)).toEqual({ changed: "replicas", of: "nlp", values: "2, 3" });
    expect(begun("load", { services: {}, replicas: {} }).of).toBe("");
    expect(begun("faults", has)).toEqual(faults);
  });
  it("is nothing where the address says nothing that is known", () => {
    expect(readAxes("moon:a:1|%E0%A4%A")).toEqual([]);
  });
});
