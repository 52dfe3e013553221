/** Draws a component as an application does: theme, address, queries. */
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import {
  createMemoryHistory,
  createRootRoute,
  createRouter,
  RouterProvider,
} from "@tanstack/react-router";
import { render, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { ReactNode } from "react";
import { expect, vi } from "vitest";
import { preloadOvers } from "../layout/over";
import { Focus } from "../shell/Focus";

/** Presses and writes; without asking of each ancestor whether it can be pressed. */
export const user = userEvent.setup({ delay: null, pointerEventsCheck: 0 });

/** jsdom lays nothing out: a scrolled region is given the height of some rows. */
export function laidOut(): void {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(340);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(800);
  vi.stubGlobal("scrollTo", () => {});
  HTMLElement.prototype.scrollTo = function (this: HTMLElement, to?: unknown) {
    this.scrollTop = (to as { top?: number }).top ?? 0;
    this.dispatchEvent(new Event("scroll"));
  };
  HTMLElement.prototype.scrollIntoView = () => {};
}

/** Draw *node* at *address*; return what tells the address. */
export async function drawn(node: ReactNode, address = "/"): Promise<() => string> {
  // What a test opens is there at once.
  await preloadOvers();
  const router = createRouter({
    routeTree: createRootRoute({ component: () => node, notFoundComponent: () => null }),
    history: createMemoryHistory({ initialEntries: [address] }),
  });
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
        <Focus />
      </QueryClientProvider>
    </MantineProvider>,
  );
  await waitFor(() => expect(router.state.status).toBe("idle"));
  return () => router.state.location.href;
}
