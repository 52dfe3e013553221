/** Two tabs of one browser: what is chosen in one. */
import { beforeEach, expect, it } from "vitest";
import { prefer, preferences } from "./preferences";
import { local } from "./storage";

const KEY = "ecp.preferences";

/** As when another tab keeps this. */
function elsewhere(kept: string | null): void {
  if (kept === null) local.removeItem(KEY);
  else local.setItem(KEY, kept);
  window.dispatchEvent(new StorageEvent("storage", { key: KEY, newValue: kept }));
}

beforeEach(() => {
  local.removeItem(KEY);
  prefer({ language: "en", zone: "UTC", refreshMs: 0, demo: false });
});

it("follows language, zone and pace of another tab, but not into its demo", () => {
  elsewhere('{"language":"ko","zone":"America/New_York","refreshMs":30000,"demo":true}');
  expect(preferences()).toEqual({
    language: "ko",
    zone: "America/New_York",
    refreshMs: 30_000,
    demo: false,
  });
  expect(document.documentElement.lang).toBe("ko");
});

it("keeps of a change nothing but the change: of the rest another tab may know better", () => {
  local.setItem(KEY, '{"language":"ko","demo":true}');
  prefer({ zone: "Asia/Seoul" });
  expect(JSON.parse(local.getItem(KEY) ?? "")).toEqual({
    language: "ko",
    demo: true,
    zone: "Asia/Seoul",
  });
});

it.each([null, "{", "null", "7"])("stays as it is where %s was kept", (kept) => {
  elsewhere(kept);
  expect(preferences().language).toBe("en");
  prefer({ language: "ko" });
  expect(JSON.parse(local.getItem(KEY) ?? "")).toMatchObject({ language: "ko" });
});
