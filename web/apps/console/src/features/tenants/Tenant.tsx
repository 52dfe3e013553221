/** One tenant: where it stands, its level of service, its start-up. A part more is a row of PARTS. */

import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { Budget } from "@ecp/ui/charts/small";
import { Figures, Page } from "@ecp/ui/layout/Page";
import { LiveBadge, liveOf } from "@ecp/ui/live/LiveBadge";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { Tabs } from "@mantine/core";
import { IconRocket } from "@tabler/icons-react";
import { useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { atOrchestrator, EVERY_MS, headersOf, hooks, useGiven } from "../../ask";
import { budget, stepOf } from "../../standing";
import { useTarget } from "../../target";
import { type Key, useT } from "../../texts/texts";
import { Sla } from "./Sla";
import { Startup } from "./Startup";

const VIEW = { part: "sla" };
const PARTS: readonly { id: string; title: Key; show: (tenant: string) => ReactNode }[] = [
  { id: "sla", title: "tenant.tab.sla", show: (tenant) => <Sla tenant={tenant} /> },
  { id: "startup", title: "tenant.tab.startup", show: (tenant) => <Startup tenant={tenant} /> },
];

export default function Tenant() {
  const t = useT();
  const f = useFormat();
  const { tenant = "" } = useParams({ strict: false }) as { tenant?: string };
  const [view, setView] = useView(VIEW);
  const given = useGiven();
  const target = useTarget();
  const status = hooks.useQuery(
    "get",
    "/api/v1/simulator/status/{tenant_id}",
    { ...given, params: { path: { tenant_id: tenant } } },
    { refetchInterval: EVERY_MS },
  );
  const path = `/api/v1/simulator/deploy/${encodeURIComponent(tenant)}`;
  return (
    <Page
      title={tenant}
      badge={
        <>
          <StatusBadge state={status.data?.phase === "created" ? "draft" : status.data?.phase} />
          <LiveBadge live={liveOf(status)} />
        </>
      }
      actions={
        <Mutation
          name="deploy"
          label={t("tenant.deploy")}
          icon={<IconRocket size={15} />}
          primary
          danger={target.real}
          confirm={target.confirm}
          cli={`ecp deploy ${tenant} --wait${target.cli}`}
          curl={curl("POST", path, target.real ? { confirm: "CLUSTER" } : {}, headersOf(given))}
          run={async (confirm) => {
            const { error } = await atOrchestrator.POST("/api/v1/simulator/deploy/{tenant_id}", {
              params: { path: { tenant_id: tenant } },
              body: target.real ? { confirm } : {},
            });
            if (error) throw error;
            await status.refetch();
          }}
        />
      }
      ask={status}
    >
      {(data) => {
        const left = budget(data.sla?.target_sla, data.sla?.downtime_minutes);
        return (
          <>
            <Figures
              of={[
                {
                  name: t("tenant.step"),
                  value: t(`step.${stepOf(data)}`),
                  note: data.deployment_id,
                },
                {
                  name: t("tenant.pods"),
                  value: `${f.number(data.ready)} / ${f.number(data.desired)}`,
                  bad: (data.ready ?? 0) < (data.desired ?? 0),
                },
                {
                  name: t("tenant.sla"),
                  value: f.percent(data.sla?.current_sla, 3),
                  note: t("tenant.target", { target: f.percent(data.sla?.target_sla, 3) }),
                  bad: data.sla?.status === "breached",
                },
                {
                  name: t("tenant.budget"),
                  value: left ? f.duration(left.remaining) : "–",
                  note: left && <Budget {...left} />,
                  bad: (left?.remaining ?? 1) < 0,
                },
                {
                  name: t("tenant.revision"),
                  value: f.number(data.revision),
                  note: f.instant(data.began),
                },
              ]}
            />
            <Tabs
              value={view.part}
              onChange={(part) => setView({ part: part ?? "sla" })}
              keepMounted={false}
            >
              <Tabs.List aria-label={t("tenant.tabs")} mb="md">
                {PARTS.map((part) => (
                  <Tabs.Tab key={part.id} value={part.id}>
                    {t(part.title)}
                  </Tabs.Tab>
                ))}
              </Tabs.List>
              {PARTS.map((part) => (
                <Tabs.Panel key={part.id} value={part.id}>
                  {part.show(tenant)}
                </Tabs.Panel>
              ))}
            </Tabs>
          </>
        );
      }}
    </Page>
  );
}
