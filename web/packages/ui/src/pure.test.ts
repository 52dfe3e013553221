import { describe, expect, it } from "vitest";
import { columns, gaps, summary } from "./charts/columns";
import { told } from "./layout/ProblemView";
import { again } from "./shell/create";
import { trail } from "./shell/trail";
import { arranged, type Column } from "./table/order";
import { en } from "./texts/en";
import { ko } from "./texts/ko";
import { particles } from "./texts/particles";
import { misread, range } from "./time/range";
import { formats } from "./view/format";
import { choseDemo, first } from "./view/preferences";
import { isCommand } from "./view/useKeys";
import { read } from "./view/useView";

describe("texts", () => {
  it("has the same keys and the same values to fill in both languages", () => {
    expect(Object.keys(ko).sort()).toEqual(Object.keys(en).sort());
    const holes = (text: string) => (text.match(/\{\{\w+\}\}/g) ?? []).sort();
    for (const key of Object.keys(en) as (keyof typeof en)[])
      expect([key, holes(ko[key])]).toEqual([key, holes(en[key])]);
  });
  it.each([
    ["파드(이/가)", "파드가"],
    ["노드 풀(을/를)", "노드 풀을"],
    ["서울(으로/로)", "서울로"],
    ["부산(으로/로)", "부산으로"],
    ["gpu-1(이/가)", "gpu-1이"],
    ["gpu-2(은/는)", "gpu-2는"],
    ["acme(과/와)", "acme와"],
  ])("%s becomes %s", (given, wanted) => expect(particles(given)).toBe(wanted));
});

describe("formats", () => {
  const f = formats("ko", "Asia/Seoul");
  it.each([
    ["an instant in KST", f.instant("2026-11-26T22:04:20Z"), "2026-11-27 07:04:20 KST"],
    [
      "the same in UTC",
      formats("en", "UTC").instant("2026-11-26T22:04:20Z"),
      "2026-11-26 22:04:20 UTC",
    ],
    ["the two largest parts", f.duration(93_784), "1일 2시간"],
    ["a debt of time", formats("en", "UTC").duration(-328), "−5 min 28 s"],
    ["nothing known", f.number(null), "–"],
    ["bytes", f.bytes(1_716_833_484_800), "1.6 TiB"],
    ["millicores", f.cores(44_350), "44.35"],
  ])("%s", (_, said, wanted) => expect(said).toBe(wanted));
});

describe("the address", () => {
  it("gives each value its default's type", () => {
    expect(read({ q: "", page: 1, all: false }, { q: "a", page: "3", all: "true" })).toEqual({
      q: "a",
      page: 3,
      all: true,
    });
    expect(read({ page: 1 }, { page: "x" })).toEqual({ page: 1 });
  });
  it("has relative and absolute ranges", () => {
    const now = Date.parse("2026-01-05T09:00:00Z");
    expect(range("now-6h", "now", now)).toEqual({
      fromMs: now - 21_600_000,
      toMs: now,
      moving: true,
    });
    expect(range("2026-01-05T08:00:00Z", "2026-01-05T08:30:00Z", now).toMs - now).toBe(-1_800_000);
    expect(range("nonsense", "now", now).fromMs).toBe(now - 3_600_000);
  });
  it.each([
    ["now-6h", "now", null],
    ["nonsense", "now", { field: "from", text: "nonsense" }],
    ["now-1h", "later", { field: "to", text: "later" }],
    ["now-1h", "now-2h", { field: "order", text: "now-1h" }],
  ])("says what of a range from %s to %s is not taken as it stands", (from, to, wanted) =>
    expect(misread(from, to, Date.parse("2026-01-05T09:00:00Z"))).toEqual(wanted),
  );
  it("is before what was kept, which is before the browser's language", () => {
    expect(first("?lang=en", '{"language":"ko"}', ["ko-KR"]).language).toBe("en");
    expect(first("", '{"language":"ko","zone":"UTC"}', ["en"])).toEqual({
      language: "ko",
      zone: "UTC",
      demo: false,
      refreshMs: 0,
    });
    for (const kept of ["broken", "null", "7", '{"language":"xx","demo":"no"}'])
      expect(first("?lang=xx&tz=Mars&demo=perhaps", kept, ["ko-KR"])).toEqual({
        language: "ko",
        zone: "Asia/Seoul",
        demo: false,
        refreshMs: 0,
      });
  });

  it("offers the demo until somebody says whether to show it", () => {
    for (const [query, kept, said] of [
      ["", null, false],
      ["?lang=ko", '{"language":"ko","zone":"UTC"}', false],
      ["", '{"language":"ko","demo":false}', true],
      ["?demo=false", null, true],
    ] as const)
      expect(choseDemo(query, kept)).toBe(said);
  });
  it("leads from home to a page", () => {
    const load = () => Promise.reject(new Error("not loaded"));
    const pages = [
      { path: "/", title: "home", load },
      { path: "/tenants", title: "all", load },
      { path: "/tenants/$tenant", title: "one", load },
    ];
    expect(trail(pages, "/tenants/acme")).toEqual([
      { to: "/tenants", title: "all" },
      { to: "/tenants/acme", title: "one", name: "acme" },
    ]);
    expect(trail(pages, "/")).toEqual([{ to: "/", title: "home" }]);
  });
});

describe("keys", () => {
  const press = (init: KeyboardEventInit, target: EventTarget = document.body) => {
    const event = new KeyboardEvent("keydown", init);
    Object.defineProperty(event, "target", { value: target });
    return event;
  };
  it("are no commands while an IME composes, somebody writes, a dialog asks, or Ctrl is held", () => {
    expect(isCommand(press({ key: "l" }))).toBe(true);
    expect(isCommand(press({ key: "l", isComposing: true }))).toBe(false);
    expect(isCommand(press({ key: "l", ctrlKey: true }))).toBe(false);
    expect(isCommand(press({ key: "l" }, document.createElement("input")))).toBe(false);
    const dialog = document.createElement("button");
    dialog.className = "mantine-Modal-content";
    expect(isCommand(press({ key: "l" }, dialog))).toBe(false);
  });
});

describe("a table", () => {
  const columns: Column<{ name: string; n: number | null }>[] = [
    { id: "name", head: "", cell: () => null, by: (row) => row.name },
    { id: "n", head: "", cell: () => null, by: (row) => row.n },
  ];
  const rows = [
    { name: "node-10", n: 2 },
    { name: "node-9", n: null },
    { name: "pod", n: 1 },
  ];
  const names = (filter: string, sort: string) =>
    arranged(rows, columns, filter, sort).map((row) => row.name);
  it.each([
    ["", "name", ["node-9", "node-10", "pod"]],
    ["", "n", ["pod", "node-10", "node-9"]],
    ["", "-n", ["node-10", "pod", "node-9"]],
    ["node 1", "", ["node-10"]],
  ])("filtered by %j and sorted by %j", (filter, sort, wanted) =>
    expect(names(filter, sort)).toEqual(wanted),
  );
});

describe("a chart", () => {
  const at = Array.from({ length: 10_000 }, (_, i) => 1_000_000 + i * 5);
  const values: (number | null)[] = at.map((_, i) => Math.sin(i / 50));
  values[4321] = 99;
  values[777] = null;
  const flat = at.map(() => 1);
  const [xs, ys = [], others = []] = columns(at, [values, flat], 300);
  it("keeps the least, the most and the gaps, at instants that go on", () => {
    expect(xs.length).toBeLessThanOrEqual(605);
    expect(Math.max(...ys.map((y) => y ?? 0))).toBe(99);
    expect(ys.filter((y) => y === null).length).toBe(1);
    expect(others.every((y) => y === 1 || y === undefined)).toBe(true);
    expect(xs.every((x, i) => i === 0 || x > (xs[i - 1] as number))).toBe(true);
  });
  it("draws the same of a point while the range moves on", () => {
    const [now, then] = [0, 50].map((from) => {
      const [x, y = []] = columns(
        at.slice(from, from + 9900),
        [values.slice(from, from + 9900)],
        300,
      );
      return new Map(x.map((one, i) => [one, y[i]]));
    });
    const same = [...(then ?? [])].filter(([x, y]) => now?.get(x) === y);
    expect(same.length).toBeGreaterThan(590);
  });
  it.each([
    ["every five seconds", [0, 5, 10, 15], []],
    ["with minutes in which nothing was measured", [0, 5, 10, 400, 405, 410], [2]],
    ["older ones by the minute", [0, 60, 120, 180, 185, 190], []],
  ])("knows a gap among points %s", (_, times, wanted) => expect(gaps(times)).toEqual(wanted));
  it("leaves a gap where nothing was measured, with few points too", () => {
    expect(columns([0, 5, 10, 400, 405], [[1, 2, 3, 4, 5]], 300)).toEqual([
      [0, 5, 10, 205, 400, 405],
      [1, 2, 3, null, 4, 5],
    ]);
  });
  it("says a line in numbers", () => {
    expect(summary([null, 3, undefined, 1, null, null, 2])).toEqual({
      least: 1,
      most: 3,
      last: 2,
      gaps: 1,
    });
    expect(summary([null, null])).toBeNull();
  });
});

describe("a problem", () => {
  it("says code, cause and where to look", () => {
    const found = told({
      status: 422,
      request_id: "r1",
      error: {
        code: "VALIDATION_FAILED",
        message: "no",
        details: [{ field: "hours", message: "at most 48" }],
      },
    });
    expect(found).toEqual({
      code: "VALIDATION_FAILED",
      message: "no",
      next: ["hours: at most 48"],
      request: "r1",
    });
    expect(told(new TypeError("Failed to fetch"))).toBeNull();
  });
  it("says each line once, and none twice", () => {
    const details = [
      { field: "a", message: "wrong" },
      { field: "b", message: "wrong" },
    ];
    const message = "It cannot be read: a: wrong; b: wrong";
    const found = told({ error: { code: "VALIDATION_FAILED", message, details } });
    expect(found).toMatchObject({ message: "It cannot be read", next: ["a: wrong", "b: wrong"] });
    const same = [{ remedy: "let it through" }, { remedy: "let it through" }];
    expect(told({ error: { message: "no", details: same } })?.next).toEqual(["let it through"]);
  });
  it("is asked about again only when nobody answered", () => {
    expect([
      again(0, { status: 404 }),
      again(0, { status: 503 }),
      again(0, new TypeError()),
      again(2, { status: 503 }),
    ]).toEqual([false, true, true, false]);
  });
});
