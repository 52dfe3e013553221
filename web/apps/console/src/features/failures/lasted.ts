import type { Failure } from "./types";

/** Return how long a failure lasted in seconds; null while it does, and where it fell once. */
export function lasted(failure: Failure): number | null {
  if (!failure.started_at || !failure.ended_at) return null;
  return (Date.parse(failure.ended_at) - Date.parse(failure.started_at)) / 1000;
}
