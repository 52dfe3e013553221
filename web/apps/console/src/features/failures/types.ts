/** What the service tells of failures, as these pages read it. */

export interface Input {
  readonly type: string;
  readonly default: string | number | boolean;
  readonly least: number | null;
  readonly most: number | null;
  readonly among: readonly string[];
}

export interface Kind {
  readonly name: string;
  readonly class: string;
  readonly title: Record<string, string>;
  readonly because: Record<string, string>;
  /** What it hits: workload, pod, node, zone … */
  readonly target: string;
  readonly mode: string;
  /** How long it lasts where nobody says; null: until somebody ends it, or it falls once. */
  readonly duration: string | null;
  readonly inputs: Record<string, Input>;
  readonly chaos: { readonly kind: string; readonly action: string | null };
  readonly expect: readonly {
    readonly observe: string;
    readonly within: string;
    readonly text: Record<string, string>;
  }[];
  readonly source: Record<string, string>;
}

export interface Failure {
  readonly id: string;
  readonly fault: string;
  readonly title: string;
  readonly state: string;
  readonly origin: { readonly kind: string };
  readonly targets: readonly string[];
  readonly tenants: readonly string[];
  readonly planned_for: string;
  readonly started_at: string | null;
  readonly until: string | null;
  readonly ended_at: string | null;
  readonly recovered_at: string | null;
  readonly recovery_seconds: number | null;
  readonly verdict: string;
}

/** What begins a failure again and again: a Schedule object. */
export interface Repeated {
  readonly namespace: string;
  readonly name: string;
  readonly tenant_id: string | null;
  readonly title: string;
  readonly schedule: string;
  readonly selector: {
    readonly labelSelectors?: Readonly<Record<string, string>>;
    readonly pods?: Readonly<Record<string, readonly string[]>>;
  } | null;
  readonly target: string | null;
  readonly next_at: string | null;
  readonly until: string | null;
  readonly paused: boolean;
}

export interface Reach {
  readonly targets: readonly string[];
  readonly pods: readonly string[];
  readonly nodes: Record<string, readonly string[]>;
  readonly tenants: readonly string[];
  readonly services: readonly {
    readonly service: string;
    readonly ready: number;
    readonly hit: number;
    readonly percent: number;
  }[];
  readonly promise: {
    readonly target_sla: number;
    readonly remaining_seconds: number;
    /** How much of the 30 days is measured: the budget that remains is that of this time. */
    readonly measured_seconds: number;
    /** What the whole of 30 days allows. */
    readonly budget_seconds: number;
    readonly at_worst_seconds: number;
    readonly would_breach: boolean;
  } | null;
}

export interface Minute {
  readonly at: string;
  readonly response_time: number | null;
  readonly error_rate: number | null;
  readonly request_rate: number | null;
  readonly ready: Record<string, number>;
}

export interface Means {
  readonly response_time: number | null;
  readonly worst_response_time: number | null;
  readonly error_rate: number | null;
  readonly worst_error_rate: number | null;
  readonly request_rate: number | null;
  readonly least_ready: Record<string, number>;
}

export interface Report {
  readonly failure: Failure & {
    readonly expected_effect: string;
    readonly hits: readonly {
      readonly pod: string;
      readonly hit_at: string | null;
      readonly unready_at: string | null;
      readonly ready_at: string | null;
      readonly gone_at: string | null;
      readonly seconds: number | null;
    }[];
    readonly workloads: readonly string[];
    readonly parameters: Record<string, unknown>;
    readonly proof: readonly { readonly text: string; readonly verdict: string }[];
    readonly stopped_by: string | null;
  };
  readonly frame: { readonly from: string; readonly to: string } | null;
  readonly series: readonly Minute[];
  /** What requests meet in the minute that is not closed yet; null: all its minutes are. */
  readonly open: {
    readonly since: string;
    readonly error_rate: number | null;
    readonly response_time: number | null;
    readonly request_rate: number | null;
  } | null;
  readonly effect: { readonly before: Means; readonly during: Means; readonly after: Means };
  readonly cost: {
    readonly down_seconds: number;
    readonly target_sla: number;
    readonly budget_seconds: number;
    readonly budget_percent: number | null;
  };
  /** Of the minutes in which it was felt; null: none of them is closed. */
  readonly worst_minute: {
    readonly at: string;
    readonly error_rate: number | null;
    readonly down_seconds: number;
    readonly response_time: number | null;
    /** What was down in all of them by other causes. */
    readonly others_seconds: number;
  } | null;
  readonly recovery: {
    readonly first_seconds: number | null;
    readonly kept_seconds: number | null;
    /** How often users met errors by it after it had recovered for the first time. */
    readonly relapses: number;
  };
  readonly alerts: readonly {
    readonly id: number;
    readonly rule: string;
    readonly state: string;
    readonly fired_at: string | null;
  }[];
  /** Why nobody can say that an alert should have followed; null: alerts were judged. */
  readonly unjudged: { readonly id: string; readonly text: string } | null;
  readonly why: {
    readonly sentence: string;
    readonly links: readonly { readonly level: string; readonly text: string }[];
  } | null;
  readonly timeline: readonly {
    readonly at: string;
    readonly what: string;
    readonly of: string;
    readonly text?: string;
    readonly after_seconds: number;
  }[];
  readonly advice: readonly { readonly id: string; readonly text: string }[];
  readonly now: string;
}
