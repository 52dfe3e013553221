import { expect, test } from "vitest";
import { checks, type Report, span, waterfall, whole } from "./waterfall";

const report: Report = {
  began: "2026-11-27T00:00:00Z",
  judged_at: "2026-11-27T00:02:00Z",
  seconds: null,
  workloads: [
    { object: "deployment/web", desired: 2, ready: 2, available: true, seconds: 0, stages: null },
    {
      object: "deployment/stt",
      desired: 1,
      ready: 1,
      available: true,
      seconds: 90,
      gpus: { bound: 1, wanted: 1 },
      stages: { created: 1, scheduled: 3, pulled: 40, started: 42, ready: 90 },
    },
    {
      object: "deployment/llm",
      desired: 2,
      ready: 1,
      available: false,
      seconds: null,
      gpus: { bound: 1, wanted: 2 },
      stages: { created: 1, scheduled: null, started: null, ready: null },
    },
    { object: "job/init", desired: 1, ready: 0, available: false, seconds: null },
  ],
  services: [
    { object: "service/web-service", available: true },
    { object: "service/llm", available: false },
  ],
  entries: [{ object: "deployment/web", served: false }],
};

test("who is not up stands first, then the slowest; each stage from the end of the one before", () => {
  const rows = waterfall(
    report,
    (seconds) => `${seconds}s`,
    (ready, of) => `${ready}/${of}`,
  );
  const said = rows.map((row) =>
    [
      row.id,
      row.critical ? "!" : "",
      ...row.segments.map((one) => `${one.doing} ${one.from}-${one.to}`),
      row.after,
    ].join(" "),
  );
  expect(said).toEqual([
    "deployment/llm ! waiting 0-1 scheduling 1-120 1/2",
    "job/init  late 0-120 0/1",
    "deployment/stt  waiting 0-1 scheduling 1-3 pulling 3-40 starting 40-42 probing 42-90 ready 90-120 90s",
    "deployment/web  ready 0-120 0s",
  ]);
});

test("a pod that was made after its workload was up tells of another start", () => {
  const stages = { created: 900, scheduled: 901, pulled: 910, started: 911, ready: 950 };
  const web = {
    object: "deployment/web",
    desired: 1,
    ready: 1,
    available: true,
    seconds: 20,
    stages,
  };
  const [row] = waterfall({ ...report, seconds: 30, workloads: [web] }, String, String);
  expect(row?.segments.map((one) => `${one.doing} ${one.from}-${one.to}`)).toEqual([
    "working 0-20",
    "ready 20-30",
  ]);
});

test("a start-up lasts until it was confirmed, or until now", () => {
  expect(whole(report)).toBe(120);
  expect(whole({ ...report, seconds: 95 })).toBe(95);
  expect(whole({})).toBe(1);
  expect([span({}), span(report)]).toEqual([10, 120]);
});

test.each<[string, number, object]>([
  [
    "up, unchanged, and nobody was served by it",
    0,
    { pods: true, started: true, probed: true, endpoints: true, gpu: null, served: false },
  ],
  [
    "with a GPU and without a Service",
    1,
    { pods: true, started: true, probed: true, endpoints: null, gpu: true, served: null },
  ],
  [
    "half of it waits for a node with a GPU",
    2,
    { pods: false, started: false, probed: false, endpoints: false, gpu: false, served: null },
  ],
  [
    "nothing is known of its containers",
    3,
    { pods: false, started: null, probed: false, endpoints: null, gpu: null, served: null },
  ],
])("what is checked: %s", (_, index, found) => {
  const one = report.workloads?.[index];
  expect(one && checks(report, one)).toEqual(found);
});
