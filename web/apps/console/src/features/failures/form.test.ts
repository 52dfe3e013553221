import { describe, expect, it } from "vitest";
import { bodyOf, cliOf, lineOf, pairs, repeatedBody, type Wish, wrongs, wrongWith } from "./form";
import type { Input, Kind } from "./types";

const input = (type: string, usual: Input["default"], least?: number, most?: number): Input => ({
  type,
  default: usual,
  least: least ?? null,
  most: most ?? null,
  among: [],
});
const KIND: Kind = {
  name: "network_loss",
  class: "network",
  title: {},
  because: {},
  target: "workload",
  mode: "all",
  duration: "3m",
  inputs: { loss_percent: input("share", 25), port: input("integer", 0, 0, 65535) },
  chaos: { kind: "NetworkChaos", action: "loss" },
  expect: [],
  source: { en: "assumed" },
};
const WISH: Wish = {
  tenant: "acme",
  target: "",
  labels: "",
  mode: "all",
  value: "",
  duration: "",
  begin: "",
  every: "",
  lasts: "",
  only: false,
  most: "",
  abort: "",
  parameters: {},
};

describe("a parameter", () => {
  it.each([
    ["integer", "12", null],
    ["integer", "", "whole"],
    ["integer", "1.5", "whole"],
    ["integer", "101", "between"],
    ["share", "12.5", null],
    ["share", "101", "between"],
    ["duration", "90s", null],
    ["duration", "soon", "duration"],
    ["size", "256Mi", null],
    ["size", "much", "size"],
    ["rate", "8mbit", null],
    ["rate", "8", "rate"],
    ["offset", "-10m", null],
    ["text", "whatever", null],
  ])("of type %s written %s is wrong by %s", (type, text, key) => {
    expect(wrongWith(input(type, "as usual", 1, 100), text)?.key ?? null).toBe(key);
  });
  it("may be as usual, whatever that is", () => {
    expect(wrongWith(input("size", ""), "")).toBeNull();
  });
});

describe("the rest of the form", () => {
  it.each<[Partial<Wish>, string[]]>([
    [{}, []],
    [{ duration: "5 min" }, ["duration"]],
    [{ labels: "app" }, ["labels"]],
    [{ labels: "app=a", mode: "fixed-percent", value: "150" }, ["value"]],
    [{ labels: "app=a", mode: "all" }, []],
    [{ most: "120" }, ["most"]],
  ])("%o is wrong in %o", (change, fields) => {
    expect(Object.keys(wrongs({ ...WISH, ...change }))).toEqual(fields);
  });
  it("reads labels", () => {
    expect(pairs("app=stt, tier=edge")).toEqual({ app: "stt", tier: "edge" });
  });
});

describe("what is asked", () => {
  it("leaves out what is as usual", () => {
    expect(bodyOf(KIND, WISH)).toEqual({ failure_type: "network_loss" });
    expect(cliOf(KIND, WISH, false)).toBe("ecp fault trigger acme network_loss");
    expect(lineOf(KIND, WISH)).toBe("network_loss@1h+3m");
  });
  it("says the rest, the same in all three", () => {
    const wish: Wish = {
      ...WISH,
      target: "deployment/stt",
      duration: "5m",
      only: true,
      most: "50",
      abort: "availability < 99 for 30s",
      parameters: { loss_percent: "12.5", port: "80" },
    };
    expect(bodyOf(KIND, wish)).toEqual({
      failure_type: "network_loss",
      target: "deployment/stt",
      duration: "5m",
      parameters: { loss_percent: "12.5", port: 80 },
      only_this_tenant: true,
      max_percent: 50,
      abort: ["availability < 99 for 30s"],
    });
    expect(cliOf(KIND, wish, true)).toBe(
      "ecp fault trigger acme network_loss --target deployment/stt --duration 5m --param loss_percent=12.5 --param port=80 --only-this-tenant --max-percent 50 --abort 'availability < 99 for 30s' --demo",
    );
    expect(lineOf(KIND, wish)).toBe("network_loss:deployment/stt,loss_percent=12.5,port=80@1h+5m");
  });
  it("takes a selector in the place of a target, for which there is no command", () => {
    const wish: Wish = {
      ...WISH,
      target: "x",
      labels: "app=a",
      mode: "fixed-percent",
      value: "50",
    };
    expect(bodyOf(KIND, wish)).toEqual({
      failure_type: "network_loss",
      selector: { labelSelectors: { app: "a" } },
      mode: "fixed-percent",
      value: "50",
    });
    expect(cliOf(KIND, wish, false)).toBeNull();
  });
});

describe("a failure that is repeated", () => {
  const wish: Wish = {
    ...WISH,
    target: "stt",
    every: "10m",
    lasts: "2h",
    only: true,
    begin: "+5m",
  };
  it("is asked for without a begin and bounds, which its object does not carry", () => {
    expect(repeatedBody(KIND, { ...wish, most: "50", abort: "availability < 99" })).toEqual({
      failure_type: "network_loss",
      target: "stt",
      only_this_tenant: true,
      every: "10m",
      lasts: "2h",
    });
  });
  it("of a node says nothing of this tenant alone", () => {
    expect(repeatedBody({ ...KIND, target: "node" }, wish)).not.toHaveProperty("only_this_tenant");
  });
  it("has a command", () => {
    expect(cliOf(KIND, { ...wish, begin: "", every: "30 2 * * *" }, true)).toBe(
      "ecp fault trigger acme network_loss --target stt --only-this-tenant --every '30 2 * * *' --for 2h --demo",
    );
  });
  it.each([
    ["10m", undefined],
    ["1h30m", undefined],
    ["30 2 * * 1-5", undefined],
    ["30s", "every"],
    ["now and then", "every"],
    ["* * *", "every"],
  ])("every %s is wrong by %s", (every, key) => {
    expect(wrongs({ ...WISH, every }).every?.key).toBe(key);
  });
});
