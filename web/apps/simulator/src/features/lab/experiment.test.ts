import { describe, expect, it } from "vitest";
import { body, command, control, type Kind, labels, unit, type Wish } from "./experiment";

const KIND: Kind = {
  name: "network_latency",
  title: {},
  because: {},
  target: "workload",
  parameters: { latency_ms: 300 },
  takes: { latency_ms: "0…3600000" },
  mode: "all",
  duration: "3m",
  expect: [],
  source: { en: "" },
};
const WISH: Wish = {
  kind: KIND,
  namespace: "acme-ecp-ai",
  aim: "target",
  target: "deployment/callbot",
  selector: "",
  mode: "one",
  value: "",
  duration: "5m",
  parameters: { latency_ms: 800 },
  only: true,
  most: "50",
  abort: "availability < 99 for 30s",
  steady: "",
};

describe("an experiment", () => {
  it.each([
    ["1…100", { kind: "number", min: 1, max: 100 }],
    ["xid | ecc | lost", { kind: "choice", values: ["xid", "ecc", "lost"] }],
    ["text", { kind: "text", hint: "" }],
    ["-10m, 1h30m", { kind: "text", hint: "-10m, 1h30m" }],
  ])("is filled in by the bounds %s", (bounds, wanted) => expect(control(bounds)).toEqual(wanted));
  it.each([
    ["latency_ms", "ms"],
    ["percent_a_minute", "%/min"],
    ["load_percent", "%"],
    ["count", ""],
  ])("says the unit of %s", (name, wanted) => expect(unit(name)).toBe(wanted));
  it.each([
    ["app=web, tier=main", { app: "web", tier: "main" }],
    ["app", null],
    ["", null],
  ])("reads the labels %j", (text, wanted) => expect(labels(text)).toEqual(wanted));
  it("is a call with what is not as usual", () =>
    expect(body(WISH)).toEqual({
      fault: "network_latency",
      duration: "5m",
      parameters: { latency_ms: 800 },
      namespaces: ["acme-ecp-ai"],
      target: "deployment/callbot",
      only: ["acme-ecp-ai"],
      max_percent: 50,
      abort: ["availability < 99 for 30s"],
    }));
  it("aims by a selector and a mode", () =>
    expect(
      body({ ...WISH, aim: "selector", selector: "app=web", mode: "fixed-percent", value: "50" }),
    ).toMatchObject({
      selector: { namespaces: ["acme-ecp-ai"], labelSelectors: { app: "web" } },
      mode: "fixed-percent",
      value: "50",
    }));
  it("is a command, where a command can say it", () => {
    expect(command(WISH, "demo", "inject")).toBe(
      "ecp fault inject network_latency:deployment/callbot,latency_ms=800+5m --cluster demo" +
        " -n acme-ecp-ai --only acme-ecp-ai --max-percent 50 --abort 'availability < 99 for 30s'",
    );
    expect(command({ ...WISH, aim: "selector" }, "demo", "inject")).toBeNull();
  });
});
