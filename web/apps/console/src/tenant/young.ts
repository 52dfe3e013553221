/** For how long a tenant has been measured, where a day is asked of it and it is younger. Pure. */

const DAY_SECONDS = 86_400;
/** Slots that are not judged yet make no day shorter. */
const SLACK_SECONDS = 60;

/** The span that a level of service is of. */
export interface Windowed {
  readonly window?:
    | { readonly from?: string | undefined; readonly to?: string | undefined }
    | null
    | undefined;
}

/** Return the seconds that the last 24 hours hold of it; null for a whole day, and where nothing is said.
 * The budget is that of these seconds: 1 % of a quarter of an hour are 9 s. */
export function youngFor(sla: Windowed | null | undefined): number | null {
  const { from, to } = sla?.window ?? {};
  const seconds = (Date.parse(to ?? "") - Date.parse(from ?? "")) / 1000;
  return seconds > 0 && seconds < DAY_SECONDS - SLACK_SECONDS ? seconds : null;
}
