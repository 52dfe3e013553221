import { cleanup, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { Budget } from "../charts/small";
import { drawn } from "../testing/drawn";
import { type Judged, leftOf } from "./budget";

const budget = (allowed_seconds: number, remaining_seconds: number) => ({
  error_budget: { allowed_seconds, remaining_seconds },
});

const cases: Record<string, [Judged | null | undefined, RegExp, string | undefined]> = {
  "some is left": [{ status: "meeting", ...budget(432, 400) }, /^6.* left of 7/, "fine"],
  "little is left, as the service calls it": [
    { status: "at_risk", ...budget(432, 80) },
    /left of/,
    "low",
  ],
  "none is left and the promise holds": [
    { status: "at_risk", ...budget(432, 0) },
    /left of/,
    "out",
  ],
  "too young for a budget that could pay for anything": [
    { status: "insufficient_data", ...budget(3, -57) },
    /^–$/,
    undefined,
  ],
  "overspent in an hour": [{ status: "breached", ...budget(18, -42) }, /^42.* over the 18/, "out"],
  "nothing is known": [{ status: "no_data", ...budget(12_960, 12_960) }, /^–$/, undefined],
  "nothing was ever told": [{ status: "no_data", error_budget: null }, /^–$/, undefined],
  "no level yet": [null, /^–$/, undefined],
};

afterEach(cleanup);

for (const [name, [level, word, bar]] of Object.entries(cases))
  test(name, async () => {
    await drawn(
      <div data-testid="here">
        <Budget of={leftOf(level)} />
      </div>,
    );
    expect(screen.getByTestId("here").textContent).toMatch(word);
    expect(document.querySelector("[data-level]")?.getAttribute("data-level")).toBe(bar);
  });
