import { expect, it } from "vitest";
import { stateShown, stepOf } from "./standing";
import { en } from "./texts/en";
import { ko } from "./texts/ko";

it("has the same keys in both languages", () =>
  expect(Object.keys(ko).sort()).toEqual(Object.keys(en).sort()));

it.each([
  ["no release yet", { deployment_id: null, phase: "created" }, "validate"],
  ["a release on its way", { deployment_id: "d", phase: "applying" }, "deploy"],
  ["one that does not come up", { deployment_id: "d", phase: "stalled" }, "startup"],
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
