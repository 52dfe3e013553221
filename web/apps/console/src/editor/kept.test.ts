/** A draft is there for whoever asks, and is written down before the page goes. */
import { beforeEach, expect, it, vi } from "vitest";
import { keep, kept } from "./kept";

const LONG = "a: b\n".repeat(20_000);
const stored = (name: string) => sessionStorage.getItem(`ecp.draft.${name}`);

beforeEach(() => sessionStorage.clear());

it("writes a short text at once", () => {
  keep("x", "a: 1");
  expect(stored("x")).toBe("a: 1");
});

it.each([
  ["the page goes", () => dispatchEvent(new Event("pagehide"))],
  ["the tab sleeps", () => document.dispatchEvent(new Event("visibilitychange"))],
  ["nobody writes for a while", () => vi.runAllTimers()],
])("writes a long text once %s, and has it before", (_, then) => {
  vi.useFakeTimers();
  keep("x", LONG);
  expect([kept("x"), stored("x")]).toEqual([LONG, null]);
  then();
  expect(stored("x")).toBe(LONG);
  vi.useRealTimers();
});

it("forgets a long text that is thrown away before it is written", () => {
  keep("x", LONG);
  keep("x", null);
  dispatchEvent(new Event("pagehide"));
  expect([kept("x"), stored("x")]).toEqual([null, null]);
});
