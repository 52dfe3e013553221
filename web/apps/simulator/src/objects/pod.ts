/** A pod as the Kubernetes API gives it: what its drawer shows of it. */
export interface Probe {
  readonly periodSeconds?: number;
  readonly failureThreshold?: number;
  readonly httpGet?: { readonly path?: string; readonly port?: number | string };
  readonly tcpSocket?: { readonly port?: number | string };
  readonly grpc?: { readonly port?: number };
  readonly exec?: { readonly command?: readonly string[] };
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
}

interface Ended {
  readonly exitCode?: number;
  readonly reason?: string;
  readonly finishedAt?: string;
}

export interface PodObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly creationTimestamp: string;
  };
  readonly spec: {
    readonly nodeName?: string;
    readonly priority?: number;
    readonly containers: readonly Container[];
    readonly initContainers?: readonly Container[];
  };
  readonly status?: {
    readonly podIP?: string;
    readonly qosClass?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly lastTransitionTime?: string;
      readonly message?: string;
    }[];
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly ready: boolean;
      readonly started?: boolean;
      readonly restartCount: number;
      readonly lastState?: { readonly terminated?: Ended };
    }[];
  };
}

/** Return what a probe looks at, as short as it is written. */
export function looksAt(probe: Probe): string {
  if (probe.httpGet) return `GET :${probe.httpGet.port ?? ""}${probe.httpGet.path ?? "/"}`;
  if (probe.tcpSocket) return `tcp :${probe.tcpSocket.port ?? ""}`;
  if (probe.grpc) return `grpc :${probe.grpc.port ?? ""}`;
  return (probe.exec?.command ?? []).join(" ");
}
