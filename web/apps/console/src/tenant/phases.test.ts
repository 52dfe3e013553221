import { expect, test } from "vitest";
import { type Known, phases, worst } from "./phases";

const up: Known = {
  deployment_id: "d1",
  phase: "ready",
  started: true,
  sla: { status: "meeting" },
};

test.each<[string, Known, string, string | null]>([
  [
    "nothing is released: the manifest is to be judged",
    {},
    "now waiting waiting waiting",
    "validate",
  ],
  ["up and measured: all done", up, "done done done done", null],
  ["on its way", { deployment_id: "d1", phase: "progressing" }, "done now now now", "deploy"],
  [
    "a breach is the SLA's, not the deployment's",
    { ...up, sla: { status: "breached" } },
    "done done bad done",
    "sla",
  ],
  ["stopped: it has to start again", { ...up, state: "stopped" }, "done done done waiting", null],
  ["started again: it comes up", { ...up, state: "deploying" }, "done done done now", "startup"],
  ["at risk", { ...up, sla: { status: "at_risk" } }, "done done risky done", "sla"],
  [
    "it does not start",
    { ...up, phase: "stalled", started: false },
    "done done done bad",
    "startup",
  ],
  [
    "what did not start comes before a risk",
    { ...up, sla: { status: "at_risk" }, startup: { stalled: true } },
    "done done risky bad",
    "startup",
  ],
  ["its release failed", { ...up, phase: "failed" }, "done bad done done", "deploy"],
  [
    "measured too little to judge",
    { ...up, sla: { status: "no_data" } },
    "done done now done",
    "sla",
  ],
])("%s", (_, tenant, come, first) => {
  const found = phases(tenant);
  expect(Object.values(found).join(" ")).toBe(come);
  expect(worst(found)).toBe(first);
});
