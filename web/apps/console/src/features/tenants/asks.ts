/** What a manifest asks the cluster for, as its validation sums it up. Pure. */
import { quantity } from "@ecp/ui/view/quantity";

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

export function asksOf(summary: Summary): Totals {
  return {
    pods: summary.estimated_pods ?? 0,
    cpu: Math.round(1000 * quantity(summary.total_cpu)),
    memory: quantity(summary.total_memory),
    gpus: summary.total_gpu ?? 0,
    storage: quantity(summary.total_storage),
  };
}
