import { MantineProvider } from "@mantine/core";
import { fireEvent, render, screen } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { micros } from "./replay";
import { Scrubber } from "./Scrubber";
import type { History } from "./useHistory";

const HISTORY: History = {
  from: "2026-01-05T00:00:00.000000Z",
  to: "2026-01-05T10:00:00.000000Z",
  step_seconds: 3600,
  changes: [9, 0, 3, 0, 0, 0, 0, 0, 0, 1],
  lanes: { release: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0], warning: Array(10).fill(0) },
  pods_ready: [1, 2, 3, 3, 3, 2, 3, 3, 3, 3],
  kept: { changes: 13, most: 100, lasting: 30, since: "2026-01-05T00:00:00.000000Z" },
  clock: { now: "2026-01-05T10:00:00.000000Z" },
};

it("is moved by the keyboard, draws only lanes in which something is, and faults as long as they lasted", () => {
  const seek = vi.fn();
  const { container } = render(
    <MantineProvider>
      <Scrubber
        history={HISTORY}
        at={micros(HISTORY.to)}
        versus={null}
        faults={[
          {
            id: "f1",
            from: "2026-01-05T05:00:00Z",
            to: "2026-01-05T07:30:00Z",
            title: "CPU spike",
          },
          { id: "f0", from: "2026-01-04T05:00:00Z", to: "2026-01-04T06:00:00Z", title: "Before" },
        ]}
        incidents={[]}
        onSeek={seek}
      />
    </MantineProvider>,
  );
  expect(container.querySelectorAll("rect[data-lane=changes]")).toHaveLength(3);
  expect(container.querySelectorAll("rect[data-lane=release]")).toHaveLength(1);
  expect(container.querySelector("span[data-lane=warning]")).toBeNull();
  const spans = [...container.querySelectorAll<HTMLElement>("i[data-lane=faults]")];
  expect(spans.map((one) => [one.title, one.style.left, one.style.width])).toEqual([
    ["CPU spike", "50%", "25%"],
  ]);
  fireEvent.change(screen.getByRole("slider"), { target: { value: "250" } });
  expect(seek).toHaveBeenCalledWith(micros("2026-01-05T02:30:00.000000Z"));
});
