/** What is no answer of a service is never taken for a success. */
import { afterAll, expect, it, vi } from "vitest";
import { refused } from "../layout/ProblemView";
import { answered } from "../testing/origin";
import { restless } from "./restless";

const answers: Response[] = [];
answered(async () => answers.shift());
const { atOrchestrator } = await import("./ask");
afterAll(() => vi.unstubAllGlobals());

const asked = (answer: Response) => {
  answers.push(answer);
  return atOrchestrator.GET("/api/v1/settings").then(
    ({ data, error }) => ({ data, error }),
    (thrown: Error) => ({ thrown: thrown.message, refused: refused(thrown) }),
  );
};
const json = { "Content-Type": "application/json" };

it.each([
  ["a proxy's page", new Response("<html>", { status: 502 }), "HTTP 502", false],
  [
    "nothing at all",
    new Response(null, { status: 500, headers: { ...json, "Content-Length": "0" } }),
    "HTTP 500",
    false,
  ],
  ["a proxy's refusal", new Response("too large", { status: 413 }), "HTTP 413", true],
])("fails by %s", async (_, answer, thrown, isRefused) => {
  expect(await asked(answer)).toEqual({ thrown, refused: isRefused });
});

it.each([
  ["nobody answered", { status: "error", error: new TypeError("fetch") }, 5000],
  ["it was refused", { status: "error", error: { status: 404 } }, false],
  ["the service says what is wrong", { status: "error", error: { detail: "no" } }, false],
  ["it was answered", { status: "success", error: null }, false],
])("where %s, it is asked again by itself or not", (_, state, wait) => {
  expect(restless({ state })).toBe(wait);
});

it("has what a service says, good or bad", async () => {
  expect(await asked(new Response("{}", { headers: json }))).toEqual({ data: {} });
  const told = new Response('{"title": "NO"}', { status: 422, headers: json });
  expect(await asked(told)).toEqual({ error: { title: "NO" } });
});

it("waits half a minute for an answer, but for what changes something as long as it takes", async () => {
  vi.useFakeTimers();
  vi.stubGlobal(
    "fetch",
    (_: Request, init?: RequestInit) =>
      new Promise((_answer, refuse) => {
        init?.signal?.addEventListener("abort", () => refuse(init.signal?.reason));
      }),
  );
  const ends = { got: "", posted: "" };
  const noted = (name: keyof typeof ends) => (thrown: Error) => {
    ends[name] = thrown.message;
  };
  const path = { tenant_id: "a" };
  void atOrchestrator.GET("/api/v1/settings").catch(noted("got"));
  void atOrchestrator
    .POST("/api/v1/tenants/{tenant_id}/stop", { params: { path } })
    .catch(noted("posted"));
  await vi.advanceTimersByTimeAsync(29_000);
  expect(ends.got).toBe("");
  await vi.advanceTimersByTimeAsync(3_600_000);
  vi.useRealTimers();
  expect(ends).toEqual({ got: "no answer", posted: "" });
});
