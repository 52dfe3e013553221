import { screen, waitFor } from "@testing-library/react";
import { useState } from "react";
import { describe, expect, it } from "vitest";
import { Dialog, Side } from "../layout/over";
import { drawn, user } from "../testing/drawn";
import { placed, Tips } from "./Tips";

const box = (left: number, top: number) => new DOMRect(left, top, 40, 30);

describe("a tip stands", () => {
  it.each([
    ["below, in the middle", box(400, 100), { x: 420, y: 136, above: false }],
    ["above, at the lower edge", box(400, 860), { x: 420, y: 854, above: true }],
    ["inside, at the left edge", box(0, 100), { x: 168, y: 136, above: false }],
    ["inside, at the right edge", box(1390, 100), { x: 1272, y: 136, above: false }],
  ])("%s", (_, at, wanted) => expect(placed(at, 1440, 900)).toEqual(wanted));
});

describe("Tips", () => {
  const page = (
    <>
      <button type="button" data-tip="In this zone">
        KST
      </button>
      <button type="button" data-tip="Help" aria-label="Help" />
      <Tips />
    </>
  );
  it("says what is under the pointer, describes it, and goes by Escape", async () => {
    await drawn(page);
    const thing = screen.getByRole("button", { name: "KST" });
    await user.hover(thing);
    expect((await screen.findByRole("tooltip")).textContent).toBe("In this zone");
    expect(thing.getAttribute("aria-describedby")).toBe(screen.getByRole("tooltip").id);
    await user.keyboard("{Escape}");
    expect(screen.queryByRole("tooltip")).toBeNull();
    expect(thing.hasAttribute("aria-describedby")).toBe(false);
  });
  it("does not read a name twice", async () => {
    await drawn(page);
    const thing = screen.getByRole("button", { name: "Help" });
    await user.hover(thing);
    await screen.findByRole("tooltip");
    expect(thing.hasAttribute("aria-describedby")).toBe(false);
  });
});

describe("Escape", () => {
  function Both() {
    const [side, setSide] = useState(true);
    const [asks, setAsks] = useState(true);
    return (
      <>
        <Side opened={side} onClose={() => setSide(false)} title="Pod">
          pod
        </Side>
        <Dialog opened={asks} onClose={() => setAsks(false)} title="Sure?">
          sure
        </Dialog>
      </>
    );
  }
  it("closes what lies on top, and then what lies below", async () => {
    await drawn(<Both />);
    await screen.findByText("sure");
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByText("sure")).toBeNull());
    expect(screen.getByText("pod")).toBeTruthy();
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByText("pod")).toBeNull());
  });
});

describe("Dialog", () => {
  function Asking() {
    const [opened, open] = useState(false);
    return (
      <>
        <button type="button" onClick={() => open(true)}>
          Ask
        </button>
        <Dialog opened={opened} onClose={() => open(false)} title="Sure?">
          <input aria-label="Word" data-autofocus />
        </Dialog>
      </>
    );
  }
  it("is not there before it is opened, and gives the focus back", async () => {
    await drawn(<Asking />);
    expect(screen.queryByRole("dialog")).toBeNull();
    await user.click(screen.getByRole("button", { name: "Ask" }));
    await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText("Word")));
    await user.keyboard("{Escape}");
    await waitFor(() =>
      expect(document.activeElement).toBe(screen.getByRole("button", { name: "Ask" })),
    );
  });
});
