import { drawn } from "@ecp/ui/testing/drawn";
import { prefer } from "@ecp/ui/view/preferences";
import { cleanup } from "@testing-library/react";
import { afterEach, beforeAll, expect, test } from "vitest";
import { Summary } from "./Summary";
import type { Report } from "./types";

beforeAll(() => prefer({ language: "en" }));
afterEach(cleanup);

const means = { error_rate: 0, response_time: 100 };
const minute = {
  at: "2026-01-05T10:04:00Z",
  error_rate: 50,
  down_seconds: 30,
  response_time: 140,
  others_seconds: 0,
};
const RECOVERED = { first_seconds: 6, kept_seconds: 6, relapses: 0 };
const report = (change: object) =>
  ({
    failure: { recovered_at: "2026-01-05T10:02:06Z" },
    effect: { before: means },
    cost: { down_seconds: 90, target_sla: 99.5, budget_seconds: 12_960, budget_percent: 0.7 },
    worst_minute: minute,
    recovery: RECOVERED,
    open: null,
    alerts: [],
    unjudged: null,
    ...change,
  }) as unknown as Report;

const unseen = { ...means, error_rate: null };
test.each([
  ["of which span the budget is", {}, "0.7 % of what 99.5 % allows in 30 days (3 h 36 min)"],
  ["that all stayed well", {}, "6 safter its end, and it stayed so"],
  [
    "since when it did where errors came back",
    { recovery: { ...RECOVERED, kept_seconds: 265, relapses: 1 } },
    "4 min 25 safter its end, for good: whole at first after 6 s, then down by it again (1×)",
  ],
  ["how long its worst minute was down", {}, "30 s of it down; 0 % before"],
  [
    "who found it down where no request failed",
    { worst_minute: { ...minute, error_rate: 0 } },
    "30 s of it down as probes saw, no request failed",
  ],
  [
    "what others took meanwhile",
    { worst_minute: { ...minute, others_seconds: 15 } },
    "; 15 s more in its minutes by other causes",
  ],
  ["that nobody asked before", { effect: { before: unseen } }, "before: no request"],
])("says %s", async (_, change, words) => {
  await drawn(<Summary told={report(change)} />);
  expect((document.body.textContent ?? "").replaceAll(/[\u202f\u00a0]/g, " ")).toContain(words);
});
