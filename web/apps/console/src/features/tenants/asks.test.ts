import { expect, test } from "vitest";
import { asksOf } from "./asks";

test("a summary is read in the units that figures are shown in", () => {
  const summary = {
    estimated_pods: 1,
    total_cpu: "250m",
    total_memory: "512Mi",
    total_gpu: 2,
    total_storage: "100Gi",
  };
  expect(asksOf(summary)).toEqual({
    pods: 1,
    cpu: 250,
    memory: 512 * 2 ** 20,
    gpus: 2,
    storage: 100 * 2 ** 30,
  });
  expect(asksOf({})).toEqual({ pods: 0, cpu: 0, memory: 0, gpus: 0, storage: 0 });
});
