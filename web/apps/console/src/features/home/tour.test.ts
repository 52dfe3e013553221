import { expect, test } from "vitest";
import { BROKEN, type Failure, left, progress, SHOWN, SPIKE, type Standing } from "./tour";

const up = (tenant_id: string): Standing => ({
  tenant_id,
  phase: "ready",
  deployment_id: "d",
  sla: { status: "meeting" },
});
const spike: Failure = {
  id: "f2",
  fault: "cpu_spike",
  state: "running",
  origin: { kind: "request" },
  tenants: [SPIKE.tenant],
  started_at: "2026-01-05T00:00:00Z",
  until: null,
  ended_at: null,
  recovery_seconds: null,
};
const nothing = { tenants: [], failures: [], commands: [] };
const cases = {
  "nothing has happened": [nothing, []],
  "tenants that run and are measured are live": [{ ...nothing, tenants: SHOWN.map(up) }, ["live"]],
  "one that is not measured yet is not": [
    { ...nothing, tenants: [...SHOWN.slice(1).map(up), { ...up(SHOWN[0]), sla: null }] },
    [],
  ],
  "a draft is not mended": [{ ...nothing, tenants: [{ tenant_id: BROKEN, phase: "created" }] }, []],
  "a release on its way is mended, and not deployed": [
    { ...nothing, tenants: [{ ...up(BROKEN), phase: "progressing" }] },
    ["mend"],
  ],
  "one that is up is": [{ ...nothing, tenants: [up(BROKEN)] }, ["mend", "deploy"]],
  "a spike that somebody asked for counts": [{ ...nothing, failures: [spike] }, ["spike"]],
  "one that came by itself does not": [
    { ...nothing, failures: [{ ...spike, origin: { kind: "background" } }] },
    [],
  ],
  "nor one of another tenant": [{ ...nothing, failures: [{ ...spike, tenants: ["other"] }] }, []],
  "over is not healed": [{ ...nothing, failures: [{ ...spike, ended_at: "x" }] }, ["spike"]],
  "recovered is": [
    { ...nothing, failures: [{ ...spike, ended_at: "x", recovery_seconds: 0 }] },
    ["spike", "heal"],
  ],
  "a command of ecp in the audit log": [
    { ...nothing, commands: [{ summary: "x", action: "tenant.stop" }] },
    ["cli"],
  ],
  "but not that the demo was made by one": [
    { ...nothing, commands: [{ summary: "x", action: "demo.make" }] },
    [],
  ],
} as const;

for (const [name, [seen, done]] of Object.entries(cases))
  test(name, () => expect([...progress(seen).done]).toEqual(done));

test("what is left follows from how fast it went so far", () => {
  const from = { share: 0.2, atMs: 0 };
  expect(left(from, 0.6, 10_000)).toBeCloseTo(10);
  expect(left(from, 0.2, 10_000)).toBeNull();
});
