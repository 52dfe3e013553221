/** What is left of an error budget, of whatever says a level of service: one reading for every page.
 * Pure. */

export interface Judged {
  readonly status?: string | null | undefined;
  readonly error_budget?:
    | {
        readonly allowed_seconds?: number | null | undefined;
        readonly remaining_seconds?: number | null | undefined;
      }
    | null
    | undefined;
}

export interface Left {
  readonly allowed: number;
  readonly remaining: number;
}

/** The least that can be lost: a budget below it judges nothing. */
const SLOT_SECONDS = 5;

/** From this part on down the service calls it at risk. */
const LOW = 0.2;

/** Return what a budget is drawn as: how much of its bar or gauge is filled, and in which colour. An overspent one is
 * as full as it was, and red: an empty one would look like nothing at all. */
export function levelOf({ remaining, allowed }: Left): {
  part: number;
  level: "fine" | "low" | "out";
} {
  const part = remaining < 0 ? 1 : Math.min(1, remaining / allowed);
  return { part, level: remaining <= 0 ? "out" : part <= LOW ? "low" : "fine" };
}

/** Return the budget in seconds as the service counted it, for the period that the word is about;
 * null where nothing can be said of it. */
export function leftOf(of: Judged | null | undefined): Left | null {
  const { allowed_seconds: allowed, remaining_seconds: remaining } = of?.error_budget ?? {};
  if (typeof allowed !== "number" || typeof remaining !== "number") return null;
  return of?.status === "no_data" || allowed < SLOT_SECONDS ? null : { allowed, remaining };
}
