/** What a failure could be aimed at, as a preview or its refusal says. */
import { offered } from "@ecp/ui/actions/target";
import { atSimulator } from "../../ask";

/** Return what a failure could be aimed at among what runs in a namespace, "" = anywhere. */
export async function choices(cluster: string, fault: string, namespace: string) {
  const { data, error } = await atSimulator.POST("/api/v1/clusters/{name}/faults/preview", {
    params: { path: { name: cluster } },
    body: { fault, ...(namespace ? { namespaces: [namespace] } : {}) } as never,
  });
  if (error) return offered(error);
  return (data as unknown as { choices: string[] }).choices;
}
