/** The manifests of a tenant: of its releases, or one that is generated now. */
import { preferences } from "@ecp/ui/view/preferences";
import { useQuery } from "@tanstack/react-query";
import { atOrchestrator, EVERY_MS, hooks, useGiven } from "../../ask";

export interface Version {
  /** "": the one that is generated now. */
  readonly digest: string;
  readonly revision: number | null;
  readonly began: string;
  readonly phase: string;
}
const NOW: Version = { digest: "", revision: null, began: "", phase: "" };

/** Return each manifest once, with the newest release that sent it; the newest first. */
export function versionsOf(
  releases: readonly {
    manifest_digest?: string | null;
    revision?: number;
    began?: string;
    phase?: string;
  }[],
): Version[] {
  const found = new Map<string, Version>();
  for (const one of releases) {
    const digest = one.manifest_digest;
    if (!digest || found.has(digest)) continue;
    found.set(digest, {
      digest,
      revision: one.revision ?? null,
      began: one.began ?? "",
      phase: one.phase ?? "",
    });
  }
  return found.size > 0 ? [...found.values()] : [NOW];
}

/** A roll-back that is the newest release: what runs is revision *revision*, with the manifest of *to*. */
export interface Back {
  readonly revision: number;
  readonly to: number;
  readonly from: number;
  /** Of the manifest that was gone back from. */
  readonly left: string | undefined;
}

/** Return how the newest release went back; null: it did not. */
export function wentBack(
  releases: readonly {
    manifest_digest?: string | null;
    revision?: number;
    rollback?: unknown;
  }[],
): Back | null {
  const [newest] = releases;
  if (!newest?.rollback) return null;
  const { to, from } = newest.rollback as { readonly to?: number; readonly from?: number };
  const left = releases.find((one) => one.revision === from)?.manifest_digest;
  return {
    revision: newest.revision ?? 0,
    to: Number(to),
    from: Number(from),
    left: left && left !== newest.manifest_digest ? left : undefined,
  };
}

export function useVersions(tenant: string) {
  return hooks.useQuery(
    "get",
    "/api/v1/tenants/{tenant_id}/releases",
    { ...useGiven(), params: { path: { tenant_id: tenant }, query: { limit: 200 } } },
    // Who goes back elsewhere does not leave this page at what was.
    { refetchInterval: EVERY_MS },
  );
}

/** Ask for the text of one; *digest* undefined: it is not known yet which. */
export function useText(tenant: string, digest: string | undefined) {
  const { demo } = preferences();
  return useQuery({
    queryKey: ["manifest", tenant, digest, demo],
    enabled: digest !== undefined,
    staleTime: digest ? Number.POSITIVE_INFINITY : 30_000,
    queryFn: async () => {
      const { data, error } = await atOrchestrator.GET("/api/v1/tenants/{tenant_id}/manifest", {
        params: {
          path: { tenant_id: tenant },
          query: { format: "json", ...(digest ? { digest } : {}) },
        },
      });
      if (error) throw error;
      return (data as unknown as { manifest_content: string }).manifest_content;
    },
  });
}
