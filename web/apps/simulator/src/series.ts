/** A tenant's figures over a range, as charts draw them. */
import { hooks } from "./ask";

export interface Figures {
  readonly from: string;
  readonly to: string;
  readonly since: string | null;
  readonly step_seconds: number;
  readonly at: readonly string[];
  readonly cpu: readonly (number | null)[];
  readonly memory: readonly (number | null)[];
  readonly network_rps: readonly (number | null)[];
  readonly response_time: readonly (number | null)[];
  readonly response_time_worst: readonly (number | null)[];
  readonly error_rate: readonly (number | null)[];
  readonly ready: readonly (number | null)[];
  readonly wanted: readonly (number | null)[];
  readonly queue: readonly (number | null)[];
  readonly down_seconds: readonly number[];
}

/** *from*, *to*: instants; "" = the hour until now. */
export function useSeries(
  cluster: string | null,
  tenant: string,
  range: { from: string; to: string },
  { every, points = 240 }: { every: number; points?: number },
) {
  const query = {
    ...(range.from ? { from: range.from } : {}),
    ...(range.to ? { to: range.to } : {}),
    points,
  };
  const ask = hooks.useQuery(
    "get",
    "/api/v1/clusters/{name}/tenants/{tenant}/series",
    { params: { path: { name: cluster ?? "", tenant }, query } },
    {
      enabled: cluster !== null && tenant !== "",
      refetchInterval: every,
      placeholderData: (old: unknown) => old as never,
    },
  );
  return { ...ask, data: ask.data as unknown as Figures | undefined };
}

export const seconds = (at: readonly string[]): number[] => at.map((one) => Date.parse(one) / 1000);
