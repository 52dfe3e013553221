/** What can be done with a release: sent again, gone back to, its manifest deployed. Pure. */

export type Way =
  /** It is the current one: sent once more, no new revision. */
  | { readonly does: "again" }
  /** Nothing of it is on the cluster: its manifest as a new revision. */
  | { readonly does: "deploy" }
  /** To revision *to*, from the current one. */
  | { readonly does: "back"; readonly to: number; readonly from: number }
  /** It does not come up, and no earlier revision ever did: there is nothing to go back to. */
  | { readonly does: "none" };

export interface Standing {
  readonly revision: number;
  readonly phase: string;
  /** The revision that is on the cluster; undefined: not known yet. */
  readonly current: number | undefined;
  /** Whether something keeps it from coming up, before any deadline, too. */
  readonly troubled: boolean;
  /** Releases of the tenant, the newest first; undefined: not known yet. */
  readonly others:
    | readonly {
        readonly revision?: number | null;
        readonly started?: boolean | null;
      }[]
    | undefined;
}

const STUCK = ["stalled", "failed"];
const GOING = ["rehearsing", "applying", "progressing"];

/** Tell whether a release asks for a way back: it stopped, or something keeps its pods, also after it
 * was up. */
export function isTroubled(phase: string, problems: number): boolean {
  return STUCK.includes(phase) || ((GOING.includes(phase) || phase === "ready") && problems > 0);
}

export function waysOf({ revision, phase, current, troubled, others }: Standing): Way[] {
  const going = GOING.includes(phase);
  if (current === undefined || (going && revision !== current)) return [];
  if (revision < current) return [{ does: "back", to: revision, from: current }];
  if (revision > current) return [{ does: "deploy" }];
  return [
    ...(troubled && others ? wayBack(revision, phase, others) : []),
    // What is on its way is sent already.
    ...(going ? [] : [{ does: "again" } as const]),
  ];
}

/** From where one is stuck the way back is to the last that was up. */
function wayBack(
  revision: number,
  phase: string,
  others: NonNullable<Standing["others"]>,
): readonly Way[] {
  const to = others.find((one) => one.started && (one.revision ?? 0) < revision)?.revision;
  if (to) return [{ does: "back", to, from: revision }];
  return phase === "ready" ? [] : [{ does: "none" }];
}
