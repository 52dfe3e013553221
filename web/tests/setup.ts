/** What a component needs of a browser and jsdom does not have. */
import { afterEach, beforeAll, vi } from "vitest";

beforeAll(async () => {
  if (typeof document === "undefined") return;
  const { configure } = await import("@testing-library/react");
  // What is awaited comes late where the machine has much else to do; what does not come fails all the same.
  configure({ asyncUtilTimeout: 4000 });
  // Files share one document: what one preferred is not the next one's.
  const { prefer } = await import("../packages/ui/src/view/preferences");
  prefer({ language: "en", zone: "Asia/Seoul" });
});

// Nor is what one has drawn found by the next.
afterEach(async () => {
  if (typeof document !== "undefined") (await import("@testing-library/react")).cleanup();
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
