/** An application from its table of pages. */
import { MantineProvider } from "@mantine/core";
import { type FetchQueryOptions, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import {
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
  retainSearchParams,
} from "@tanstack/react-router"; // prettier-ignore
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { restless } from "../ask/restless";
import type { Say } from "../texts/texts";
import { theme } from "../theme";
import { Focus } from "./Focus";
import { Broken, Missing } from "./Missing";
import { Notices } from "./Notices";
import type { PageRow } from "./pages";
import { part } from "./parts";
import { Shell } from "./Shell";
import { Tips } from "./Tips";

/** Something that the service has, and where it is shown. */
export interface Hit {
  readonly name: string;
  readonly note?: string;
  readonly to: string;
}

export interface App<K extends string> {
  readonly name: string;
  readonly pages: readonly PageRow<K>[];
  readonly useT: () => Say<K>;
  /** Whether there is a demo to switch to. */
  readonly demo?: boolean;
  /** What the palette finds at the service: tenants by the words that are typed. */
  readonly find?: (words: string) => Promise<readonly Hit[]>;
  /** What of the address goes along from page to page, as the cluster that all are about. */
  readonly keep?: readonly string[];
  /** Another console, below the menu and in the palette; null where nobody says its address. */
  readonly useElsewhere?: () => Hit | null;
  /** Evidence and target of this app, shown as a band. */
  readonly Bands?: () => React.ReactNode;
}

/** Ask again what failed for want of a service, not what was refused. */
export function again(count: number, error: unknown): boolean {
  const status = (error as { status?: number } | null)?.status;
  return count < 2 && (status === undefined || status >= 502);
}

export function start<K extends string>(app: App<K>): void {
  let begun = false;
  /** The first page is not waited for: what stands around all pages is drawn meanwhile. */
  const shown = ({ load }: PageRow<K>) => {
    const Page = part(load);
    return Object.assign(() => <Page />, {
      preload: () => {
        const coming = Page.preload();
        return begun ? coming : Promise.resolve();
      },
    });
  };
  const queries = new QueryClient({
    defaultOptions: {
      queries: {
        retry: again,
        staleTime: 2000,
        refetchOnWindowFocus: true,
        // Not only while the browser takes itself to be online: a service on this machine is there all the
        // same, and of one that is not the page says so instead of waiting in silence.
        networkMode: "always",
        refetchOnReconnect: true,
        refetchInterval: restless,
      },
    },
  });
  const root = createRootRoute({
    component: () => <Shell app={app} />,
    notFoundComponent: Missing,
    search: {
      middlewares: [
        retainSearchParams([...(app.keep ?? []), ...(app.demo ? ["demo"] : [])] as never),
      ],
    },
  });
  const routes = app.pages.map((page) =>
    createRoute({
      getParentRoute: () => root,
      path: page.path,
      component: shown(page),
      errorComponent: Broken,
    }),
  );
  const router = createRouter({
    routeTree: root.addChildren(routes),
    defaultPreload: "intent",
    defaultErrorComponent: Broken,
    caseSensitive: true,
    scrollRestoration: true,
  });
  router.subscribe("onResolved", () => {
    begun = true;
  });
  // These are on their way while the rest begins: the page's script, and what the page asks for first.
  const [matchedRoutes, params] = router.getMatchedRoutes(location.pathname);
  for (const { options } of matchedRoutes)
    (options.component as { preload?: () => unknown } | undefined)?.preload?.();
  const page = app.pages.find(({ path }) => path === matchedRoutes.at(-1)?.fullPath);
  for (const question of page?.first?.(params, router.latestLocation.search) ?? [])
    void queries.prefetchQuery(question as FetchQueryOptions);
  void import("../fonts");
  const place = document.getElementById("app");
  if (!place) return;
  createRoot(place).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="auto">
        <QueryClientProvider client={queries}>
          <Notices />
          <RouterProvider router={router} />
          <Tips />
          <Focus />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
