/** What a fault could be aimed at, as a refusal of the cluster's says. Pure. */

type Refused = { readonly error?: { readonly details?: readonly Row[] } };
type Row = { readonly name?: string; readonly target?: string };

/** Return the targets that a refusal offers; where there are none it tells the failures instead. */
export function offered(error: unknown): string[] {
  return ((error as Refused | null)?.error?.details ?? [])
    .filter((one) => one.name === undefined)
    .flatMap((one) => (one.target === undefined ? [] : [one.target]));
}
