/** What can be done with a tenant as a whole. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { Panel } from "@ecp/ui/layout/Panel";
import { Group, TextInput } from "@mantine/core";
import {
  IconCopy,
  IconPlayerPlay,
  IconPlayerStop,
  IconRefresh,
  IconTrash,
} from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { atOrchestrator, headersOf, useGiven } from "../../ask";
import { useTarget } from "../../target";
import { useT } from "./words";

const LIFE = [
  // Also while it still goes down: where Stop was pressed stands what takes it back, and not Delete.
  { name: "start", icon: IconPlayerPlay, when: isDown },
  { name: "stop", icon: IconPlayerStop, when: isUp },
  { name: "restart", icon: IconRefresh, when: isUp },
] as const;
/** As Kubernetes wants the name of a namespace that is made of it. */
const ID = /^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$/;

function isUp(state: string): boolean {
  return ["running", "degraded", "failed", "deploying"].includes(state);
}

function isDown(state: string): boolean {
  return ["stopped", "stopping"].includes(state);
}

export function Actions({ tenant, state }: { tenant: string; state: string }) {
  const t = useT();
  const given = useGiven();
  const target = useTarget();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [copy, setCopy] = useState("");
  const headers = headersOf(given);
  const path = `/api/v1/tenants/${encodeURIComponent(tenant)}`;
  const named = target.real ? "?confirm=CLUSTER" : "";
  const params = (confirm: string) => ({
    path: { tenant_id: tenant },
    query: target.real ? { confirm } : {},
  });
  const calls = {
    start: (confirm: string) =>
      atOrchestrator.POST("/api/v1/tenants/{tenant_id}/start", { params: params(confirm) }),
    stop: (confirm: string) =>
      atOrchestrator.POST("/api/v1/tenants/{tenant_id}/stop", { params: params(confirm) }),
    restart: (confirm: string) =>
      atOrchestrator.POST("/api/v1/tenants/{tenant_id}/restart", { params: params(confirm) }),
  };
  return (
    <Panel title={t("actions")}>
      <Group gap="sm">
        {LIFE.filter((one) => one.when(state)).map(({ name, icon: Icon }) => (
          <Mutation
            key={name}
            name={name}
            label={t(name)}
            icon={<Icon size={15} />}
            danger={target.real || name === "stop"}
            confirm={target.confirm ?? (name === "stop" ? tenant : undefined)}
            cli={`ecp tenant ${name} ${tenant}${target.cli}`}
            curl={curl("POST", `${path}/${name}${named}`, undefined, headers)}
            run={async (confirm) => {
              const { error } = await calls[name](confirm);
              if (error) throw error;
              await queries.invalidateQueries();
            }}
          />
        ))}
        <Mutation
          name="delete"
          label={t("remove")}
          icon={<IconTrash size={15} />}
          danger
          confirm={target.confirm ?? tenant}
          cli={`ecp tenant delete ${tenant} --yes${target.cli}`}
          curl={curl("DELETE", path + named, undefined, headers)}
          run={async (confirm) => {
            const { error } = await atOrchestrator.DELETE("/api/v1/tenants/{tenant_id}", {
              params: params(confirm),
            });
            if (error) throw error;
            await navigate({ to: "/tenants" });
          }}
        />
      </Group>
      <Group gap="sm" mt="sm" align="end">
        <TextInput
          size="xs"
          w={220}
          label={t("clone.id")}
          placeholder={`${tenant}-2`}
          value={copy}
          onChange={(change) => setCopy(change.currentTarget.value)}
        />
        <Mutation
          name="clone"
          label={t("clone")}
          icon={<IconCopy size={15} />}
          disabled={!ID.test(copy)}
          cli={`ecp tenant clone ${tenant} ${copy || "COPY"}${headers["X-Demo-Mode"] ? " --demo" : ""}`}
          curl={curl("POST", `${path}/clone`, { tenant_id: copy || "COPY" }, headers)}
          run={async () => {
            const { error } = await atOrchestrator.POST("/api/v1/tenants/{tenant_id}/clone", {
              params: { path: { tenant_id: tenant } },
              body: { tenant_id: copy },
            });
            if (error) throw error;
            await navigate({ to: "/tenants/$tenant", params: { tenant: copy } as never });
          }}
        />
      </Group>
    </Panel>
  );
}
