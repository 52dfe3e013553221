/** The report, drawn: what is found by rule, and a fix that is applied by pressing. */

import { prefer } from "@ecp/ui/view/preferences";
import { MantineProvider } from "@mantine/core";
import { cleanup, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { findingsOf } from "./findings";
import { Report } from "./Report";
import type { Judged } from "./useJudged";

const TEXT = "spec:\n  r: {memory: 2Gi}\n  q: {memory: 3Gi}\n";
const over = (line: number, value: string) => ({
  rule: "E0316",
  title: "A request does not agree with its limit.",
  message: `r: Invalid value: "${value}": must be less than or equal to memory limit of 1Gi`,
  remedy: "Lower the request.",
  line,
  column: 15,
  end_line: line,
  end_column: 18,
});
const ANSWER = {
  valid: false,
  strict_validation: false,
  findings: 9000,
  errors: [
    { severity: "broken", rule: "B0115", title: "Too small.", message: "needs more" },
    over(2, "2Gi"),
    over(3, "3Gi"),
  ],
  warnings: [{ rule: "W0204", title: "No budget.", message: "none", line: 1, column: 1 }],
};

function drawn(stale: boolean) {
  const onText = vi.fn();
  const judged = {
    asked: { data: ANSWER, error: null, refetch: () => {} },
    answer: ANSWER,
    findings: findingsOf(ANSWER),
    stale,
  } as unknown as Judged;
  render(
    <MantineProvider env="test">
      <Report judged={judged} text={TEXT} onGo={() => {}} onText={onText} />
    </MantineProvider>,
  );
  return onText;
}
const user = userEvent.setup({ delay: null, pointerEventsCheck: 0 });

beforeAll(() => prefer({ language: "en" }));
afterEach(cleanup);

describe("the report", () => {
  it("has a rule once, the worst first, and each place of it", () => {
    drawn(false);
    const heads = [...document.querySelectorAll("header code")].map((code) => code.textContent);
    expect(heads).toEqual(["E0316", "B0115", "W0204"]);
    expect(screen.getByText("2 times")).toBeTruthy();
    expect(screen.getByRole("button", { name: "line 3, column 15" })).toBeTruthy();
  });
  it("calls what the server takes no error, and says by whose rules it is judged", () => {
    drawn(false);
    expect(screen.getByText("Would not run")).toBeTruthy();
    expect(screen.getByText(/would not run: 1/).parentElement?.textContent).toMatch(/^2would/);
    expect(screen.getByRole("status").textContent).toMatch(/warnings\. So the settings say/);
  });
  it("says that more was found than is told", () => {
    drawn(false);
    expect(screen.getByText(/first 4 of 9,000 findings/)).toBeTruthy();
  });
  it("mends one place, or all", async () => {
    const onText = drawn(false);
    const [first] = screen.getAllByRole("button", { name: "Apply fix: 1Gi" });
    if (first) await user.click(first);
    expect(onText).toHaveBeenLastCalledWith(TEXT.replace("2Gi", "1Gi"));
    await user.click(screen.getByRole("button", { name: "Apply all fixes (2)" }));
    expect(onText).toHaveBeenLastCalledWith(TEXT.replace(/[23]Gi/g, "1Gi"));
  });
  it("says that it is of an earlier text, and mends nothing of it", () => {
    drawn(true);
    expect(within(document.body).getByRole("status").textContent).toMatch(/earlier text/);
    expect(screen.queryByRole("button", { name: /Apply/ })).toBeNull();
  });
});
