/** Objects of a comparison in the order in which a reader wants them. Pure. */

export const ACTIONS = ["refused", "remove", "change", "create", "none"] as const;
export type Action = (typeof ACTIONS)[number];

export interface Changed {
  readonly kind?: string;
  readonly namespace?: string | null;
  readonly name?: string;
  readonly action?: string;
  readonly reason?: string | null;
  readonly changes?: readonly {
    readonly path?: string;
    readonly before?: unknown;
    readonly after?: unknown;
  }[];
}

/** Return what differs (*all*: also what does not), the most dangerous first; an action that is not
 * known here is a change. */
export function ordered(
  objects: readonly Changed[],
  all: boolean,
): (Changed & { readonly action: Action })[] {
  return objects
    .map((one) => ({ ...one, action: ACTIONS.find((known) => known === one.action) ?? "change" }))
    .filter((one) => all || one.action !== "none")
    .sort((one, other) => ACTIONS.indexOf(one.action) - ACTIONS.indexOf(other.action));
}
