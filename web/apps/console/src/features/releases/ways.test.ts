import { expect, test } from "vitest";
import { isTroubled, waysOf } from "./ways";

const others = [
  { revision: 3, started: false },
  { revision: 2, started: false },
  { revision: 1, started: true },
];

test.each<[string, number, string, number | undefined, string, number?]>([
  ["it is up: sent again", 3, "ready", 3, "again"],
  [
    "it is stuck: back to the last that was up, or sent again",
    3,
    "stalled",
    3,
    "back 1 from 3, again",
  ],
  ["none before it was up: told so, and sent again", 1, "failed", 1, "none, again"],
  ["an earlier one: back to it, and nothing that looks the same", 2, "ready", 3, "back 2 from 3"],
  ["one of which nothing was sent: deployed anew", 4, "blocked", 3, "deploy"],
  ["on its way: nothing before it has ended", 3, "progressing", 3, ""],
  ["on its way, and something keeps it: back at once", 3, "progressing", 3, "back 1 from 3", 2],
  ["the first, on its way, and something keeps it: told", 1, "progressing", 1, "none", 2],
  ["up once, and its pods are down: back, or sent again", 3, "ready", 3, "back 1 from 3, again", 1],
  ["the first, up once: sent again", 1, "ready", 1, "again", 1],
  ["one that is rehearsed is not on the cluster", 4, "rehearsing", 3, "", 2],
  ["it is not known yet which is current", 3, "ready", undefined, ""],
])("%s", (_, revision, phase, current, wanted, problems = 0) => {
  const troubled = isTroubled(phase, problems);
  const said = waysOf({ revision, phase, current, troubled, others }).map((way) =>
    way.does === "back" ? `back ${way.to} from ${way.from}` : way.does,
  );
  expect(said.join(", ")).toBe(wanted);
});

test("nothing is told of the way back before the earlier ones are known", () => {
  const known = { revision: 3, phase: "stalled", current: 3, troubled: true };
  expect(waysOf({ ...known, others: undefined })).toEqual([{ does: "again" }]);
});
