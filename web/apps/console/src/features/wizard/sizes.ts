/** The answer of the sizing as it is shown here. */
export interface Why {
  readonly figure: string;
  readonly rule: string;
  readonly text: string;
}
export interface Workload {
  readonly workload: string;
  readonly replicas: number;
  readonly max_replicas: number;
  readonly cpu_millicores: number;
  readonly memory_bytes: number;
  readonly gpus: number;
  readonly why: readonly Why[];
}
/** CPU in millicores, memory in bytes. */
export interface Shortage {
  readonly resource: string;
  readonly needed: number | null;
  readonly available: number | null;
  readonly message: string;
}
interface Pool {
  readonly pool: string;
  readonly machine: string;
  readonly nodes: number;
  readonly max_nodes: number;
  readonly cores: number;
  readonly memory_bytes: number;
  readonly gpus: number;
}
interface Alternative {
  readonly differs_in: readonly string[];
  readonly provider: string;
  readonly infrastructure: string;
  readonly gpu_type: string | null;
  readonly manifests: boolean;
  readonly text: string;
}
export interface Sized {
  readonly gpu_type: string | null;
  readonly resources: {
    readonly totals: {
      readonly cpu: number;
      readonly memory: number;
      readonly gpus: number;
      readonly pods: number;
    };
    readonly why: readonly Why[];
    readonly workloads: readonly Workload[];
    readonly capacity?: {
      readonly fits: boolean;
      readonly shortages: readonly Shortage[];
    } | null;
  };
  readonly node_pools: readonly Pool[];
  readonly estimated_cost: {
    readonly krw: number;
    readonly usd: number;
    readonly items: readonly {
      readonly name: string;
      readonly kind: string;
      readonly amount: number;
      readonly krw: number;
    }[];
    readonly price_date: string;
    readonly price_basis: "list" | "assumed";
    readonly price_source: string;
    readonly exchange: { readonly krw_per_usd: number; readonly source: string };
  } | null;
  readonly alternatives: readonly Alternative[];
}
