import { describe, expect, it } from "vitest";
import {
  byCause,
  chosen,
  failing,
  joined,
  type Part,
  type Topology,
  type Way,
  width,
} from "./drawn";

const part = (id: string, kind: Part["kind"]): Part => ({
  id,
  kind,
  namespace: "a",
  name: id.split("/").pop() ?? "",
  state: "up",
  faults: [],
});
const edge = (kind: Way["kind"], from: string, to: string, more: Partial<Way> = {}): Way => ({
  kind,
  from,
  to,
  rps: 1,
  error_percent: 0,
  p95_ms: 10,
  reason: "",
  said: null,
  cause: "",
  ...more,
});
const of: Topology = {
  nodes: [
    part("customers/a/t", "customers"),
    part("service/a/bot", "service"),
    part("workload/a/bot", "workload"),
    part("pod/a/bot-1", "pod"),
    part("node/n", "node"),
  ],
  edges: [
    edge("way", "customers/a/t", "service/a/bot"),
    edge("way", "service/a/bot", "workload/a/bot"),
    edge("way", "workload/a/bot", "pod/a/bot-1"),
    edge("way", "pod/a/bot-1", "node/n"),
    edge("call", "workload/a/bot", "host/gone", { error_percent: 100 }),
  ],
  pods_left_out: 0,
  tenants: {},
};
const ends = (edges: readonly Way[]) => edges.map((one) => `${one.from} ${one.to}`);

describe("what is drawn", () => {
  it("goes from customers to nodes in fixed columns, without calls", () => {
    const { nodes, edges } = chosen(of, "way", true);
    expect(nodes.map((one) => one.layer)).toEqual([0, 1, 2, 3, 4]);
    expect(edges).toHaveLength(4);
  });
  it("has neither pods nor nodes where all tenants are drawn", () => {
    const { nodes, edges } = chosen(of, "way", false);
    expect(nodes.map((one) => one.kind)).toEqual(["customers", "service", "workload"]);
    expect(edges).toHaveLength(2);
  });
  it("is who calls whom: customers the workload itself, and hosts that are nobody", () => {
    const { nodes, edges } = chosen(of, "call", true);
    expect(ends(edges)).toEqual(["customers/a/t workload/a/bot", "workload/a/bot host/gone"]);
    expect(nodes.map((one) => one.kind)).toEqual(["customers", "workload", "host"]);
  });
});

it("pins what fails, the most failing requests first", () =>
  expect(
    failing([
      edge("way", "a", "b", { error_percent: 50, rps: 1 }),
      edge("way", "a", "c", { error_percent: 0.05 }),
      edge("way", "a", "d", { error_percent: 10, rps: 100 }),
      edge("way", "a", "e", { error_percent: null }),
    ]).map((one) => one.to),
  ).toEqual(["d", "b"]));

it("pins first what leads to where the fault is", () =>
  expect(
    failing(
      [
        edge("way", "a", "b", { error_percent: 50, rps: 9 }),
        edge("way", "a", "c", { error_percent: 50, rps: 1 }),
        edge("way", "a", "d", { error_percent: 50, rps: 2 }),
      ],
      [
        { ...part("c", "pod"), state: "down" },
        { ...part("d", "pod"), faults: [{ id: "f1", fault: "pod_kill" }] },
      ],
    ).map((one) => one.to),
  ).toEqual(["d", "c", "b"]));

it("has failing edges by their cause", () =>
  expect(
    byCause([
      edge("way", "a", "b", { cause: "f1" }),
      edge("way", "a", "c", { cause: "f2" }),
      edge("way", "a", "d", { cause: "f1" }),
    ]).map((group) => group.map((one) => one.to)),
  ).toEqual([["b", "d"], ["c"]]));

it.each([
  [null, 1.2],
  [0, 1.2],
  [9, 2.8],
  [1e9, 8],
])("%s requests/s are %s px", (rps, pixels) => expect(width(rps)).toBeCloseTo(pixels));

it("joins edges: rates added, failures weighted, the slowest time", () =>
  expect(
    joined([
      edge("way", "w", "p1", { rps: 3, error_percent: 0, p95_ms: 5 }),
      edge("way", "w", "p2", { rps: 1, error_percent: 100, p95_ms: 50 }),
    ]),
  ).toMatchObject({ rps: 4, error_percent: 25, p95_ms: 50 }));
