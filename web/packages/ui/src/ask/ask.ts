/** Typed calls as hooks: one client a service, asked again every few seconds where that is wished. */
import { orchestrator, simulator } from "@ecp/api";
import createHooks from "openapi-react-query";
import { useHeld } from "../live/pausing";
import { preferences, usePreferences } from "../view/preferences";

/** Language and demo as they are when a call is made. */
const ours = {
  onRequest({ request }: { request: Request }) {
    const { language, demo } = preferences();
    request.headers.set("Accept-Language", language);
    if (demo) request.headers.set("X-Demo-Mode", "true");
    return request;
  },
};

export const atOrchestrator = orchestrator({ baseUrl: "" });
atOrchestrator.use(ours);
export const atSimulator = simulator({ baseUrl: "" });
atSimulator.use(ours);

/** Return how often to ask again, as somebody chose, of what asks again at all. */
export function useEvery(everyMs: number | false): number | false {
  const { refreshMs } = usePreferences();
  if (!everyMs || refreshMs === 0) return everyMs;
  return refreshMs > 0 ? refreshMs : false;
}

/** The hooks, asking as often as was chosen, and held still while a page is. */
function watched<H extends { useQuery: unknown }>(made: H): H {
  const ask = made.useQuery as (...given: unknown[]) => { data: unknown };
  const useQuery = (...given: unknown[]) => {
    const [method, path, init, options, ...rest] = given;
    const wish = options as { refetchInterval?: number | false } | undefined;
    const usual = wish?.refetchInterval;
    const every = useEvery(typeof usual === "number" ? usual : false);
    const wished = typeof usual === "number" ? { ...wish, refetchInterval: every } : options;
    return useHeld(ask(method, path, init, wished, ...rest), JSON.stringify([method, path, init]));
  };
  return { ...made, useQuery };
}

export const orchestratorHooks = watched(createHooks(atOrchestrator));
export const simulatorHooks = watched(createHooks(atSimulator));
