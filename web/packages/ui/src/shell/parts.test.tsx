/** Parts that do not come: said once, asked for again only by somebody, the page loaded anew once a build. */
import { act, cleanup, render, screen, waitFor } from "@testing-library/react";
import { Component, type ReactNode, StrictMode, Suspense } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { entryOf, isNotLoaded, NotLoaded, part, reloadIfReplaced, reloadWhenBack } from "./parts";

const GONE = new TypeError("Failed to fetch dynamically imported module: /assets/Home-abc.js");
const page = (entry: string) => `<html><script type="module" src="${entry}"></script></html>`;

class Boundary extends Component<{ children: ReactNode }> {
  override state: { error: unknown } = { error: null };
  static getDerivedStateFromError(error: unknown) {
    return { error };
  }
  override render() {
    return this.state.error === null ? this.props.children : String(this.state.error);
  }
}

const shown = (Shown: ReturnType<typeof part>) =>
  act(async () => {
    render(
      <StrictMode>
        <Boundary>
          <Suspense fallback="…">
            <Shown />
          </Suspense>
        </Boundary>
      </StrictMode>,
    );
  });

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe("a part", () => {
  it("is asked for once, and shown", async () => {
    const load = vi.fn(async () => ({ default: () => <p>here</p> }));
    await shown(part(load));
    expect(await screen.findByText("here")).toBeTruthy();
    expect(load).toHaveBeenCalledTimes(1);
  });
  it("that does not come is asked for once, not for ever", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const load = vi.fn(() => Promise.reject(GONE));
    await shown(part(load));
    expect(await screen.findByText(/NotLoaded/)).toBeTruthy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(load).toHaveBeenCalledTimes(1);
  });
  it("that did not come when a pointer was over its link is asked for when it is gone to", async () => {
    const load = vi.fn(async () => ({ default: () => <p>now</p> }));
    load.mockRejectedValueOnce(GONE);
    const Shown = part(load);
    await Shown.preload();
    await shown(Shown);
    expect(await screen.findByText("now")).toBeTruthy();
  });
  it.each([
    [GONE, true],
    [new Error("Importing a module script failed."), true],
    [new NotLoaded("x"), true],
    [new Error("no such pod"), false],
    ["text", false],
  ])("knows that error: %s", (error, wanted) => expect(isNotLoaded(error)).toBe(wanted));
});

describe("another build", () => {
  beforeEach(() => {
    sessionStorage.clear();
    document.head.innerHTML = '<script type="module" src="/assets/console-1.js"></script>';
  });
  afterEach(() => {
    document.head.innerHTML = "";
  });
  const answers = (text: string | null, ok = true) =>
    vi.stubGlobal("fetch", async () => {
      if (text === null) throw new TypeError("Failed to fetch");
      return { ok, text: async () => text };
    });

  it.each([
    ["another build", page("/assets/console-2.js"), true],
    ["the same build", page("/assets/console-1.js"), false],
    ["nobody answers", null, false],
    ["a plain page", "<p>ECP</p>", false],
  ])("%s", async (_, text, wanted) => {
    answers(text);
    const reload = vi.fn();
    expect(await reloadIfReplaced(reload)).toBe(wanted);
    expect(reload).toHaveBeenCalledTimes(wanted ? 1 : 0);
  });
  it("is loaded once: where it does not help, nothing is loaded again and again", async () => {
    answers(page("/assets/console-2.js"));
    const reload = vi.fn();
    for (let i = 0; i < 3; i += 1) await reloadIfReplaced(reload);
    await waitFor(() => expect(reload).toHaveBeenCalledTimes(1));
  });
  it("is told by the script that a page begins with", () => {
    expect(entryOf(page("/a.js"))).toBe("/a.js");
    expect(entryOf("")).toBeNull();
  });
});

describe("a service that is back", () => {
  afterEach(() => vi.useRealTimers());
  it.each<[string, (boolean | null)[], number]>([
    ["brings the page, once", [null, false, true, true], 1],
    ["was never away: what is missing is missing", [true, true, true, true], 0],
    ["is still away", [null, null, null, null], 0],
  ])("%s", async (_, answers, wanted) => {
    vi.useFakeTimers();
    const left = [...answers];
    vi.stubGlobal("fetch", async () => {
      const ok = left.shift();
      if (ok === null || ok === undefined) throw new TypeError("Failed to fetch");
      return { ok };
    });
    const reload = vi.fn();
    const stop = reloadWhenBack(reload);
    await vi.advanceTimersByTimeAsync(16_000);
    stop();
    expect(reload).toHaveBeenCalledTimes(wanted);
  });
});
