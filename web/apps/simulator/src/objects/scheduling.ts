/** What the scheduler says of a pod that waits, in parts, and what can be done about each. Pure. */

/** What helps; each has a text `remedy.<name>`. */
type Remedy =
  | "gpu"
  | "resource"
  | "pods"
  | "taint"
  | "cordoned"
  | "affinity"
  | "together"
  | "apart"
  | "spread"
  | "volume"
  | "ports"
  | "other";

const RULES: readonly (readonly [RegExp, Remedy])[] = [
  [/^Insufficient \S*gpu/i, "gpu"],
  [/^Insufficient /, "resource"],
  [/^Too many pods/, "pods"],
  [/unschedulable/, "cordoned"],
  [/untolerated taint/, "taint"],
  [/topology spread/, "spread"],
  [/anti-affinity/, "apart"],
  [/pod affinity/, "together"],
  [/node affinity|node selector|affinity\/selector/, "affinity"],
  [/volume|persistentvolume/i, "volume"],
  [/free ports/, "ports"],
];

/** Return what helps where a node is refused for *reason*. */
export function remedy(reason: string): Remedy {
  return RULES.find(([pattern]) => pattern.test(reason))?.[1] ?? "other";
}

interface Refusal {
  /** Nodes that were refused for it; null: it does not say. */
  readonly count: number | null;
  readonly reason: string;
  readonly remedy: Remedy;
}

export interface Said {
  readonly fitting: number | null;
  readonly of: number | null;
  readonly refusals: readonly Refusal[];
  /** What it says about making room by preemption. */
  readonly preemption: string;
}

/** Take the message of FailedScheduling apart. */
export function told(message: string): Said {
  const found =
    /^(\d+)\/(\d+) nodes are available:? ?(.*?)\.?(?: (?:no new claims[^,]*, )?preemption: (.*))?$/s.exec(
      message,
    );
  if (!found) {
    const refusals = message ? [{ count: null, reason: message, remedy: remedy(message) }] : [];
    return { fitting: null, of: null, refusals, preemption: "" };
  }
  const refusals = (found[3] ?? "")
    .split(/, (?=\d+ )/)
    .map((one) => /^(\d+) (.*?)\.?$/s.exec(one.trim()))
    .flatMap((one) =>
      one ? [{ count: Number(one[1]), reason: one[2] ?? "", remedy: remedy(one[2] ?? "") }] : [],
    )
    .sort((a, b) => b.count - a.count);
  return {
    fitting: Number(found[1]),
    of: Number(found[2]),
    refusals,
    preemption: found[4] ?? "",
  };
}

export interface Verdict {
  readonly node: string;
  readonly fits: boolean;
  readonly plugin: string | null;
  readonly reasons: readonly string[];
  readonly preemption_may_help: boolean;
  readonly total: number | null;
  readonly scores: readonly { readonly plugin: string; readonly weighted: number }[];
  readonly figures: readonly {
    readonly resource: string;
    readonly asked: number;
    readonly free: number;
  }[];
  readonly taints: readonly {
    readonly key: string;
    readonly value?: string;
    readonly effect: string;
  }[];
  readonly below: readonly {
    readonly pod: string;
    readonly priority: number;
    readonly frees: Readonly<Record<string, number>>;
  }[];
}

/** Something that a pod asks of its node, in words of the service, with what there is. */
export interface Wish {
  readonly kind: string;
  readonly wish: string;
  readonly given: string;
  /** How many nodes give it; null where that hangs on other pods. */
  readonly nodes: number | null;
}

/** What would find a pod a node, judged by the scheduler's own filters. */
export interface Change {
  readonly text: string;
  readonly then: string;
}

/** What keeps a pod that has a node from being ready. */
export interface Trouble {
  readonly cause: string;
  readonly text: string;
  readonly remedy: string;
}

export interface Placement {
  readonly state: string;
  readonly node: string | null;
  readonly message: string;
  readonly best: readonly string[];
  readonly nodes: readonly Verdict[];
  readonly asked: Readonly<Record<string, number>>;
  readonly priority: number;
  readonly wishes: readonly Wish[];
  readonly changes: readonly Change[];
  readonly trouble: Trouble | null;
}

/** Return what helps a pod, the remedy that concerns the most nodes first, with those nodes. */
export function remedies(nodes: readonly Verdict[]): [Remedy, Verdict[]][] {
  const found = new Map<Remedy, Verdict[]>();
  for (const row of nodes) {
    if (row.fits) continue;
    for (const name of new Set(row.reasons.map(remedy)))
      found.set(name, [...(found.get(name) ?? []), row]);
  }
  return [...found].sort((a, b) => b[1].length - a[1].length);
}

/** Return by resource the most that one of *nodes* has free of what is asked and not there. */
export function short(
  nodes: readonly Verdict[],
): { resource: string; asked: number; most: number }[] {
  const found = new Map<string, { resource: string; asked: number; most: number }>();
  for (const row of nodes)
    for (const { resource, asked, free } of row.figures) {
      if (asked <= free) continue;
      const most = Math.max(free, found.get(resource)?.most ?? 0);
      found.set(resource, { resource, asked, most });
    }
  return [...found.values()];
}
