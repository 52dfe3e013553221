/** Typed calls as hooks: one client a service, asked again every few seconds where that is wished. */
import { orchestrator, simulator } from "@ecp/api";
import createHooks from "openapi-react-query";
import { useHeld } from "../live/pausing";
import { preferences, usePreferences } from "../view/preferences";
import { restless } from "./restless";

/** Language and demo as they are when a call is made. */
const ours = {
  onRequest({ request }: { request: Request }) {
    const { language, demo } = preferences();
    request.headers.set("Accept-Language", language);
    if (demo) request.headers.set("X-Demo-Mode", "true");
    return request;
  },
  onResponse({ response }: { response: Response }) {
    if (response.status >= 400 && !hasWords(response)) throw new NoAnswer(response);
  },
};

function hasWords({ headers }: Response): boolean {
  return /json/.test(headers.get("Content-Type") ?? "") && headers.get("Content-Length") !== "0";
}

/** A proxy's page, or nothing: what a call without a body tells would pass for a success. */
class NoAnswer extends Error {
  readonly status: number;
  /** What is refused on the way, as a text that is too long, is not asked for again. */
  readonly detail: string | undefined;

  constructor({ status, statusText }: Response) {
    super(`HTTP ${status}`);
    this.status = status;
    this.detail = status < 500 ? `HTTP ${status} ${statusText}`.trim() : undefined;
  }
}

const PATIENCE_MS = 30_000;

/** Ask, but not for ever: when a machine wakes up, the lines that it had open may be dead without a word. What
 * changes something is waited for: it may have been done. */
async function patient(request: Request): Promise<Response> {
  if (request.method !== "GET") return fetch(request);
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new TypeError("no answer")), PATIENCE_MS);
  try {
    return await fetch(request, { signal: AbortSignal.any([request.signal, late.signal]) });
  } finally {
    clearTimeout(timer);
  }
}

export const atOrchestrator = orchestrator({ baseUrl: "", fetch: patient });
atOrchestrator.use(ours);
export const atSimulator = simulator({ baseUrl: "", fetch: patient });
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
    const interval = (query: Parameters<typeof restless>[0]) => restless(query) || every;
    const wished = typeof usual === "number" ? { ...wish, refetchInterval: interval } : options;
    return useHeld(ask(method, path, init, wished, ...rest), JSON.stringify([method, path, init]));
  };
  return { ...made, useQuery };
}

export const orchestratorHooks = watched(createHooks(atOrchestrator));
export const simulatorHooks = watched(createHooks(atSimulator));
