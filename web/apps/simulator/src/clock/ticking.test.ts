import { pause } from "@ecp/ui/live/pausing";
import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type ClockState, useTicking } from "./useCluster";

const HEARD = Date.parse("2026-11-27T00:00:00Z");
const CLOCK: ClockState = { now: "2026-01-05T00:00:00.000000Z", speed: 60 };

beforeEach(() => {
  vi.useFakeTimers({ now: HEARD });
});
afterEach(() => {
  pause(false);
  vi.useRealTimers();
});

/** Return how many seconds a clock has gone on at each of four seconds; the page is held after two. */
function seen(clock: ClockState): number[] {
  const { result } = renderHook(() => useTicking(clock, HEARD));
  return [1, 2, 3, 4].map((second) => {
    act(() => vi.advanceTimersByTime(1000));
    const gone = (result.current - Date.parse(CLOCK.now ?? "")) / 1000;
    if (second === 2) act(() => pause(true));
    return gone;
  });
}

it.each<[string, Partial<ClockState>, number[]]>([
  ["goes on at its speed, and stands while the page is held", {}, [60, 120, 120, 120]],
  ["stands when it is paused", { paused: true }, [0, 0, 0, 0]],
  ["is not guessed at while it warps", { warping_to: "2026-02-01T00:00:00Z" }, [0, 0, 0, 0]],
  [
    "is not guessed at while it catches up",
    { catching_up_to: "2026-02-01T00:00:00Z" },
    [0, 0, 0, 0],
  ],
])("a clock %s", (_, how, gone) => {
  expect(seen({ ...CLOCK, ...how })).toEqual(gone);
});
