import { expect, it } from "vitest";
import { inSimulator, type Problem } from "./leads";

const AT = "http://localhost:6390";
const bot: Problem = { object: "deployment/bot", namespace: "acme-ecp-ai" };

it.each<[string, Problem, boolean, string | null]>([
  [
    "a pod: why it waits, among those of its namespace",
    { ...bot, pod: "bot-1" },
    false,
    "ns=acme-ecp-ai&kind=pods&pod=acme-ecp-ai%2Fbot-1&tab=why",
  ],
  ["the demo's is in the demo's cluster", { ...bot, pod: "bot-1" }, true, "cluster=demo&ns="],
  [
    "no pod was made: the workload",
    bot,
    false,
    "ns=acme-ecp-ai&workload=Deployment%2Facme-ecp-ai%2Fbot",
  ],
  ["a service has no page", { ...bot, object: "service/bot" }, false, null],
  ["what is of no namespace has none", { object: "deployment/bot" }, false, null],
])("%s", (_, problem, demo, search) => {
  const found = inSimulator(problem, AT, demo);
  if (search === null) expect(found).toBe(null);
  else expect(found).toContain(`${AT}/workloads?${search}`);
});

it("a real cluster has no simulator", () =>
  expect(inSimulator({ ...bot, pod: "bot-1" }, "", false)).toBe(null));
