/** The simulator's calls as hooks, typed by path, and its Kubernetes API. */
import { atSimulator, simulatorHooks } from "@ecp/ui/ask/ask";
import { useQuery } from "@tanstack/react-query";

export { atSimulator };
export const EVERY_MS = 5000;
export const hooks = simulatorHooks;

interface List<Item> {
  readonly items: readonly Item[];
}

/** A list of the cluster's Kubernetes API, as kubectl gets it. *path* starts with /api or /apis. */
export function useKubernetes<Item>(cluster: string, path: string, everyMs = EVERY_MS) {
  return useQuery({
    queryKey: ["kubernetes", cluster, path],
    refetchInterval: everyMs,
    queryFn: async (): Promise<List<Item>> => {
      const answer = await fetch(`/clusters/${encodeURIComponent(cluster)}${path}`, {
        headers: { Accept: "application/json" },
      });
      const body: unknown = await answer.json();
      if (!answer.ok) throw asProblem(body);
      return body as List<Item>;
    },
  });
}

/** Return a Kubernetes Status as the services' own problem. */
function asProblem(body: unknown): unknown {
  const status = body as { code?: number; reason?: string; message?: string };
  return {
    status: status.code,
    error: { code: status.reason ?? "ERROR", message: status.message ?? "", details: [] },
  };
}
