/** What a component needs of a browser and jsdom does not have. */
import { beforeAll, vi } from "vitest";

// Files share one browser: what one of them has chosen is not for the next.
beforeAll(async () => {
  if (typeof window === "undefined") return;
  const { prefer } = await import("@ecp/ui/view/preferences");
  prefer({ language: "en", zone: "Asia/Seoul", demo: false });
});

vi.stubGlobal("matchMedia", (query: string) => ({
  matches: false,
  media: query,
  addEventListener() {},
  removeEventListener() {},
  addListener() {},
  removeListener() {},
}));
vi.stubGlobal(
  "ResizeObserver",
  class {
    observe() {}
    unobserve() {}
    disconnect() {}
  },
);
