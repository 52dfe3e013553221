/** A tenant that somebody else deleted while its page was open. */
import { answered } from "@ecp/ui/testing/origin";
import { act, cleanup, screen } from "@testing-library/react";
import { afterAll, afterEach, expect, it, vi } from "vitest";

const json = (status: number, body: object) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { "Content-Type": "application/json" },
  });
const answers = [
  json(200, { tenant_id: "acme", phase: "ready", started: true }),
  json(404, { status: 404, error: { code: "TENANT_NOT_FOUND", message: "There is no acme." } }),
];
answered(async () => answers.shift());
const [{ drawn }, { prefer }, { TenantPage }] = await Promise.all([
  import("@ecp/ui/testing/drawn"),
  import("@ecp/ui/view/preferences"),
  import("./TenantPage"),
]);
afterEach(cleanup);
afterAll(() => vi.unstubAllGlobals());

it("says that it is not there, and no longer how it stood", async () => {
  prefer({ language: "en" });
  await drawn(<TenantPage part="sla">All is well</TenantPage>);
  expect(screen.getByText("All is well")).toBeTruthy();
  // Once it is answered: who comes back before waits for the same answer.
  expect(await screen.findByText("Ready")).toBeTruthy();
  // As when somebody comes back to the tab.
  await act(async () => {
    window.dispatchEvent(new Event("visibilitychange"));
  });
  expect(await screen.findByText("There is no acme.")).toBeTruthy();
  expect(screen.queryByText("All is well")).toBeNull();
  expect(document.querySelector("[data-do=tenants]")).toBeTruthy();
});
