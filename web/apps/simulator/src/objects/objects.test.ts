import { quantity } from "@ecp/ui/view/quantity";
import { describe, expect, it } from "vitest";
import { en } from "../texts/en";
import { ko } from "../texts/ko";
import type { PodRow } from "./inventory";
import { age, merged, podState, statuses } from "./rows";
import { remedies, remedy, short, told, type Verdict } from "./scheduling";
import { asTaint } from "./taints";

const pod = (name: string, more: Partial<PodRow> = {}): PodRow => ({
  namespace: "a",
  name,
  owner: null,
  phase: "Running",
  status: "Running",
  ready: 1,
  containers: 1,
  restarts: 0,
  node: "n",
  waits: null,
  created_at: "2026-01-01T00:00:00Z",
  ...more,
});

it("has the same keys in both languages", () =>
  expect(Object.keys(ko).sort()).toEqual(Object.keys(en).sort()));

it.each([
  ["500m", 0.5],
  ["2", 2],
  ["1Gi", 2 ** 30],
  ["1e3", 1000],
  [undefined, 0],
  ["x", 0],
])("%s is %s", (text, wanted) => expect(quantity(text as string | undefined)).toBe(wanted));

it.each([
  ["a=b:NoSchedule", { key: "a", value: "b", effect: "NoSchedule" }],
  ["nvidia.com/gpu:NoExecute", { key: "nvidia.com/gpu", effect: "NoExecute" }],
  ["a=b", null],
  ["a=b:Never", null],
])("the taint %s is %j", (text, wanted) => expect(asTaint(text)).toEqual(wanted));

describe("news of pods", () => {
  const rows = [pod("a"), pod("c")];
  it("that say nothing leave the very same rows", () => expect(merged(rows, [], [])).toBe(rows));
  it.each([
    ["put a new one in its place", [pod("b")], [], ["a", "b", "c"]],
    ["replace one that is known", [pod("a", { status: "Error" })], [], ["a", "c"]],
    ["take one away", [], ["a/c"], ["a"]],
    ["take away what nobody knew", [], ["a/z"], ["a", "c"]],
  ])("%s", (_, news, gone, names) =>
    expect(merged(rows, news, gone).map((row) => row.name)).toEqual(names),
  );
  it("keep rows that did not change as they are", () =>
    expect(merged(rows, [pod("a", { restarts: 2 })], [])[1]).toBe(rows[1]));
});

it.each([
  ["Running", {}, "running"],
  ["Running", { ready: 0 }, "degraded"],
  ["Pending", { node: null, waits: "0/3" }, "pending"],
  ["ContainerCreating", {}, "progressing"],
  ["CrashLoopBackOff", {}, "failed"],
  ["OOMKilled", {}, "failed"],
  ["Init:0/1", {}, "progressing"],
  ["Completed", { phase: "Succeeded" }, "complete"],
  ["Terminating", {}, "stopped"],
])("%s %j is %s", (status, more, state) =>
  expect(podState(pod("p", { status, ...more }))).toBe(state),
);

it("counts statuses, the most first", () =>
  expect(
    statuses([pod("a"), pod("b", { status: "Error" }), pod("c")]).map((one) => [
      one.word,
      one.count,
    ]),
  ).toEqual([
    ["Running", 2],
    ["Error", 1],
  ]));

it.each([
  ["2026-01-01T00:01:00Z", 60],
  ["2025-12-31T00:00:00Z", 0],
  [undefined, null],
])("is as old by the cluster's clock at %s: %s s", (now, seconds) =>
  expect(age("2026-01-01T00:00:00Z", now)).toBe(seconds),
);

describe("what the scheduler says", () => {
  it("is taken apart, the most nodes first", () =>
    expect(
      told(
        "0/19 nodes are available: 3 node(s) had untolerated taint(s), 8 Insufficient cpu, 8 Insufficient nvidia.com/gpu. no new claims to deallocate, preemption: 0/19 nodes are available: 19 No preemption victims found for incoming pod.",
      ),
    ).toEqual({
      fitting: 0,
      of: 19,
      refusals: [
        { count: 8, reason: "Insufficient cpu", remedy: "resource" },
        { count: 8, reason: "Insufficient nvidia.com/gpu", remedy: "gpu" },
        { count: 3, reason: "node(s) had untolerated taint(s)", remedy: "taint" },
      ],
      preemption: "0/19 nodes are available: 19 No preemption victims found for incoming pod.",
    }));
  it("and is no such message, is one reason", () =>
    expect(told('persistentvolumeclaim "d" not found').refusals).toEqual([
      { count: null, reason: 'persistentvolumeclaim "d" not found', remedy: "volume" },
    ]));
  it("and is nothing, has none", () => expect(told("").refusals).toEqual([]));
});

it.each([
  ["node(s) were unschedulable", "cordoned"],
  ["node(s) didn't match Pod's node affinity/selector", "affinity"],
  ["node(s) didn't match pod affinity rules", "together"],
  ["node(s) didn't match pod anti-affinity rules", "apart"],
  ["node(s) didn't match pod topology spread constraints", "spread"],
  ["node(s) didn't have free ports for the requested pod ports", "ports"],
  ["Too many pods", "pods"],
  ["something of a plug-in", "other"],
])("%s: %s", (reason, wanted) => expect(remedy(reason)).toBe(wanted));

describe("what helps", () => {
  const row = (node: string, reasons: string[], free: number): Verdict => ({
    node,
    fits: !reasons.length,
    plugin: null,
    reasons,
    preemption_may_help: false,
    total: null,
    scores: [],
    figures: [{ resource: "cpu", asked: 2000, free }],
    taints: [],
    below: [],
  });
  const nodes = [row("a", ["Insufficient cpu"], 500), row("b", ["Insufficient cpu"], 900)];
  it("names each remedy once, that of the most nodes first", () =>
    expect(
      remedies([row("t", ["node(s) had untolerated taint(s)"], 9000), ...nodes]).map(
        ([name, rows]) => [name, rows.length],
      ),
    ).toEqual([
      ["resource", 2],
      ["taint", 1],
    ]));
  it("says how much the emptiest node has", () =>
    expect(short(nodes)).toEqual([{ resource: "cpu", asked: 2000, most: 900 }]));
});
