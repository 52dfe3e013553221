/** Where the focus goes when what had it goes. */
import { cleanup, screen, waitFor } from "@testing-library/react";
import { type ReactNode, useState } from "react";
import { afterEach, describe, expect, it } from "vitest";
import { Dialog } from "../layout/over";
import { drawn, user } from "../testing/drawn";

afterEach(cleanup);

const named = () => document.activeElement?.textContent;

function Going({ show }: { show: (go: () => void, gone: boolean) => ReactNode }) {
  const [gone, go] = useState(false);
  return <main>{show(() => go(true), gone)}</main>;
}

const press = (name: string, onClick?: () => void) => (
  <button key={name} type="button" onClick={onClick}>
    {name}
  </button>
);

describe("what had the focus", () => {
  it.each<[string, (go: () => void, gone: boolean) => ReactNode, string]>([
    [
      "is gone: what comes after it has it",
      (go, gone) => [press("a"), !gone && press("go", go), press("b")],
      "b",
    ],
    [
      "was the last: what stands before it",
      (go, gone) => [press("a"), <p key="p">{!gone && press("go", go)}</p>],
      "a",
    ],
    [
      "has another in its place: that",
      (go, gone) => [press("a"), gone ? press("resume") : press("go", go), press("b")],
      "resume",
    ],
    [
      "is gone with all the rest: the page's title",
      (go, gone) => [<h1 key="h">Title</h1>, !gone && press("go", go)],
      "Title",
    ],
  ])("%s", async (_, show, wanted) => {
    await drawn(<Going show={show} />);
    await user.click(screen.getByRole("button", { name: "go" }));
    await waitFor(() => expect(named()).toBe(wanted));
  });

  it("is gone with the dialog that it opened: it goes back below", async () => {
    await drawn(
      <Going
        show={(go, gone) => (
          <>
            {press("a")}
            <Dialog opened={!gone} onClose={go} title="Over">
              {press("close", go)}
            </Dialog>
            <h1>Title</h1>
          </>
        )}
      />,
    );
    await user.click(await screen.findByRole("button", { name: "close" }));
    await waitFor(() => expect(named()).toBe("Title"));
  });

  it("was left on purpose: nobody has it", async () => {
    await drawn(<Going show={() => [press("a")]} />);
    const one = screen.getByRole("button", { name: "a" });
    one.focus();
    one.blur();
    await new Promise((resolve) => queueMicrotask(() => resolve(null)));
    document.querySelector("main")?.append(document.createElement("p"));
    await expect(
      waitFor(() => expect(document.activeElement).toBe(one), { timeout: 150 }),
    ).rejects.toThrow();
  });
});
