/** Deploys a tenant and leads to the release that began. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { IconRocket } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { atOrchestrator, headersOf, useGiven } from "../ask";
import { useTarget } from "../target";
import { useT } from "./words";

export function DeployButton({
  tenant,
  manifest,
  label,
  name = "deploy",
  quiet = false,
}: {
  tenant: string;
  /** Digest of a manifest that is kept; without: the last valid one. */
  manifest?: string | null | undefined;
  label?: string;
  name?: string;
  quiet?: boolean;
}) {
  const t = useT();
  const given = useGiven();
  const target = useTarget();
  const navigate = useNavigate();
  const path = `/api/v1/simulator/deploy/${encodeURIComponent(tenant)}`;
  const body = manifest ? { manifest_id: manifest } : {};
  const asked = target.real ? { ...body, confirm: "CLUSTER" } : body;
  const headers = { Prefer: "respond-async" };
  return (
    <Mutation
      name={name}
      label={label ?? t("deploy")}
      icon={<IconRocket size={15} />}
      primary={!quiet}
      danger={target.real}
      confirm={target.confirm}
      cli={manifest ? null : `ecp deploy ${tenant} --wait${target.cli}`}
      curl={curl("POST", path, asked, { ...headers, ...headersOf(given) })}
      run={async (confirm) => {
        const { data, error } = await atOrchestrator.POST("/api/v1/simulator/deploy/{tenant_id}", {
          params: { path: { tenant_id: tenant } },
          headers,
          body: target.real ? { ...body, confirm } : body,
        });
        if (error) throw error;
        const release = data.deployment_id ?? "";
        await navigate({ to: "/releases/$release", params: { release } as never });
      }}
    />
  );
}
