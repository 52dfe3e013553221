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

/** From here on down the service calls it at risk. */
export const LOW = 0.2;

/** Return the budget in seconds as the service counted it, for the period that the word is about;
 * null where nothing can be said of it. */
export function leftOf(of: Judged | null | undefined): Left | null {
  const { allowed_seconds: allowed, remaining_seconds: remaining } = of?.error_budget ?? {};
  if (typeof allowed !== "number" || typeof remaining !== "number") return null;
  return of?.status === "no_data" || allowed < SLOT_SECONDS ? null : { allowed, remaining };
}
