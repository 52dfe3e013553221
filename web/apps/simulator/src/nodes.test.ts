import { describe, expect, it } from "vitest";
import { filled, quantity, waits } from "./nodes";
import { en } from "./texts/en";
import { ko } from "./texts/ko";

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

describe("nodes", () => {
  const node = {
    metadata: { name: "n" },
    status: { allocatable: { cpu: "4" }, conditions: [{ type: "Ready", status: "True" }] },
  };
  const pod = (name: string, phase: string, cpu: string) => ({
    metadata: { name, namespace: "a" },
    spec: { nodeName: "n", containers: [{ resources: { requests: { cpu } } }] },
    status: { phase },
  });
  it("count what runs on them, not what has ended", () => {
    const [one] = filled(
      [node],
      [pod("a", "Running", "500m"), pod("b", "Succeeded", "2"), pod("c", "Running", "1")],
      "cpu",
    );
    expect([one?.requested, one?.total, one?.pods.length, one?.ready]).toEqual([1.5, 4, 2, true]);
  });
  it("are waited for with the scheduler's reason", () => {
    const message = "0/3 nodes are available";
    expect(
      waits({
        metadata: { name: "p", namespace: "a" },
        status: {
          phase: "Pending",
          conditions: [{ type: "PodScheduled", status: "False", message }],
        },
      }),
    ).toBe(message);
    expect(waits(pod("a", "Pending", "1"))).toBeNull();
  });
});
