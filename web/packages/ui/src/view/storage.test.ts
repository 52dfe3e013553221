import { afterEach, expect, it, vi } from "vitest";
import { local } from "./storage";

afterEach(() => {
  vi.restoreAllMocks();
  local.removeItem("a");
});

it.each(["getItem", "setItem", "removeItem"] as const)(
  "keeps for as long as the page is shown where the browser's %s throws",
  (refused) => {
    vi.spyOn(Storage.prototype, refused).mockImplementation(() => {
      throw new DOMException("The operation is insecure.", "SecurityError");
    });
    local.setItem("a", "1");
    if (refused !== "getItem") expect(local.getItem("a")).toBe("1");
    else expect(local.getItem("a")).toBeNull();
    local.removeItem("a");
  },
);

it("keeps what does not fit any more over what did", () => {
  local.setItem("a", "1");
  const full = vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
    throw new DOMException("full", "QuotaExceededError");
  });
  local.setItem("a", "2");
  expect(local.getItem("a")).toBe("2");
  full.mockRestore();
  local.setItem("a", "3");
  expect(local.getItem("a")).toBe("3");
});
