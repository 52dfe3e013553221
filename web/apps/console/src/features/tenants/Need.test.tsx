/** The banner of a tenant says over which span its budget was judged. */
import { drawn } from "@ecp/ui/testing/drawn";
import { prefer } from "@ecp/ui/view/preferences";
import { cleanup, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { Need } from "./Need";

afterEach(cleanup);

test.each([
  ["of a whole day", "2026-11-26T15:00:00Z", "The error budget of the last 24 hours is overspent"],
  ["of less", "2026-11-27T14:00:00Z", "The error budget of the 1 h measured so far is overspent"],
])("a budget %s is named so", async (_, from, wanted) => {
  prefer({ language: "en" });
  const facts = {
    deployment_id: "d",
    phase: "ready",
    started: true,
    sla: { status: "breached", window: { from, to: "2026-11-27T15:00:00Z" } },
  };
  const rest = { tenant: "acme", incidents: [], failures: undefined, firing: [] };
  await drawn(<Need facts={facts} budget={{ remaining_seconds: -30 }} {...rest} />);
  expect(screen.getByText(wanted, { exact: false })).toBeTruthy();
});
