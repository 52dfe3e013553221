import { expect, test } from "vitest";
import { type Facts, type Need, next } from "./next";

const up: Facts = { deployment_id: "d", phase: "ready", state: "running", started: true };
const pull = { object: "deployment/stt", text: "image", remedy: "name one that is there" };

test.each<[string, Facts, number, Need, string | undefined]>([
  [
    "who is not seen is not said to be well",
    { ...up, live: false, startup: { degraded: [pull] } },
    1,
    "unseen",
    undefined,
  ],
  ["a draft is a draft, seen or not", { state: "draft", live: false }, 0, "deploy", undefined],
  ["a draft is to be deployed", { state: "draft" }, 0, "deploy", undefined],
  [
    "who is stopped is to be started, whatever else",
    { ...up, state: "stopped", sla: { status: "breached" } },
    0,
    "start",
    undefined,
  ],
  [
    "who is started again is waited for, whatever is down meanwhile",
    { ...up, state: "deploying", startup: { degraded: [pull] }, sla: { status: "breached" } },
    0,
    "starting",
    undefined,
  ],
  [
    "who does not start is to be mended",
    { ...up, started: false, startup: { problems: [pull] } },
    0,
    "mend",
    "deployment/stt",
  ],
  ["stalled without a word", { ...up, started: false, phase: "stalled" }, 0, "mend", undefined],
  [
    "who is on its way is waited for",
    { ...up, started: false, phase: "progressing" },
    0,
    "wait",
    undefined,
  ],
  [
    "what is down now comes before what was",
    { ...up, startup: { degraded: [pull] }, sla: { status: "breached" } },
    0,
    "recover",
    "deployment/stt",
  ],
  ["the budget is spent", { ...up, sla: { status: "breached" } }, 3, "spent", undefined],
  ["the budget is nearly spent", { ...up, sla: { status: "at_risk" } }, 3, "spare", undefined],
  ["only an alert", up, 1, "alert", undefined],
  ["all is well", { ...up, sla: { status: "meeting" } }, 0, "nothing", undefined],
])("%s", (_, facts, firing, need, object) => {
  const found = next(facts, firing);
  expect([found.need, found.trouble?.object]).toEqual([need, object]);
});
