/** The shared components, drawn: what a reader sees and can press. */
import { act, cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { useState } from "react";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { curl, Mutation } from "./actions/Mutation";
import { Answer, type Asked } from "./layout/Panel";
import { ProblemView } from "./layout/ProblemView";
import { DataTable } from "./table/DataTable";
import type { Column } from "./table/order";
import { drawn, laidOut, user } from "./testing/drawn";
import { RangePicker } from "./time/RangePicker";
import { prefer } from "./view/preferences";

const PROBLEM = {
  status: 409,
  request_id: "r-1",
  error: {
    code: "TARGET_NOT_CONFIRMED",
    message: "Say its name",
    details: [{ field: "confirm", message: "the cluster's name" }],
  },
};

beforeAll(() => {
  laidOut();
  prefer({ language: "en" });
});
afterEach(cleanup);

describe("DataTable", () => {
  interface Row {
    readonly name: string;
    readonly pods: number;
  }
  const columns: Column<Row>[] = [
    { id: "name", head: "Name", by: (row) => row.name, cell: (row) => row.name },
    { id: "pods", head: "Pods", numeric: true, by: (row) => row.pods, cell: (row) => row.pods },
  ];
  const rows = Array.from({ length: 5000 }, (_, i) => ({ name: `pod-${i}`, pods: 5000 - i }));
  const table = (onOpen?: (row: Row) => void) => (
    <DataTable<Row>
      label="Pods"
      rows={rows}
      columns={columns}
      id={(row) => row.name}
      empty={<p>nothing</p>}
      {...(onOpen ? { onOpen } : {})}
    />
  );
  const names = () => [...document.querySelectorAll("[role=cell]")].map((cell) => cell.textContent);

  it("draws what is in view, says how much there is, and opens a row", async () => {
    const opened = vi.fn();
    await drawn(table(opened));
    expect(screen.getAllByRole("row").length).toBeLessThan(60);
    expect(screen.getByRole("table").getAttribute("aria-rowcount")).toBe("5001");
    expect(screen.getByRole("status").textContent).toBe("5,000 of 5,000 shown");
    await user.click(await screen.findByText("pod-3"));
    expect(opened).toHaveBeenCalledWith(rows[3]);
  });
  it("keeps filter and order in the address", async () => {
    const address = await drawn(table(), "/?q=pod-12&sort=pods");
    await waitFor(() => expect(names().slice(0, 2)).toEqual(["pod-1299", "3701"]));
    await user.click(screen.getByRole("button", { name: "Pods" }));
    await waitFor(() => expect(names()[0]).toBe("pod-12"));
    expect(address()).toBe("/?q=pod-12&sort=-pods");
    await user.click(screen.getByRole("button", { name: "Clear" }));
    await waitFor(() => expect(address()).toBe("/?sort=-pods"));
  });
});

describe("Answer", () => {
  const told = (ask: Partial<Asked<string>>) => (
    <Answer ask={{ data: undefined, error: null, refetch: () => {}, ...ask }}>
      {(data) => <p>{data}</p>}
    </Answer>
  );

  it("says what failed until there is an answer, also while it asks again", async () => {
    const steps: Partial<Asked<string>>[] = [
      {},
      { error: PROBLEM, errorUpdateCount: 1 },
      { errorUpdateCount: 1, isFetching: true },
      { data: "here", errorUpdateCount: 1 },
      // Another is asked for: what failed before was not of it.
      {},
    ];
    const seen: string[] = [];
    function Steps() {
      const [step, setStep] = useState(0);
      return (
        <>
          {told(steps[step] ?? {})}
          <button type="button" onClick={() => setStep(step + 1)}>
            next
          </button>
        </>
      );
    }
    await drawn(<Steps />);
    for (const _ of steps) {
      const alert = screen.queryByRole("alert");
      seen.push(alert ? "problem" : screen.queryByText("here") ? "answer" : "bones");
      await user.click(screen.getByText("next"));
    }
    expect(seen).toEqual(["bones", "problem", "problem", "answer", "bones"]);
  });
  it.each([
    ["nobody answers any more", new TypeError("fetch"), true],
    ["it is not there any more", { ...PROBLEM, status: 404 }, false],
    ["Kubernetes says that it is not there", { kind: "Status", code: 404 }, false],
  ])("shows what was there, or not, where %s", async (_, error, shown) => {
    await drawn(told({ data: "here", error, errorUpdateCount: 1 }));
    expect(screen.queryByText("here") !== null).toBe(shown);
    expect(screen.queryByRole("alert") !== null).toBe(!shown);
  });
});

describe("Mutation", () => {
  const button = (given: Partial<Parameters<typeof Mutation>[0]>) => (
    <Mutation
      label="Deploy"
      cli="ecp deploy acme"
      curl={curl("POST", "/x")}
      run={async () => {}}
      {...given}
    />
  );

  it("runs at once where nothing has to be typed", async () => {
    const run = vi.fn(async () => {});
    await drawn(button({ run }));
    await user.click(screen.getByRole("button", { name: "Deploy" }));
    expect(run).toHaveBeenCalledWith("");
  });
  it.each([
    ["the very word", "acme", "acme", "acm"],
    ["a real cluster's name, which the service judges", { label: "Cluster" }, "production", ""],
  ] as const)("asks for %s first", async (_, confirm, right, wrong) => {
    const run = vi.fn(async () => {});
    await drawn(button({ confirm, run, danger: true }));
    await user.click(screen.getByRole("button", { name: "Deploy" }));
    const field = await screen.findByRole("textbox");
    const go = () => screen.getAllByRole("button", { name: "Deploy" }).at(-1) as HTMLButtonElement;
    await user.click(field);
    if (wrong) await user.paste(wrong);
    expect(go().disabled).toBe(true);
    await user.clear(field);
    await user.paste(right);
    await user.click(go());
    expect(run).toHaveBeenCalledWith(right);
  });
  it("shows what the service refused, keeps what was typed, and shows it once", async () => {
    const run = vi.fn(async () => {
      throw PROBLEM;
    });
    await drawn(button({ confirm: { label: "Cluster" }, run }));
    await user.click(screen.getByRole("button", { name: "Deploy" }));
    await user.click(await screen.findByRole("textbox"));
    await user.paste("other");
    await user.click(screen.getAllByRole("button", { name: "Deploy" }).at(-1) as Element);
    expect((await screen.findByRole("alert")).textContent).toContain("Say its name");
    expect((screen.getByRole("textbox") as HTMLInputElement).value).toBe("other");
    // Asked again, it begins anew.
    fireEvent.click(screen.getByText("Cancel"));
    fireEvent.click(screen.getAllByText("Deploy")[0] as Element);
    expect(screen.queryByRole("alert")).toBeNull();
  });
  it("promises no second try where nobody answered", async () => {
    const run = async () => {
      throw new TypeError("cut");
    };
    await drawn(button({ run }));
    await user.click(screen.getByRole("button", { name: "Deploy" }));
    const said = (await screen.findByRole("alert")).textContent;
    expect(said).toContain("Nobody knows whether it was done");
    expect(said).not.toContain("by itself");
  });
  it("is pressed by Enter in what has to be typed, once it is right", async () => {
    const run = vi.fn(async () => {});
    await drawn(button({ confirm: "acme", run }));
    await user.click(screen.getByRole("button", { name: "Deploy" }));
    const field = await screen.findByRole("textbox");
    const enter = (value: string, more: KeyboardEventInit = {}) => {
      fireEvent.change(field, { target: { value } });
      fireEvent.keyDown(field, { key: "Enter", ...more });
    };
    enter("acm");
    enter("acme", { isComposing: true });
    enter("acme", { keyCode: 229 });
    expect(run).not.toHaveBeenCalled();
    await act(async () => enter("acme"));
    expect(run).toHaveBeenCalledWith("acme");
  });
  it("keeps the focus while it is busy, and runs once however often it is pressed", async () => {
    let done = () => {};
    const run = vi.fn(() => new Promise<void>((resolve) => (done = resolve)));
    await drawn(button({ run }));
    const one = screen.getByRole("button", { name: "Deploy" });
    await user.dblClick(one);
    expect(run).toHaveBeenCalledOnce();
    // As browsers do with what is disabled.
    one.blur();
    await act(async () => done());
    await waitFor(() => expect(document.activeElement).toBe(one));
  });
  it("says how the same is done by CLI and curl", async () => {
    await drawn(button({}));
    await user.click(screen.getByRole("button", { name: /Show as CLI/ }));
    expect(await screen.findByText("ecp deploy acme")).toBeTruthy();
    await user.click(screen.getByRole("tab", { name: "curl" }));
    expect(screen.getByText(`curl -X POST '${location.origin}/x'`)).toBeTruthy();
  });
});

describe("ProblemView", () => {
  it("says what, where to look, its code, and lets ask again", async () => {
    const retry = vi.fn();
    await drawn(<ProblemView error={PROBLEM} onRetry={retry} />);
    const said = screen.getByRole("alert").textContent;
    for (const part of ["Say its name", "confirm: the cluster's name", "TARGET_NOT_CONFIRMED"])
      expect(said).toContain(part);
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(retry).toHaveBeenCalledOnce();
  });
  it("says so, in the reader's language, where nobody answered", async () => {
    prefer({ language: "ko" });
    await drawn(<ProblemView error={new TypeError("Failed to fetch")} />);
    expect(screen.getByRole("alert").textContent).toContain("서비스가 응답하지 않습니다.");
    prefer({ language: "en" });
  });
});

describe("RangePicker", () => {
  it("shows the range of the address and changes it", async () => {
    const address = await drawn(<RangePicker />, "/?from=now-6h");
    const pressed = () =>
      screen.getAllByRole("button").find((one) => one.getAttribute("aria-pressed") === "true");
    expect(pressed()?.textContent).toBe("6 hours");
    await user.click(screen.getByRole("button", { name: "7 days" }));
    await waitFor(() => expect(address()).toContain("from=now-7d"));
    expect(pressed()?.textContent).toBe("7 days");
  });
  it("takes a span as it is written, in the zone that is shown, and says what is wrong", async () => {
    const address = await drawn(<RangePicker />);
    await user.click(screen.getByRole("button", { name: "Custom" }));
    const [from, to] = (await screen.findAllByRole("textbox")) as [HTMLElement, HTMLElement];
    const write = async (field: HTMLElement, text: string) => {
      await user.clear(field);
      await user.click(field);
      await user.paste(text);
    };
    await write(from, "2026-01-05 09:00");
    await write(to, "2026-01-05 08:00");
    await user.click(screen.getByRole("button", { name: "Show" }));
    expect(await screen.findByText("Has to be later than the beginning")).toBeTruthy();
    await write(to, "2026-01-05 10:30");
    await user.click(screen.getByRole("button", { name: "Show" }));
    await waitFor(() => expect(decodeURIComponent(address())).toContain("2026-01-05T00:00:00Z"));
    expect(decodeURIComponent(address())).toContain("2026-01-05T01:30:00Z");
  });
});
