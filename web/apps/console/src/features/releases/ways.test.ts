import { expect, test } from "vitest";
import { waysOf } from "./ways";

const others = [
  { revision: 3, started: false },
  { revision: 2, started: false },
  { revision: 1, started: true },
];

test.each<[string, number, string, number | undefined, string]>([
  ["it is up: sent again", 3, "ready", 3, "again"],
  [
    "it is stuck: back to the last that was up, or sent again",
    3,
    "stalled",
    3,
    "back 1 from 3, again",
  ],
  ["an earlier one: back to it, and nothing that looks the same", 2, "ready", 3, "back 2 from 3"],
  ["one of which nothing was sent: deployed anew", 4, "blocked", 3, "deploy"],
  ["on its way: nothing before it has ended", 3, "progressing", 3, ""],
  ["it is not known yet which is current", 3, "ready", undefined, ""],
])("%s", (_, revision, phase, current, wanted) => {
  const said = waysOf({ revision, phase, current, others }).map((way) =>
    way.does === "back" ? `back ${way.to} from ${way.from}` : way.does,
  );
  expect(said.join(", ")).toBe(wanted);
});
