/** The orchestrator's calls as hooks, typed by path. */
import { atOrchestrator, orchestratorHooks } from "@ecp/ui/ask/ask";
import { type Preferences, preferences, usePreferences } from "@ecp/ui/view/preferences";

export { atOrchestrator };
/** How often a page asks again: as often as slots close. */
export const EVERY_MS = 5000;
export const hooks = orchestratorHooks;

export type Given = { headers: Record<string, string> };

/** What changes an answer beside the path; part of every key, so that no answer is taken for another. */
export function useGiven(): Given {
  return given(usePreferences());
}

/** The same before anything is drawn. */
export function given({ demo, language }: Preferences = preferences()): Given {
  return { headers: { "X-Demo-Mode": String(demo), "Accept-Language": language } };
}

/** The same of a command of `ecp`. */
export function demoOf(given: { headers: Record<string, string> }): string {
  return given.headers["X-Demo-Mode"] === "true" ? " --demo" : "";
}

/** Of a call as it is typed in a shell: the demo's header, where it is the demo. */
export function headersOf(given: { headers: Record<string, string> }): Record<string, string> {
  return given.headers["X-Demo-Mode"] === "true" ? { "X-Demo-Mode": "true" } : {};
}
