/** What can be done with a release: sent again, gone back to, its manifest deployed. Pure. */

export type Way =
  /** It is the current one: sent once more, no new revision. */
  | { readonly does: "again" }
  /** Nothing of it is on the cluster: its manifest as a new revision. */
  | { readonly does: "deploy" }
  /** To revision *to*, from the current one. */
  | { readonly does: "back"; readonly to: number; readonly from: number };

export interface Standing {
  readonly revision: number;
  readonly phase: string;
  /** The revision that is on the cluster; undefined: not known yet. */
  readonly current: number | undefined;
  /** Other releases of the tenant, the newest first. */
  readonly others: readonly {
    readonly revision?: number | null;
    readonly started?: boolean | null;
  }[];
}

const STUCK = ["stalled", "failed"];
const GOING = ["rehearsing", "applying", "progressing"];

export function waysOf({ revision, phase, current, others }: Standing): Way[] {
  if (current === undefined || GOING.includes(phase)) return [];
  if (revision < current) return [{ does: "back", to: revision, from: current }];
  if (revision > current) return [{ does: "deploy" }];
  // From where one is stuck the way back is to the last that was up.
  const up = STUCK.includes(phase)
    ? others.find((one) => one.started && (one.revision ?? 0) < revision)?.revision
    : undefined;
  return [
    ...(up ? [{ does: "back", to: up, from: revision } as const] : []),
    { does: "again" } as const,
  ];
}
