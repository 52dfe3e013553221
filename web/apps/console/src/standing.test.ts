import { expect, it } from "vitest";
import { budget, stateShown, stepOf } from "./standing";
import { en } from "./texts/en";
import { ko } from "./texts/ko";

it("has the same keys in both languages", () =>
  expect(Object.keys(ko).sort()).toEqual(Object.keys(en).sort()));

it.each([
  ["no release yet", { deployment_id: null, phase: "created" }, "validate"],
  ["a release on its way", { deployment_id: "d", phase: "applying" }, "deploy"],
  [
    "up, but not measured",
    { deployment_id: "d", phase: "ready", sla: { status: "no_data" } },
    "sla",
  ],
  [
    "confirmed",
    { deployment_id: "d", phase: "ready", started: true, sla: { status: "meeting" } },
    "startup",
  ],
])("%s is a step", (_, tenant, wanted) => expect(stepOf(tenant)).toBe(wanted));

it.each([
  ["stopped, whose release was up", { state: "stopped", phase: "ready" }, "stopped"],
  ["started again, whose release was up", { state: "deploying", phase: "ready" }, "starting"],
  ["a release on its way", { state: "deploying", phase: "progressing" }, "progressing"],
  ["nothing released", { state: "draft", phase: "created" }, "draft"],
])("%s is shown as it is", (_, tenant, wanted) => expect(stateShown(tenant)).toBe(wanted));

it("a day at 99.5 % may be down for 7.2 minutes", () => {
  const left = budget(99.5, 12.6666);
  expect(left?.allowed).toBeCloseTo(432, 6);
  expect(left?.remaining).toBeCloseTo(-328, 1);
  expect(budget(null, 1)).toBeNull();
});
