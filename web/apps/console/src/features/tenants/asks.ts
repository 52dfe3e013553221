/** What a manifest asks the cluster for, as its validation sums it up. Pure. */

export interface Totals {
  readonly pods: number;
  /** Millicores. */
  readonly cpu: number;
  readonly memory: number;
  readonly gpus: number;
  readonly storage: number;
}

/** As the service writes it: 20700m, 47104Mi, 100Gi. */
export interface Summary {
  readonly estimated_pods?: number;
  readonly total_cpu?: string;
  readonly total_memory?: string;
  readonly total_gpu?: number;
  readonly total_storage?: string;
}

const UNITS: Readonly<Record<string, number>> = { m: 1, Mi: 2 ** 20, Gi: 2 ** 30 };

function amount(written: string | undefined): number {
  const [, count, unit] = /^(\d+)(\D+)$/.exec(written ?? "") ?? [];
  return Number(count ?? 0) * (UNITS[unit ?? ""] ?? 0);
}

export function asksOf(summary: Summary): Totals {
  return {
    pods: summary.estimated_pods ?? 0,
    cpu: amount(summary.total_cpu),
    memory: amount(summary.total_memory),
    gpus: summary.total_gpu ?? 0,
    storage: amount(summary.total_storage),
  };
}
