import { expect, test } from "vitest";
import { stateShown } from "../../standing";
import { endangered } from "./danger";
import type { Standing } from "./tour";

const up: Standing = {
  tenant_id: "a",
  phase: "ready",
  deployment_id: "d",
  started: true,
  sla: { status: "meeting" },
};
const why = { object: "deployment/x", text: "5 of 35 pods wait for a node" };
const cases: Record<string, [Standing, string | undefined]> = {
  "who is up and keeps the promise is not": [up, undefined],
  "nor who was never released": [{ tenant_id: "a", phase: "created" }, undefined],
  "nor who was stopped": [{ ...up, state: "stopped", startup: { degraded: [why] } }, undefined],
  "who comes up is not": [{ ...up, phase: "progressing", started: false }, undefined],
  "a release that cannot come up is, before any deadline": [
    { ...up, phase: "progressing", started: false, sla: null, startup: { problems: [why] } },
    "stuck",
  ],
  "and after it, whatever it says": [{ ...up, phase: "stalled", started: false }, "stuck"],
  "who was up and restarts is down, and no release that does not come up": [
    { ...up, phase: "ready", started: false, startup: { problems: [why] } },
    "down",
  ],
  "pods that went away": [{ ...up, startup: { degraded: [why] } }, "down"],
  "a broken promise": [{ ...up, sla: { status: "breached" } }, "breached"],
  "one nearly broken": [{ ...up, sla: { status: "at_risk" } }, "at_risk"],
};

for (const [name, [tenant, kind]] of Object.entries(cases))
  test(name, () => expect(endangered([tenant])[0]?.kind).toBe(kind));

test("the worst is first, with the first of its troubles", () => {
  const stuck = { ...up, tenant_id: "b", phase: "stalled", startup: { problems: [why, why] } };
  const found = endangered([{ ...up, sla: { status: "at_risk" } }, stuck]);
  expect(found.map((one) => one.tenant)).toEqual(["b", "a"]);
  expect(found[0]).toMatchObject({ trouble: why, troubles: 2 });
});

test.each([
  ["that was up and does not come up again", { startup: { stalled: true } }, "stuck", "stalled"],
  ["on its way", { phase: "progressing", startup: { problems: [why] } }, "stuck", "progressing"],
  ["with pods that went away", { started: true, startup: { degraded: [why] } }, "down", "degraded"],
  ["that restarts", { startup: { problems: [why] } }, "down", "degraded"],
])("the word beside one %s is none of a tenant that is well", (_, change, kind, word) => {
  const one: Standing = { ...up, started: false, ...change };
  expect(endangered([one])[0]?.kind).toBe(kind);
  expect(stateShown(one)).toBe(word);
});
