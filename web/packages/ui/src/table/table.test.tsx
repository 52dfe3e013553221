/** Tables: pages of a service, rows by keyboard, columns, choices, what is written. */
import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { drawn, laidOut, user } from "../testing/drawn";
import { prefer } from "../view/preferences";
import { DataTable, type DataTableProps } from "./DataTable";
import type { Column } from "./order";
import { save, saved } from "./saved";
import { moved } from "./stay";
import { usePages } from "./usePages";
import { led } from "./useRows";
import { useTableView } from "./view";
import { csv, tabbed } from "./written";

interface Row {
  readonly name: string;
  readonly pods: number;
}
const columns: Column<Row>[] = [
  { id: "name", head: "Name", by: (row) => row.name, cell: (row) => row.name },
  { id: "pods", head: "Pods", numeric: true, by: (row) => row.pods, cell: (row) => row.pods },
];
const rows = Array.from({ length: 1000 }, (_, i) => ({ name: `t-${i}`, pods: i }));
const table = (given: Partial<DataTableProps<Row>> = {}) => (
  <DataTable<Row>
    label="Tenants"
    rows={rows}
    columns={columns}
    id={(row) => row.name}
    empty={<p>nothing</p>}
    {...given}
  />
);
const region = () => screen.getByRole("group");
const said = () => screen.getByRole("status").textContent;

beforeAll(() => {
  laidOut();
  prefer({ language: "en" });
});
afterEach(cleanup);

describe("rows of an earlier question", () => {
  it("are marked, and where there were none nothing is said of the new one", async () => {
    await drawn(table({ stale: true }));
    expect(said()).toMatch(/earlier question/);
    expect(screen.getAllByRole("rowgroup").at(-1)?.dataset.stale).toBe("true");
    cleanup();
    await drawn(table({ rows: [], stale: true }));
    expect(screen.queryByText("nothing")).toBeNull();
  });
});

describe("a list of a service", () => {
  const service = vi.fn(async (q: string, sort: string, skip: number, limit: number) => {
    const found = rows.filter((row) => row.name.includes(q));
    if (sort.startsWith("-")) found.reverse();
    return { rows: found.slice(skip, skip + limit), total: found.length };
  });
  function Tenants() {
    const [view] = useTableView();
    const pages = usePages<Row>({
      key: ["t", view.q, view.sort],
      ask: (...part) => service(view.q, view.sort, part[0], part[1]),
    });
    return table({
      rows: pages.rows,
      onView: pages.onView,
      served: { filter: true, sorts: ["name"] },
    });
  }
  const parts = () => service.mock.calls.map((call) => call[2]);

  it("is as long as all of it, asks for what is in view, and for the rest as one scrolls", async () => {
    service.mockClear();
    await drawn(<Tenants />);
    await waitFor(() => expect(said()).toBe("1,000 of 1,000 shown"));
    expect(parts()).toEqual([0]);
    fireEvent.scroll(region(), { target: { scrollTop: 34 * 520 } });
    expect(await screen.findByText("t-520")).toBeTruthy();
    expect(parts()).toEqual([0, 500]);
  });
  it("lets the service filter and sort, and offers no order that it does not know", async () => {
    service.mockClear();
    await drawn(<Tenants />);
    await screen.findByText("t-0");
    await user.click(screen.getByRole("button", { name: "Name" }));
    await user.click(screen.getByRole("button", { name: "Name" }));
    expect(await screen.findByText("t-999")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Pods" })).toBeNull();
    await user.type(screen.getByRole("textbox", { name: "Filter" }), "t-99");
    await waitFor(() => expect(said()).toBe("11 of 11 shown"));
    expect(service).toHaveBeenLastCalledWith("t-99", "-name", 0, 100);
    // All of it is here: every order can be had.
    expect(screen.getByRole("button", { name: "Pods" })).toBeTruthy();
  });
  it("says that a filter acts on what is loaded only, where the service has none", async () => {
    await drawn(table({ rows: rows.slice(0, 100), total: 1000 }), "/?q=t-9");
    await waitFor(() => expect(said()).toBe("11 of the 100 loaded shown, 1,000 in all"));
  });
});

describe("rows by keyboard", () => {
  it("are walked, opened, and copied, from the first to the last", async () => {
    const onOpen = vi.fn();
    await drawn(table({ onOpen }));
    region().focus();
    await user.keyboard("{ArrowDown}{ArrowDown}");
    await waitFor(() => expect(document.activeElement?.textContent).toContain("t-1"));
    await user.keyboard("{Enter}");
    expect(onOpen).toHaveBeenCalledWith(rows[1]);
    await user.keyboard("{End}");
    await waitFor(() => expect(document.activeElement?.textContent).toContain("t-999"));
    expect(document.activeElement?.getAttribute("aria-rowindex")).toBe("1001");
  });
  it.each([
    ["ArrowUp", 0, 0],
    ["PageDown", 3, 13],
    ["PageUp", 3, 0],
    ["End", 0, 99],
    ["x", 0, null],
  ] as const)("%s from %d leads to %s", (key, at, wanted) =>
    expect(led(key, at, 10, 100)).toBe(wanted),
  );
});

describe("filtering while an IME composes", () => {
  it("never writes over what is composed", async () => {
    const address = await drawn(table());
    const box = screen.getByRole("textbox", { name: "Filter" }) as HTMLInputElement;
    fireEvent.compositionStart(box);
    for (const text of ["ㄱ", "가", "갑"]) {
      fireEvent.change(box, { target: { value: text } });
      expect(box.value).toBe(text);
    }
    fireEvent.compositionEnd(box);
    await waitFor(() => expect(decodeURIComponent(address())).toContain("q=갑"));
    expect(box.value).toBe("갑");
  });
});

describe("columns and choices", () => {
  it("leaves out columns as the address says, of this table only", async () => {
    await drawn(table({ name: "one" }), "/?one.hide=pods&hide=name");
    expect(screen.getAllByRole("columnheader").map((head) => head.textContent)).toEqual(["Name"]);
  });
  it("gives what is chosen to what is done with it", async () => {
    const bulk = (chosen: readonly Row[]) => <b>{chosen.map((row) => row.name).join()}</b>;
    await drawn(table({ bulk }));
    await user.click(screen.getByRole("checkbox", { name: "Choose t-1" }));
    await user.keyboard("{Shift>}");
    await user.click(screen.getByRole("checkbox", { name: "Choose t-3" }));
    await user.keyboard("{/Shift}");
    expect(screen.getByText("t-1,t-2,t-3")).toBeTruthy();
    expect(screen.getByText(/^3 chosen/)).toBeTruthy();
  });
});

describe("what is read", () => {
  const seen = new Map([
    ["a", 10],
    ["b", 11],
    ["c", 12],
  ]);
  it.each([
    ["two rows come above it", { a: 12, b: 13, c: 14 }, 2],
    ["one of it goes", { a: 10, c: 11 }, 0],
    ["all of it is sorted anew", { a: 3, b: 40, c: 7 }, 0],
    ["a row above it goes", { a: 9, b: 10, c: 11 }, -1],
  ])("stays in place where %s", (_, now, by) =>
    expect(moved(seen, (id) => (now as Record<string, number>)[id])).toBe(by),
  );
});

describe("what is written", () => {
  const odd = [{ name: '=1+1, "x"', pods: 3 }];
  it("is CSV that no spreadsheet takes for a formula", () =>
    expect(csv(odd, columns)).toBe('\ufeffName,Pods\r\n"\'=1+1, ""x""",3\r\n'));
  it("is by tabs for a clipboard", () =>
    expect(tabbed(rows.slice(0, 2), columns)).toBe("t-0\t0\nt-1\t1"));
  it("keeps views by name", () => {
    localStorage.clear();
    save("/tenants", "mine", { q: "a" });
    save("/tenants", "mine", { q: "b" });
    expect(saved("/tenants")).toEqual([{ name: "mine", search: { q: "b" } }]);
    expect(saved("/alerts")).toEqual([]);
    expect(save("/tenants", "mine", null)).toEqual([]);
  });
});
