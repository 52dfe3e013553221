import { expect, test } from "vitest";
import { longest, put, shares } from "./incidents";

const failures = [
  { id: "f1", title: "Workload hangs", targets: ["deployment/nlp"] },
  { id: "f2", title: "Node down", targets: [] },
];
const hang = { started_at: "a", duration_seconds: 7190, causes: [{ kind: "fault", id: "f1" }] };
const load = { started_at: "b", duration_seconds: 60, causes: [{ kind: "load", id: "" }] };
const open = { started_at: "c", duration_seconds: null, age_seconds: 90, causes: [] };

test("a cause is called by the fault's title and whom it hit; what is not known, by its kind", () => {
  expect(put(hang, failures)).toBe("Workload hangs (deployment/nlp)");
  expect(put({ ...hang, causes: [{ kind: "fault", id: "f2" }] }, failures)).toBe("Node down");
  expect(put({ ...hang, causes: [{ kind: "fault", id: "f9" }] }, failures)).toBe("fault f9");
  expect(put(load, undefined)).toBe("load");
  const rollouts = ["a1", "a2", "a3", "a4"].map((id) => ({ kind: "rollout", id }));
  expect(put({ ...load, causes: rollouts }, [])).toBe("rollout a1, rollout a2, +2");
  const word = (kind: string, count: number) => `${count} ${kind}`;
  expect(put({ ...hang, causes: [...hang.causes, ...rollouts] }, failures, word)).toBe(
    "Workload hangs (deployment/nlp), 4 rollout",
  );
  expect(put(open, failures)).toBe("");
});

test("losses add up by whom a fault hit, and one that is open counts as long as it has lasted", () => {
  expect(shares([load, hang, open, hang], failures, "?")).toEqual([
    { name: "deployment/nlp", count: 2, seconds: 14380 },
    { name: "?", count: 1, seconds: 90 },
    { name: "load", count: 1, seconds: 60 },
  ]);
  expect(longest([load, open])).toBe(open);
  expect(longest([])).toBeUndefined();
});
