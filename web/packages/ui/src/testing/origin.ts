import { vi } from "vitest";

/** Answer what is asked by *answer*, at addresses without a host, too: a page has an origin, jsdom's requests have
 * none. Modules that are imported from now on ask so; `vi.unstubAllGlobals` ends it. */
export function answered(answer: () => Promise<Response | undefined>): void {
  vi.stubGlobal("fetch", answer);
  vi.stubGlobal(
    "Request",
    class extends Request {
      constructor(path: string, init: RequestInit) {
        super(new URL(path, "http://here"), init);
      }
    },
  );
  // What asks was taken from the page when the client of a service was made.
  vi.resetModules();
}
