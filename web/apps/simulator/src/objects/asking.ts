/** Calls of a cluster's Kubernetes API, each as kubectl makes it, and how it is typed there. */
import { curl } from "@ecp/ui/actions/Mutation";
import { useEvery } from "@ecp/ui/ask/ask";
import { useHeld } from "@ecp/ui/live/pausing";
import { useQuery } from "@tanstack/react-query";

const MERGE = "application/merge-patch+json";

export interface Call {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Starts with /api or /apis. */
  readonly path: string;
  readonly body?: unknown;
  readonly accept?: string;
}

const at = (cluster: string, path: string) => `/clusters/${encodeURIComponent(cluster)}${path}`;

/** Make the call and return its body; throws the problem that was answered. */
export async function kube(cluster: string, call: Call): Promise<string> {
  const headers: Record<string, string> = { Accept: call.accept ?? "application/json" };
  if (call.body !== undefined)
    headers["Content-Type"] = call.method === "PATCH" ? MERGE : "application/json";
  const answer = await fetch(at(cluster, call.path), {
    method: call.method,
    headers,
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw asProblem(text, answer.status);
  return text;
}

/** Return a Kubernetes Status as the services' own problem. */
function asProblem(text: string, code: number): unknown {
  let status: { code?: number; reason?: string; message?: string } = {};
  try {
    status = JSON.parse(text) as typeof status;
  } catch {
    // Not a Status: its text says what it is.
  }
  return {
    status: status.code ?? code,
    error: { code: status.reason ?? "ERROR", message: status.message ?? text, details: [] },
  };
}

/** Return the call as curl makes it. */
export function curled(cluster: string, call: Call): string {
  if (call.method !== "PATCH") return curl(call.method, at(cluster, call.path), call.body);
  const body = JSON.stringify(call.body).replaceAll("'", "'\\''");
  return `${curl("PATCH", at(cluster, call.path), undefined, { "Content-Type": MERGE })} -d '${body}'`;
}

/** Return a command of kubectl against this cluster. */
export const kubectl = (cluster: string, command: string) =>
  `kubectl --server ${location.origin}${at(cluster, "")} ${command}`;

/** Ask for the text of something, again and again, unless the page is held. */
export function useText(cluster: string, path: string | null, accept: string, everyMs = 5000) {
  const queryKey = ["kubernetes", cluster, path, accept];
  const ask = useQuery({
    queryKey,
    enabled: path !== null,
    refetchInterval: useEvery(everyMs),
    queryFn: () => kube(cluster, { method: "GET", path: path ?? "", accept }),
  });
  return useHeld(ask, JSON.stringify(queryKey));
}

/** Ask for one object or a list, again and again, unless the page is held. */
export function useObject<T>(cluster: string, path: string | null, everyMs = 5000) {
  const queryKey = ["kubernetes", cluster, path];
  const ask = useQuery({
    queryKey,
    enabled: path !== null,
    refetchInterval: useEvery(everyMs),
    queryFn: async () => JSON.parse(await kube(cluster, { method: "GET", path: path ?? "" })) as T,
  });
  return useHeld(ask, JSON.stringify(queryKey));
}
