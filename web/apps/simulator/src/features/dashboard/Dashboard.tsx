/** A tenant's live dashboard: the guide's figures, the level of service, replicas. */
import { TimeSeries } from "@ecp/ui/charts/TimeSeries";
import { Empty } from "@ecp/ui/layout/Empty";
import { Columns, Figures, Page } from "@ecp/ui/layout/Page";
import { Panel } from "@ecp/ui/layout/Panel";
import { LiveBadge, liveOf } from "@ecp/ui/live/LiveBadge";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { DataTable } from "@ecp/ui/table/DataTable";
import type { Column } from "@ecp/ui/table/order";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { useParams } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { EVERY_MS, hooks } from "../../ask";
import { useT } from "../../texts/texts";

const VIEW = { cluster: "" };
/** An hour of slots. */
const KEPT = 720;

interface Workload {
  readonly name: string;
  readonly desired?: number;
  readonly ready?: number;
  readonly state?: string;
  readonly metrics?: {
    readonly cpu?: number | null;
    readonly memory?: number | null;
    readonly network_rps?: number | null;
    readonly response_time?: number | null;
    readonly error_rate?: number | null;
  };
}

interface Point {
  readonly at: number;
  readonly cpu: number | null;
  readonly memory: number | null;
  readonly response: number | null;
  readonly errors: number | null;
}

export default function Dashboard() {
  const t = useT();
  const f = useFormat();
  const { tenant = "" } = useParams({ strict: false }) as { tenant?: string };
  const [view] = useView(VIEW);
  const query = view.cluster ? { cluster: view.cluster } : {};
  const live = hooks.useQuery(
    "get",
    "/api/v1/metrics/{tenant}",
    { params: { path: { tenant }, query } },
    { refetchInterval: EVERY_MS },
  );
  const points = usePoints(live.data as never);
  const columns = useMemo<Column<Workload>[]>(
    () => [
      {
        id: "name",
        head: t("tenant.workload"),
        width: "minmax(130px, 1.5fr)",
        by: (row) => row.name,
        cell: (row) => <span className="mono">{row.name}</span>,
      },
      {
        id: "state",
        head: t("tenant.state"),
        width: "minmax(90px, 1fr)",
        by: (row) => row.state,
        cell: (row) => <StatusBadge state={row.state} />,
      },
      {
        id: "replicas",
        head: t("tenant.replicas"),
        numeric: true,
        width: "84px",
        by: (row) => row.ready,
        cell: (row) => `${f.number(row.ready)} / ${f.number(row.desired)}`,
      },
      {
        id: "cpu",
        head: t("tenant.cpu"),
        numeric: true,
        width: "72px",
        by: (row) => row.metrics?.cpu,
        cell: (row) => f.percent(row.metrics?.cpu, 1),
      },
      {
        id: "memory",
        head: t("tenant.memory"),
        numeric: true,
        width: "80px",
        by: (row) => row.metrics?.memory,
        cell: (row) => f.percent(row.metrics?.memory, 1),
      },
      {
        id: "rps",
        head: t("tenant.rps"),
        numeric: true,
        width: "88px",
        by: (row) => row.metrics?.network_rps,
        cell: (row) => `${f.number(row.metrics?.network_rps)}/s`,
      },
      {
        id: "response",
        head: t("tenant.response"),
        numeric: true,
        width: "140px",
        by: (row) => row.metrics?.response_time,
        cell: (row) => `${f.number(row.metrics?.response_time, 0)} ms`,
      },
      {
        id: "errors",
        head: t("tenant.errors"),
        numeric: true,
        width: "92px",
        by: (row) => row.metrics?.error_rate,
        cell: (row) => f.percent(row.metrics?.error_rate, 2),
      },
    ],
    [t, f],
  );
  const drawn = useMemo(
    () => ({
      at: points.map((point) => point.at),
      usage: [
        { name: t("tenant.cpu"), values: points.map((point) => point.cpu) },
        { name: t("tenant.memory"), values: points.map((point) => point.memory) },
      ],
      response: [{ name: t("tenant.response"), values: points.map((point) => point.response) }],
    }),
    [points, t],
  );
  if (live.error && (live.error as { status?: number }).status === 404) {
    return <Empty say={t("tenant.none", { tenant })} sample={`ecp deploy ${tenant} --wait`} />;
  }
  return (
    <Page
      title={tenant}
      badge={
        <>
          <StatusBadge state={live.data?.sla_data?.status} />
          <LiveBadge live={liveOf(live)} />
          <span className="dim">{t("tenant.at", { at: f.instant(live.data?.timestamp) })}</span>
        </>
      }
      ask={live}
    >
      {(data) => {
        const now = data.metrics;
        const sla = data.sla_data;
        const allowed = (1 - (sla?.target_sla ?? 100) / 100) * 1440;
        return (
          <>
            <Figures
              of={[
                {
                  name: t("tenant.uptime"),
                  value: f.percent(sla?.uptime_percentage, 3),
                  note: t("tenant.target", { target: f.percent(sla?.target_sla, 3) }),
                  bad: sla?.status === "breached",
                },
                {
                  name: t("tenant.budget"),
                  value: f.duration((allowed - (sla?.downtime_minutes ?? 0)) * 60),
                  note: `${t("tenant.downtime")}: ${f.duration((sla?.downtime_minutes ?? 0) * 60)}`,
                  bad: (sla?.downtime_minutes ?? 0) > allowed,
                },
                {
                  name: t("tenant.cpu"),
                  value: f.percent(now?.cpu, 1),
                  note: t("tenant.oflimits"),
                },
                {
                  name: t("tenant.memory"),
                  value: f.percent(now?.memory, 1),
                  note: t("tenant.oflimits"),
                },
                { name: t("tenant.rps"), value: `${f.number(now?.network_rps)}/s` },
                { name: t("tenant.response"), value: `${f.number(now?.response_time, 0)} ms` },
                {
                  name: t("tenant.errors"),
                  value: f.percent(now?.error_rate, 2),
                  bad: (now?.error_rate ?? 0) > 1,
                },
              ]}
            />
            <Columns>
              <Panel title={`${t("tenant.response")}, ms · ${t("tenant.trend")}`}>
                <TimeSeries label={t("tenant.response")} at={drawn.at} series={drawn.response} />
              </Panel>
              <Panel title={`${t("tenant.cpu")}, ${t("tenant.memory")}, % · ${t("tenant.trend")}`}>
                <TimeSeries label={t("tenant.cpu")} at={drawn.at} series={drawn.usage} />
              </Panel>
            </Columns>
            <DataTable<Workload>
              label={t("tenant.workloads")}
              rows={(data.workloads ?? []) as unknown as Workload[]}
              columns={columns}
              id={(row) => row.name}
              empty={<Empty say={t("tenants.none")} />}
            />
          </>
        );
      }}
    </Page>
  );
}

interface Answered {
  readonly timestamp: string;
  readonly metrics: {
    readonly cpu: number | null;
    readonly memory: number | null;
    readonly response_time: number | null;
    readonly error_rate: number | null;
  };
}

/** Keep what was answered, an hour of it, by the cluster's time. */
function usePoints(answer: Answered | undefined): readonly Point[] {
  const [points, setPoints] = useState<readonly Point[]>([]);
  useEffect(() => {
    if (!answer) return;
    const at = Date.parse(answer.timestamp) / 1000;
    const { cpu, memory, response_time: response, error_rate: errors } = answer.metrics;
    setPoints((old) =>
      at > (old.at(-1)?.at ?? 0)
        ? [...old.slice(1 - KEPT), { at, cpu, memory, response, errors }]
        : old,
    );
  }, [answer]);
  return points;
}
