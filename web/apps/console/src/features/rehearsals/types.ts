/** What the service tells of rehearsals, as these pages read it. */

export interface Row {
  readonly rehearsal_id: number;
  readonly name: string;
  readonly kind: "rehearsal" | "campaign";
  readonly state: string;
  readonly progress: { readonly done: number; readonly runs: number; readonly share: number };
  readonly created_at: string;
  readonly ended_at: string | null;
  readonly verdict: { readonly passed?: boolean; readonly as_expected?: boolean } | null;
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

export interface Runs {
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
  readonly hypotheses?: readonly {
    readonly text: string;
    readonly status: string;
    readonly evidence: string;
  }[];
  readonly verdict?: {
    readonly causes: readonly { readonly object: string; readonly text: string }[];
  };
  readonly levels?: readonly {
    readonly workload: string | null;
    readonly sla: { readonly window: { readonly from: string } };
  }[];
  readonly series?: {
    readonly seconds: number;
    readonly down: readonly (readonly [number, number])[];
    readonly p95_ms: readonly (readonly [number, number | null])[];
    readonly requests_per_second: readonly (readonly [number, number | null])[];
  };
  readonly assumptions?: {
    readonly tried: boolean;
    readonly figures: readonly Assumed[];
    readonly base?: Evidence;
  };
}

export interface Against {
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
