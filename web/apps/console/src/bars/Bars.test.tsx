import { prefer } from "@ecp/ui/view/preferences";
import { render, screen } from "@testing-library/react";
import { beforeAll, expect, test } from "vitest";
import { Bars } from "./Bars";

beforeAll(() => prefer({ language: "en", zone: "Asia/Seoul" }));

test("a row is said in words, its axis in the reader's zone, and the legend names what is drawn", () => {
  render(
    <Bars
      label="Course"
      began="2026-11-27T00:00:00Z"
      whole={60}
      expected={50}
      rows={[
        {
          id: "a",
          name: "deployment/stt",
          critical: true,
          after: "45 s",
          segments: [
            { from: 0, to: 15, doing: "waiting" },
            { from: 15, to: 45, doing: "probing" },
          ],
        },
      ]}
    />,
  );
  const row = screen.getByRole("img", { name: /deployment\/stt/ });
  expect(row.getAttribute("aria-label")).toBe(
    "deployment/stt, Waits for its turn 15 s, Loads, until its probe passes 30 s, 45 s",
  );
  const bar = row.querySelector("[data-doing=probing]");
  expect(bar?.getAttribute("x")).toBe("25.000%");
  expect(document.body.textContent).toContain("2026-11-27 · KST09:00:00");
  expect(screen.getByText("Expected end")).toBeTruthy();
  expect(screen.queryByText("Ready")).toBeNull();
});
