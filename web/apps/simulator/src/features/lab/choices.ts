/** What a failure could be aimed at, as a preview or its refusal says. */
import { atSimulator } from "../../ask";

type Refused = { readonly error?: { readonly details?: readonly Row[] } };
type Row = { readonly name?: string; readonly target?: string };

/** Return the targets that a refusal offers; where there are none it tells the failures instead. */
export function offered(error: unknown): string[] {
  return ((error as Refused | null)?.error?.details ?? [])
    .filter((one) => one.name === undefined)
    .flatMap((one) => (one.target === undefined ? [] : [one.target]));
}

/** Return what a failure could be aimed at among what runs in a namespace, "" = anywhere. */
export async function choices(cluster: string, fault: string, namespace: string) {
  const { data, error } = await atSimulator.POST("/api/v1/clusters/{name}/faults/preview", {
    params: { path: { name: cluster } },
    body: { fault, ...(namespace ? { namespaces: [namespace] } : {}) } as never,
  });
  if (error) return offered(error);
  return (data as unknown as { choices: string[] }).choices;
}
