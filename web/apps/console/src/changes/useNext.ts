/** What a deploy would change, by the server's own dry run: nothing is written. */
import { useQuery } from "@tanstack/react-query";
import { atOrchestrator, useGiven } from "../ask";
import type { Changed } from "./ordered";

const FRESH_MS = 30_000;

export interface Next {
  readonly differs: boolean;
  readonly counts: Readonly<Record<string, number | undefined>>;
  readonly objects: readonly Changed[];
}

/** Ask for the last valid manifest, or for one by its digest or its text. */
export function useNext(
  tenant: string,
  manifest: { manifest_id?: string; manifest_content?: string; allow_broken?: boolean } = {},
  enabled = true,
) {
  const given = useGiven();
  return useQuery({
    queryKey: ["diff", tenant, manifest, given],
    enabled,
    staleTime: FRESH_MS,
    refetchInterval: FRESH_MS,
    retry: false,
    queryFn: async ({ signal }) => {
      const { data, error } = await atOrchestrator.POST("/api/v1/tenants/{tenant_id}/diff", {
        params: { path: { tenant_id: tenant } },
        body: manifest,
        signal,
      });
      if (error) throw error;
      return data as unknown as Next;
    },
  });
}
