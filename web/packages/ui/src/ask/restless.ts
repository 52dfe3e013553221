import { refused, told } from "../layout/ProblemView";

const AGAIN_MS = 5000;

/** Return when to ask again what was not answered: by itself, as who waits is told, also where a page
 * asks but once, or once a minute. False: it was answered. */
export function restless({
  state,
}: {
  readonly state: { readonly status: string; readonly error: unknown };
}): number | false {
  const unanswered = !refused(state.error) && told(state.error) === null;
  return state.status === "error" && unanswered && AGAIN_MS;
}
