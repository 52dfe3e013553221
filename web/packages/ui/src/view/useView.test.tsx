/** View state in the address, and what the browser's Back does with it. */
import { useRouter } from "@tanstack/react-router";
import { cleanup, screen, waitFor } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { drawn, user } from "../testing/drawn";
import { turns, useView } from "./useView";

const VIEW = { q: "", pod: "", tab: "" };

function Page() {
  const [, set] = useView(VIEW);
  const { history } = useRouter();
  const does = {
    filter: () => set({ q: "a" }),
    "filter more": () => set({ q: "ab" }),
    open: () => set({ pod: "p1" }),
    turn: () => set({ tab: "logs" }),
    close: () => set({ pod: "", tab: "" }),
    "close and filter": () => set({ pod: "", q: "b" }),
    back: () => history.back(),
  };
  return Object.entries(does).map(([name, run]) => (
    <button
      key={name}
      type="button"
      disabled={name === "back" && !history.canGoBack()}
      onClick={run}
    >
      {name}
    </button>
  ));
}

afterEach(cleanup);

describe("the browser's Back", () => {
  const after = async (steps: readonly string[]) => {
    const address = await drawn(<Page />);
    for (const step of steps) await user.click(screen.getByRole("button", { name: step }));
    return address;
  };
  it.each([
    ["closes a drawer", ["filter", "open", "turn", "back"], "/?q=a"],
    ["opens none that was closed", ["filter", "open", "turn", "close"], "/?q=a"],
    ["goes through no letters", ["filter", "open", "back", "filter more"], "/?q=ab"],
    ["does not undo what was set beside", ["filter", "open", "close and filter"], "/?q=b"],
  ])("%s", async (_, steps, wanted) => {
    const address = await after(steps);
    await waitFor(() => expect(address()).toBe(wanted));
  });
  it("finds nothing left of a drawer that was closed", async () => {
    const address = await after(["open", "close"]);
    await waitFor(() => expect(address()).toBe("/"));
    expect(screen.getByRole("button", { name: "back" })).toHaveProperty("disabled", true);
  });
});

it.each([
  [{ q: "a" }, { q: "b" }, null],
  [{ q: "a" }, { q: "a", pod: "p" }, "opens"],
  [{ pod: "p" }, { pod: "r" }, null],
  [{ pod: "p" }, { node: "n" }, null],
  [{ alert: 1 }, {}, "closes"],
  [{ kind: "pods" }, { kind: "pods", pod: "p" }, "opens"],
])("from %o to %o: %s", (old, next, wanted) => expect(turns(old, next)).toBe(wanted));
