/** What the service tells of rehearsals, as these pages read it. */

export interface Row {
  readonly rehearsal_id: number;
  readonly name: string;
  readonly kind: "rehearsal" | "campaign";
  readonly state: string;
  readonly progress: { readonly done: number; readonly runs: number; readonly share: number };
  readonly created_at: string;
  readonly ended_at: string | null;
  readonly verdict: {
    readonly passed?: boolean;
    readonly as_expected?: boolean;
    readonly digest?: string;
  } | null;
  readonly detail: string | null;
}

/** By what slots are judged; what is left out is as usual. */
export interface Contract {
  readonly service_hours?: string | Record<string, string>;
  readonly timezone?: string;
  readonly response_time_ms?: number;
}

export interface Variant {
  readonly name: string;
  readonly scenario: string;
  readonly title: Record<string, string>;
  readonly cluster: string;
  readonly seed: number;
  readonly seconds: number;
  readonly target: number;
  readonly faults: readonly string[];
  readonly hypotheses: readonly string[];
  readonly demand: {
    readonly namespace: string;
    readonly units: Record<string, number>;
    readonly failures: boolean;
    readonly contract?: Contract;
  } | null;
}

export interface Run {
  readonly variant: string;
  readonly seed: number;
  readonly exit_code: number;
  readonly availability: number | null;
  readonly down_seconds: number;
  readonly failures: number;
  readonly causes: readonly (readonly [string, string, number])[];
}

interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** What the runs so far of a variant come to. */
export interface Forecasted {
  readonly variant: string;
  readonly runs: number;
  readonly seeds: readonly [number, number];
  /** The share of runs that kept the target. */
  readonly kept: Interval & { readonly hits: number };
  readonly availability: Interval | null;
  readonly allowed_seconds: number | null;
  readonly left_seconds: Interval | null;
}

export interface Runs {
  readonly forecasts: readonly Forecasted[];
  readonly variants: readonly Variant[];
  readonly runs: readonly Run[];
  readonly not_modelled: readonly {
    readonly id: string;
    readonly direction: string;
    readonly text: string;
  }[];
}

interface Chance {
  readonly hits: number;
  readonly runs: number;
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

interface Spread {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** What a campaign comes to, of one variant. */
export interface Summary {
  readonly variant: string;
  readonly target: number;
  readonly breach: Chance;
  readonly availability: Spread | null;
  readonly hypotheses: readonly { readonly text: string; readonly broken: Chance }[];
  readonly causes: readonly {
    readonly kind: string;
    readonly name: string;
    readonly runs: number;
    readonly seconds_a_run: number;
    readonly share: number;
  }[];
  readonly signable: { readonly target: number | null; readonly needs_runs: number | null };
  readonly against_first?: Spread | null;
}

interface Evidence {
  readonly margins: readonly { readonly left: number | null }[];
}

export interface Assumed {
  readonly of: string;
  readonly field: string;
  readonly low: number;
  readonly high: number;
  readonly source: string;
  readonly flips?: boolean;
  readonly swing?: number;
  readonly at_low?: Evidence;
  readonly at_high?: Evidence;
}

/** The report of one rehearsal, or of a campaign. */
export interface Report {
  readonly kind: string;
  readonly variants?: readonly Summary[];
  readonly assumptions?: {
    readonly tried: boolean;
    readonly figures: readonly Assumed[];
    readonly base?: Evidence;
  };
}

/** Each: the second, and what holds from it on. */
export type Steps = readonly (readonly [number, number | null])[];

/** A fault of a run; seconds count from the first probe on, `to` null: a blow, or not ended. */
export interface CourseFault {
  readonly id: string;
  readonly fault: string;
  readonly name: string;
  /** As it was asked for; null: it came by chance. */
  readonly asked: string | null;
  readonly targets: readonly string[];
  readonly from: number | null;
  readonly to: number | null;
  readonly took: boolean;
  readonly seen: readonly string[];
  readonly lost_seconds: number;
  readonly recovery_seconds: number | null;
}

/** What happened in one run. */
export interface Course {
  readonly seed: number;
  readonly from: string;
  readonly seconds: number;
  readonly target: number;
  readonly availability: number | null;
  readonly down_seconds: number;
  readonly allowed_seconds: number;
  readonly remaining_seconds: number;
  readonly down: readonly (readonly [number, number])[];
  readonly hypotheses: readonly {
    readonly text: string;
    readonly status: string;
    readonly evidence: string;
  }[];
  /** What kept it from starting, or made a claim fail. */
  readonly problems: readonly { readonly object: string; readonly text: string }[];
  readonly causes: Run["causes"];
  readonly faults: readonly CourseFault[];
  readonly failures: readonly {
    readonly from: number;
    readonly to: number;
    readonly open: boolean;
    readonly causes: readonly string[];
    readonly why: readonly string[];
  }[];
  readonly short: { readonly count: number; readonly seconds: number };
  readonly worst: {
    readonly from: number;
    readonly to: number;
    readonly by: "down" | "failed" | "slow";
    readonly down_seconds: number;
  } | null;
  readonly series: {
    readonly failed_percent: Steps;
    readonly p95_ms: Steps;
    readonly requests_per_second: Steps;
    readonly replicas: Readonly<Record<string, readonly (readonly [number, number, number])[]>>;
  };
}

/** Whether two came out the same; null: one of them does not say. */
export interface Likeness {
  readonly digests: { readonly first: string | null; readonly second: string | null };
  readonly identical: boolean | null;
  readonly first_difference: {
    readonly path: string;
    readonly first: string;
    readonly second: string;
  } | null;
}

export interface Against extends Likeness {
  readonly first: Variant & { readonly rehearsal_id: number };
  readonly second: Variant & { readonly rehearsal_id: number };
  readonly pairs: readonly {
    readonly seed: number;
    readonly first: number;
    readonly second: number;
    readonly difference: number;
  }[];
  readonly difference: Spread | null;
  readonly better: number;
  readonly worse: number;
  readonly same: number;
}

export interface Checked {
  readonly kind: string;
  readonly runs: number;
  readonly variants: readonly Variant[];
  readonly simulated_seconds: number;
  readonly at_a_time: number;
  readonly estimate: {
    readonly seconds: number;
    readonly low_seconds: number;
    readonly high_seconds: number;
    readonly from_rehearsals: number;
  } | null;
}

export interface Sample {
  readonly name: string;
  readonly title: Record<string, string>;
  readonly scenario: string;
  readonly runs: number;
}
