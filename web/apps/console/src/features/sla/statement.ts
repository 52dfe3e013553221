/** A statement as the service prints it in JSON: what of it this page reads. */

export interface Composite {
  readonly current_sla?: number | null;
  readonly target_sla?: number | null;
  readonly status?: string;
  readonly availability?: number | null;
  readonly uptime_percentage?: number | null;
  readonly requests?: { readonly good?: number; readonly total?: number };
  readonly observed_seconds?: number;
  readonly downtime_seconds?: number;
  readonly maintenance_seconds?: number;
  readonly unknown_seconds?: number;
  readonly excluded_seconds?: number;
  readonly off_duty_seconds?: number;
  readonly coverage?: number | null;
  readonly failure_count?: number;
  readonly recovery_time_avg?: unknown;
  readonly mtbf_seconds?: unknown;
  readonly mttd_seconds?: unknown;
  readonly micro_outages?: { readonly count?: number; readonly seconds?: number };
  readonly incidents?: readonly unknown[];
  readonly error_budget?: {
    readonly allowed_seconds?: number;
    readonly consumed_seconds?: number;
    readonly remaining_seconds?: number;
    readonly remaining_pct?: number | null;
  };
}

export interface Statement {
  readonly evidence: string;
  readonly period: {
    readonly from: string;
    readonly known_until: string;
    readonly until: string;
    readonly timezone: string;
  };
  readonly composite: Composite;
  readonly budget_chart: { readonly remaining_seconds: readonly (readonly [string, number])[] };
  readonly credits: {
    readonly lines: readonly {
      readonly floor_ppm: number;
      readonly credit_percent: number;
      readonly applies: boolean;
    }[];
    readonly percent: number | null;
    readonly fee: string | null;
    readonly currency: string;
    readonly amount: string | null;
    readonly source: string;
  };
  readonly input_hash: string;
}

/** The sums of a window by service: what of them this page reads. */
export interface Levels {
  readonly services: readonly {
    readonly service: string;
    readonly uptime_percentage: number | null;
    readonly downtime_seconds: number;
    readonly requests: { readonly good: number; readonly total: number };
  }[];
  /** Who says it; null: nobody can now. */
  readonly services_source: string | null;
}
