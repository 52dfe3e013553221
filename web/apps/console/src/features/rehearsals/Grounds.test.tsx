import { drawn } from "@ecp/ui/testing/drawn";
import { prefer } from "@ecp/ui/view/preferences";
import { cleanup, screen } from "@testing-library/react";
import { afterEach, beforeAll, expect, test } from "vitest";
import { Grounds } from "./Grounds";
import { Same } from "./Same";
import type { Row, Runs } from "./types";

beforeAll(() => prefer({ language: "en" }));
afterEach(cleanup);

const row = (kind: Row["kind"], state: string, done: number, runs: number) =>
  ({ kind, state, progress: { done, runs, share: done / runs } }) as Row;
const told = (seeds: readonly number[]) =>
  ({
    variants: [{ demand: { namespace: "acme-ecp-ai" } }],
    runs: seeds.map((seed) => ({ seed })),
  }) as unknown as Runs;
const said = () => document.body.textContent ?? "";

test("says before any figure that it is a forecast, of which runs, and where what happened is", async () => {
  await drawn(<Grounds row={row("campaign", "done", 3, 3)} told={told([7, 8, 9])} />);
  expect(said()).toContain("FORECAST from 3 seeded runs, seeds 7 to 9;");
  expect(said()).toContain("not a promise to a customer");
  expect(screen.getByRole("link").getAttribute("href")).toBe("/tenants/acme/sla");
  expect(document.querySelector("[data-partial]")).toBeNull();
});

test.each([
  ["running", "2 runs that came to their end; 8 are still to come"],
  ["cancelled", "Stopped after 2 of 10 runs"],
  ["failed", "Stopped after 2 of 10 runs"],
])("marks what a campaign that is %s has so far as a part of it", async (state, words) => {
  await drawn(<Grounds row={row("campaign", state, 2, 10)} told={told([0, 1])} />);
  expect(screen.getByRole("status").textContent).toContain(
    `PARTIAL${words[0] === "S" ? words : ""}`,
  );
  expect(said()).toContain(words);
});

test("says that a repetition came out the same with its digest, or where it did not", async () => {
  const digests = { first: "sha256:ab", second: "sha256:ab" };
  await drawn(<Same told={{ digests, identical: true, first_difference: null }} other={4} />);
  expect(said()).toContain("The same as #4, byte for bytesha256:ab");
  cleanup();
  const found = { path: "verdict.passed", first: "true", second: "false" };
  await drawn(<Same told={{ digests, identical: false, first_difference: found }} />);
  expect(said()).toContain("Not the same as the first");
  expect(said()).toContain("verdict.passed: true → false");
  cleanup();
  await drawn(<Same told={{ digests, identical: null, first_difference: null }} />);
  expect(document.querySelector("[data-identical]")).toBeNull();
});
