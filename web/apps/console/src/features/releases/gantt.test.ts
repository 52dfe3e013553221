import { expect, test } from "vitest";
import { byWave, critical, drawn, type Told } from "./gantt";

const told: Told = {
  began: "2026-11-27T00:00:00Z",
  waits: false,
  waves: [
    {
      wave: "foundation",
      state: "ready",
      objects: 1,
      applied: 1,
      applied_at: "2026-11-27T00:00:00Z",
    },
    { wave: "support", state: "ready", objects: 2, applied: 2, applied_at: "2026-11-27T00:00:01Z" },
    { wave: "main", state: "waiting", objects: 1, applied: 1, applied_at: "2026-11-27T00:00:30Z" },
  ],
  steps: [
    { action: "apply", kind: "Namespace", name: "acme" },
    { action: "apply", kind: "Deployment", name: "nlp" },
    { action: "apply", kind: "Service", name: "nlp" },
    { action: "apply", kind: "Deployment", name: "chatbot" },
  ],
  startup: {
    judged_at: "2026-11-27T00:01:40Z",
    seconds: null,
    conditions: {
      workloads_available: { met: false, seconds: null },
      services_with_endpoints: { met: true, seconds: 25 },
    },
    workloads: [
      { object: "deployment/nlp", desired: 2, ready: 2, available: true, seconds: 20 },
      { object: "deployment/chatbot", desired: 3, ready: 1, available: false, seconds: null },
    ],
  },
};
const names = {
  wave: (name: string) => name,
  condition: (name: string) => name,
  conditions: "conditions",
  count: (done: number, of: number) => `${done}/${of}`,
  took: (seconds: number) => `${seconds}s`,
};
const said = (row: { segments: readonly { doing: string; from: number; to: number }[] }) =>
  row.segments.map((one) => `${one.doing} ${one.from}-${one.to}`).join(" ");

test("objects belong to the wave in whose place they stand", () => {
  expect(byWave(told.waves, told.steps).map((own) => own.map((one) => one.name))).toEqual([
    ["acme"],
    ["nlp", "nlp"],
    ["chatbot"],
  ]);
});

test("a release on its way: who waits, who works, who is ready", () => {
  const { rows, whole } = drawn(told, names);
  expect(Object.fromEntries(rows.map((row) => [row.id, said(row)]))).toEqual({
    foundation: "ready 0-100",
    support: "waiting 0-1 working 1-20 ready 20-100",
    "deployment/nlp": "waiting 0-1 working 1-20 ready 20-100",
    main: "waiting 0-30 working 30-100",
    "deployment/chatbot": "waiting 0-30 working 30-100",
    conditions: "",
    workloads_available: "",
    services_with_endpoints: "",
  });
  expect(rows.find((row) => row.id === "conditions")?.after).toBe("1/2");
  expect(rows.map((row) => row.mark).filter((mark) => mark !== undefined)).toEqual([null, 25]);
  expect(rows.find((row) => row.critical)?.id).toBe("deployment/chatbot");
  expect(whole).toBeCloseTo(102);
});

test("who is not up when nothing more is to be expected is late, and so is its wave", () => {
  const { rows } = drawn({ ...told, stuck: true }, names);
  expect(rows.filter((row) => said(row).includes("late")).map((row) => row.id)).toEqual([
    "main",
    "deployment/chatbot",
  ]);
});

test("a workload that the release leaves as it is has been ready all the time", () => {
  const workloads = [
    { object: "deployment/nlp", desired: 2, ready: 2, available: true, seconds: 0 },
  ];
  const { rows } = drawn({ ...told, startup: { ...told.startup, workloads } }, names);
  expect(rows.find((row) => row.id === "deployment/nlp")?.segments).toEqual([
    { from: 0, to: 100, doing: "ready" },
  ]);
});

test("pods of an earlier template are none of this release", () => {
  const workloads = [
    { object: "deployment/nlp", desired: 2, ready: 2, updated: 0, available: false, seconds: null },
  ];
  const { rows } = drawn({ ...told, startup: { ...told.startup, workloads } }, names);
  expect(rows.find((row) => row.id === "deployment/nlp")?.after).toBe("0/2");
});

test("the axis reaches as far as the end is expected", () => {
  expect(drawn({ ...told, expected: 300 }, names).whole).toBeCloseTo(306);
});

test("one that is up ends when it was confirmed, whatever was looked at later", () => {
  const startup = { ...told.startup, seconds: 40, judged_at: "2026-11-27T09:00:00Z" };
  expect(drawn({ ...told, startup }, names).whole).toBeCloseTo(40.8);
});

test.each([
  ["nothing moved yet", { judged_at: told.began, seconds: null }, ""],
  ["it changed nothing, and was up at once", { judged_at: told.began, seconds: 0 }, "ready 0-10"],
])("an axis is never shorter than ten seconds: %s", (_, startup, bars) => {
  const found = drawn({ ...told, startup, waves: told.waves.slice(0, 1) }, names);
  expect(found.whole).toBeCloseTo(10.2);
  expect(said(found.rows[0] ?? { segments: [] })).toBe(bars || "ready 0-1");
});

test.each<[string, boolean, string[]]>([
  ["sent one after another: the slowest of all", false, ["c"]],
  ["each waits for the one before: the slowest of each", true, ["b", "c"]],
])("the end depends on %s", (_, waits, found) => {
  const groups = [
    [
      { object: "a", seconds: 5 },
      { object: "b", seconds: 9 },
    ],
    [{ object: "c", seconds: 30 }],
    [{ object: "d", seconds: 0 }],
  ];
  expect([...critical(groups, waits)]).toEqual(found);
});
