/** The shell: menu, keys, palette, what is shown where a page breaks or is none. */

import { IconHome } from "@tabler/icons-react";
import { act, cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { drawn, laidOut, user } from "../testing/drawn";
import { prefer } from "../view/preferences";
import { useKeys } from "../view/useKeys";
import type { App } from "./create";
import { Broken } from "./Missing";
import { current, type PageRow, sections } from "./pages";
import { Shell } from "./Shell";

const load = () => Promise.reject(new Error("not loaded"));
const page = (path: string, title: string, rest: Partial<PageRow> = {}): PageRow => ({
  path,
  title,
  icon: IconHome,
  load,
  ...rest,
});
const PAGES = [
  page("/", "홈"),
  page("/tenants", "테넌트", { key: "t", group: "운영" }),
  { path: "/tenants/$tenant", title: "하나", load },
  page("/tenants/new", "새 테넌트", { group: "운영" }),
  page("/audit", "감사 기록", { group: "관리" }),
];
const find = vi.fn(async (words: string) => [
  { name: `${words}-1`, note: "owner", to: `/tenants/${words}-1` },
]);
const APP: App<string> = { name: "ECP", pages: PAGES, useT: () => (key) => key, find };

beforeAll(() => {
  laidOut();
  prefer({ language: "en" });
});
beforeEach(() => localStorage.clear());
afterEach(cleanup);

describe("the menu", () => {
  it("stands in sections, in the order of the pages", () => {
    expect(sections(PAGES).map(({ group, pages }) => [group, pages.length])).toEqual([
      [undefined, 1],
      ["운영", 2],
      ["관리", 1],
    ]);
  });
  it.each([
    ["/", "/"],
    ["/tenants/acme/sla", "/tenants"],
    ["/tenants/new", "/tenants/new"],
    ["/tenantsx", undefined],
  ])("marks for %s the page %s", (path, wanted) => expect(current(PAGES, path)).toBe(wanted));
  it("says which page is shown, and folds", async () => {
    await drawn(<Shell app={APP} />, "/tenants");
    const menu = within(screen.getByRole("navigation", { name: "Navigation" }));
    expect(menu.getByRole("link", { name: "테넌트" }).getAttribute("aria-current")).toBe("page");
    expect(menu.getByRole("link", { name: "홈" }).getAttribute("aria-current")).toBeNull();
    await user.click(menu.getByRole("button", { name: "관리" }));
    expect(menu.queryByRole("link", { name: "감사 기록" })).toBeNull();
    await user.click(menu.getByRole("button", { name: "운영" }));
    expect(menu.getByRole("link", { name: "테넌트" })).toBeTruthy();
    expect(menu.queryByRole("link", { name: "새 테넌트" })).toBeNull();
  });
  it("gives the page its title", async () => {
    await drawn(<Shell app={APP} />, "/tenants/acme");
    await waitFor(() => expect(document.title).toBe("acme · ECP"));
  });
});

describe("the address", () => {
  const inDemo = { ...APP, demo: true };
  afterEach(() => prefer({ language: "en", demo: false }));
  it("says that the demo is shown, for as long as it is", async () => {
    const address = await drawn(<Shell app={inDemo} />, "/tenants?q=a#b");
    expect(address()).toBe("/tenants?q=a#b");
    act(() => prefer({ demo: true }));
    await waitFor(() => expect(address()).toBe("/tenants?q=a&demo=true#b"));
    act(() => prefer({ demo: false }));
    await waitFor(() => expect(address()).toBe("/tenants?q=a#b"));
  });
  it("speaks the language that was chosen since", async () => {
    const address = await drawn(<Shell app={inDemo} />, "/tenants?lang=en");
    act(() => prefer({ language: "ko" }));
    await waitFor(() => expect(address()).toBe("/tenants?lang=ko"));
  });
  it("is shown as it stands where it cannot be read", async () => {
    await drawn(<Shell app={APP} />, "/tenants/%E0%A4%A");
    expect(screen.getByText("%E0%A4%A")).toBeTruthy();
  });
  it("of a part says of what it is", async () => {
    const pages = [...PAGES, page("/tenants/$tenant/a", "A"), page("/tenants/$tenant/a/b", "B")];
    await drawn(<Shell app={{ ...APP, pages }} />, "/tenants/acme/a/b");
    await waitFor(() => expect(document.title).toBe("B · acme · ECP"));
  });
});

describe("keys", () => {
  const press = (
    code: string,
    key: string,
    more: KeyboardEventInit = {},
    on: Element = document.body,
  ) => fireEvent.keyDown(on, { code, key, ...more });

  it("lead to pages, by the letter's place, and not while an IME composes", async () => {
    const address = await drawn(<Shell app={APP} />);
    press("KeyG", "ㅎ", { isComposing: true });
    press("KeyT", "ㅅ");
    expect(address()).toBe("/");
    fireEvent.keyDown(document.body, { code: "KeyG", key: "Process", keyCode: 229 });
    press("KeyT", "ㅅ");
    expect(address()).toBe("/");
    press("KeyG", "ㅎ");
    press("KeyT", "ㅅ");
    await waitFor(() => expect(address()).toBe("/tenants"));
  });
  function Two({ run }: { run: Record<string, () => void> }) {
    useKeys(run, SAYS);
    return (
      <>
        <Shell app={APP} />
        <input aria-label="field" />
      </>
    );
  }
  const SAYS = { l: "Logs of the pod" };

  it("are the page's own first, never a field's, and `?` tells of them", async () => {
    const run = { l: vi.fn(), t: vi.fn() };
    const address = await drawn(<Two run={run} />);
    press("KeyL", "l");
    press("KeyL", "l", {}, screen.getByRole("textbox", { name: "field" }));
    expect(run.l).toHaveBeenCalledOnce();
    // The second of two keys is no key of its own.
    press("KeyG", "g");
    press("KeyT", "t");
    await waitFor(() => expect(address()).toBe("/tenants"));
    expect(run.t).not.toHaveBeenCalled();
    press("Slash", "?", { shiftKey: true });
    expect(await screen.findByText("Logs of the pod")).toBeTruthy();
    expect(screen.getByText("g t")).toBeTruthy();
    // Nothing can be filtered here.
    expect(screen.queryByText("Filter this list")).toBeNull();
  });
});

describe("the palette", () => {
  const opened = async () => {
    fireEvent.keyDown(document.body, { code: "KeyK", key: "ㅏ", ctrlKey: true });
    return screen
      .findByRole("textbox", { name: "Go anywhere" })
      .catch(() => screen.findByPlaceholderText(/Go to a page/));
  };
  const names = () =>
    [...document.querySelectorAll("[data-action]")].map((row) => row.textContent ?? "");

  it("finds pages by their first consonants, and what the service has", async () => {
    await drawn(<Shell app={APP} />);
    const box = await opened();
    fireEvent.change(box, { target: { value: "ㅌㄴㅌ" } });
    await waitFor(() => expect(names().some((name) => name.startsWith("새 테넌트"))).toBe(true));
    expect(names().some((name) => name.includes("감사"))).toBe(false);
    find.mockClear();
    for (const text of ["a", "ac", "acme"]) fireEvent.change(box, { target: { value: text } });
    await waitFor(() => expect(names()).toEqual(["acme-1owner"]));
    expect(find.mock.calls).toEqual([["acme"]]);
    fireEvent.keyDown(document.body, { code: "KeyK", key: "k", ctrlKey: true });
  });
});

describe("where a page breaks", () => {
  it("says what happened, under which id, and where to go from there", async () => {
    const error = { request_id: "r-7", error: { code: "X", message: "no such pod", details: [] } };
    const reset = vi.fn();
    await drawn(<Broken error={error} reset={reset} />);
    const told = screen.getByRole("alert").textContent ?? "";
    for (const part of ["no such pod", "r-7", "Load again"]) expect(told).toContain(part);
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(reset).toHaveBeenCalled();
  });
  it("says that a part did not come, and shows no stack", async () => {
    const error = new TypeError("Failed to fetch dynamically imported module: /x");
    await drawn(<Broken error={error} reset={() => {}} />);
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("This page was not loaded");
    expect(screen.getByRole("alert").textContent).toContain("newer version");
    expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
    expect(document.querySelector("details")).toBeNull();
  });
});
