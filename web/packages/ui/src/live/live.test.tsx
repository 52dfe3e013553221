/** What is live: gathered, held still, and said. */
import type { Live } from "@ecp/stream/follow";
import { MantineProvider } from "@mantine/core";
import { act, cleanup, render, screen } from "@testing-library/react";
import { useLayoutEffect } from "react";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { drawn, laidOut, user } from "../testing/drawn";
import { prefer } from "../view/preferences";
import { LiveBadge, liveOf } from "./LiveBadge";
import { pause, useHeld } from "./pausing";
import { gathered } from "./useFollow";

beforeAll(() => {
  laidOut();
  prefer({ language: "en", zone: "UTC" });
});
afterEach(() => {
  cleanup();
  pause(false);
});

describe("messages", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const heard = () => {
    const turns: number[][] = [];
    let turn: number[] = [];
    const inbox = gathered(
      (message) => {
        if (!turn.length) turns.push(turn);
        turn.push(message.sequence ?? 0);
        queueMicrotask(() => {
          turn = [];
        });
      },
      () => turns.push([-1]),
      () => Date.now(),
    );
    return { inbox, turns };
  };

  it("that come in a burst are told at once, and then once a second", async () => {
    const { inbox, turns } = heard();
    for (let n = 1; n <= 50; n += 1) inbox.add({ sequence: n });
    expect(turns).toEqual([[1]]);
    await vi.advanceTimersByTimeAsync(999);
    expect(turns.length).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(turns.map((turn) => turn.length)).toEqual([1, 49]);
  });
  it("are kept while the page is held, in their order, and told when it goes on", async () => {
    const { inbox, turns } = heard();
    pause(true);
    inbox.add({ sequence: 1 });
    inbox.add({ sequence: 2 });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(turns).toEqual([]);
    pause(false);
    inbox.flush();
    expect(turns).toEqual([[1, 2]]);
  });
  it("that are too many to keep are listed again instead", () => {
    const { inbox, turns } = heard();
    pause(true);
    for (let n = 1; n <= 5001; n += 1) inbox.add({ sequence: n });
    pause(false);
    inbox.flush();
    expect(turns).toEqual([[-1]]);
  });
});

function Held({ data, name = "a" }: { data: number | undefined; name?: string }) {
  return <p>{`${useHeld({ data }, name).data}`}</p>;
}

it("shows what was there when it was held, but of another thing what there is", async () => {
  const { rerender } = render(<Held data={1} />);
  act(() => pause(true));
  rerender(<Held data={2} />);
  expect(screen.getByText("1")).toBeTruthy();
  rerender(<Held data={3} name="b" />);
  expect(screen.getByText("3")).toBeTruthy();
  act(() => pause(false));
  rerender(<Held data={4} name="b" />);
  expect(screen.getByText("4")).toBeTruthy();
});

describe("the badge", () => {
  const since = Date.parse("2026-01-05T09:00:00Z");
  // A slow machine draws later than it was asked to.
  beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: since }));
  afterEach(() => void vi.useRealTimers());
  it.each([
    ["live", { state: "live" } as const, "● Live"],
    [
      "waiting",
      { state: "waiting", untilMs: since + 2500, sinceMs: since } as const,
      "↻ Reconnecting in 3 s · Stale since 2026-01-05 09:00:00 UTC",
    ],
    ["stale", { state: "stale", sinceMs: since } as const, "↻ Stale since 2026-01-05 09:00:00 UTC"],
    ["ended", { state: "ended" } as const, "■ Ended"],
  ])("says %s", async (_, live, wanted) => {
    await drawn(<LiveBadge live={live} />);
    expect(screen.getByRole("status").textContent).toBe(wanted);
  });
  it("counts down from the first moment on", () => {
    vi.useFakeTimers({ now: since });
    const seen: (string | undefined)[] = [];
    const Glimpse = () => {
      useLayoutEffect(() => void seen.push(document.querySelector("[role=status]")?.textContent));
      return null;
    };
    const at = (live: Live) => (
      <MantineProvider env="test">
        <LiveBadge live={live} />
        <Glimpse />
      </MantineProvider>
    );
    const { rerender } = render(at({ state: "live" }));
    rerender(at({ state: "waiting", untilMs: since + 2500 }));
    act(() => void vi.advanceTimersByTime(1000));
    expect(seen).toEqual(["● Live", "↻ Reconnecting in 3 s"]);
    expect(screen.getByRole("status").textContent).toBe("↻ Reconnecting in 2 s");
  });
  it("is not live after this machine slept, until something is heard again", async () => {
    vi.useFakeTimers({ now: since });
    const at = (sinceMs: number) => (
      <MantineProvider env="test">
        <LiveBadge live={{ state: "live", sinceMs }} />
      </MantineProvider>
    );
    const { rerender } = render(at(since));
    const said = () => screen.getByRole("status").textContent;
    act(() => void vi.advanceTimersByTime(60_000));
    expect(said()).toBe("● Live");
    vi.setSystemTime(since + 3_600_000);
    act(() => void vi.advanceTimersByTime(1000));
    expect(said()).toBe("↻ Stale since 2026-01-05 09:00:00 UTC");
    rerender(at(Date.now() + 100));
    expect(said()).toBe("● Live");
  });
  it("holds the page still and lets it go", async () => {
    await drawn(<LiveBadge live={{ state: "live" }} />);
    await user.click(screen.getByRole("button", { name: "Hold this page still" }));
    expect(screen.getByRole("status").textContent).toBe("‖ Paused");
    await user.click(screen.getByRole("button", { name: "Go on" }));
    expect(screen.getByRole("status").textContent).toBe("● Live");
  });
  it("says how a page stands that asks again", () => {
    const fine = { isError: false, isSuccess: true, failureCount: 0, dataUpdatedAt: since };
    expect(liveOf(fine)).toEqual({ state: "live", sinceMs: since });
    expect(liveOf({ ...fine, failureCount: 1 })).toEqual({ state: "stale", sinceMs: since });
    expect(liveOf({ ...fine, isSuccess: false, isError: true, dataUpdatedAt: 0 }).state).toBe(
      "connecting",
    );
  });
});
