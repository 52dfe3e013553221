/** A tenant's live dashboard: the guide's figures, the level of service, replicas. */
import { TimeSeries } from "@ecp/ui/charts/TimeSeries";
import { Empty } from "@ecp/ui/layout/Empty";
import { Columns, Figures, Page } from "@ecp/ui/layout/Page";
import { Panel } from "@ecp/ui/layout/Panel";
import { LiveBadge } from "@ecp/ui/live/LiveBadge";
import { useFollow } from "@ecp/ui/live/useFollow";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { DataTable } from "@ecp/ui/table/DataTable";
import type { Column } from "@ecp/ui/table/order";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { atSimulator, EVERY_MS, hooks } from "../../ask";
import { useT } from "../../texts/texts";
import { Failures } from "./Failures";
import { Incidents } from "./Incidents";
import { heard, joined, type Minute, ofMinutes, type Point } from "./points";

const VIEW = { cluster: "" };
/** How often the figures are asked for while the stream tells of them: in case it does not. */
const SELDOM_MS = 60_000;
/** Minutes of history that the charts begin with. */
const MINUTES = 60;

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

export default function Dashboard() {
  const t = useT();
  const f = useFormat();
  const { tenant = "" } = useParams({ strict: false }) as { tenant?: string };
  const [view] = useView(VIEW);
  const { ask, live, points, cluster } = useTenant(tenant, view.cluster);
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
        head: t("workload.state"),
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
  if (ask.error && (ask.error as { status?: number }).status === 404) {
    return <Empty say={t("tenant.none", { tenant })} sample={`ecp deploy ${tenant} --wait`} />;
  }
  return (
    <Page
      title={tenant}
      badge={
        <>
          <StatusBadge state={ask.data?.sla_data?.status} />
          <LiveBadge live={live} />
          <span className="dim">{t("tenant.at", { at: f.instant(ask.data?.timestamp) })}</span>
        </>
      }
      ask={ask}
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
              rows={data.workloads}
              columns={columns}
              id={(row) => row.name}
              empty={<Empty say={t("tenants.none")} />}
            />
            {cluster !== null && (
              <>
                <Failures
                  tenant={tenant}
                  cluster={cluster}
                  workloads={data.workloads.map((one) => one.name)}
                />
                <Incidents tenant={tenant} cluster={cluster} />
              </>
            )}
          </>
        );
      }}
    </Page>
  );
}

interface Measured {
  readonly cpu: number | null;
  readonly memory: number | null;
  readonly network_rps: number | null;
  readonly response_time: number | null;
  readonly error_rate: number | null;
}

interface State {
  readonly timestamp: string;
  readonly metrics: Measured;
  readonly sla_data: {
    readonly status: string;
    readonly uptime_percentage: number | null;
    readonly target_sla: number;
    readonly downtime_minutes: number;
  };
  readonly workloads: readonly Workload[];
}

/** A state as the stream tells it: the level of service has another name there. */
interface Told {
  readonly clock: { readonly now: string };
  readonly metrics: Measured;
  readonly sla: State["sla_data"];
  readonly workloads: readonly Workload[];
}

/** The tenant as it is, slot by slot, and the hour before. */
function useTenant(tenant: string, chosen: string) {
  const query = chosen ? { cluster: chosen } : {};
  const [told, setTold] = useState<State | null>(null);
  const [slots, setSlots] = useState<readonly Point[]>([]);
  const [open, setOpen] = useState(false);
  const asked = hooks.useQuery(
    "get",
    "/api/v1/metrics/{tenant}",
    { params: { path: { tenant }, query } },
    { refetchInterval: open ? SELDOM_MS : EVERY_MS },
  );
  const cluster = asked.data?.cluster ?? null;
  const history = useQuery({
    queryKey: ["minutes", cluster, tenant],
    enabled: cluster !== null,
    refetchInterval: SELDOM_MS,
    queryFn: async () => {
      const path = { name: cluster ?? "", tenant };
      const ask = async (since: number) => {
        const { data, error } = await atSimulator.GET(
          "/api/v1/clusters/{name}/tenants/{tenant}/minutes",
          { params: { path, query: { since, limit: MINUTES, workloads: false } } },
        );
        if (error) throw error;
        return data;
      };
      const newest = (await ask(Number.MAX_SAFE_INTEGER)).newest ?? 0;
      const found = await ask(Math.max(0, newest - MINUTES));
      return ofMinutes((found.minutes ?? []) as readonly Minute[]);
    },
  });
  const live = useFollow(
    cluster === null ? null : `/api/v1/clusters/${encodeURIComponent(cluster)}/live`,
    "ws",
    (message) => {
      const state = (message.body as { state?: Told } | undefined)?.state;
      if (!state) return;
      const { clock, metrics, sla, workloads } = state;
      setTold({ timestamp: clock.now, metrics, sla_data: sla, workloads });
      setSlots((old) =>
        heard(old, {
          at: Math.floor(Date.parse(clock.now) / 1000),
          cpu: metrics.cpu,
          memory: metrics.memory,
          response: metrics.response_time,
        }),
      );
    },
    undefined,
    JSON.stringify({ action: "watch", tenants: [tenant] }),
  );
  const isLive = live.state === "live";
  const { refetch } = history;
  useEffect(() => {
    setOpen(isLive);
    // What was said while nobody heard is in the minutes; until the stream is back, ask.
    if (isLive) void refetch();
    else setTold(null);
  }, [isLive, refetch]);
  const data = told ?? (asked.data as unknown as State | undefined);
  const points = useMemo(() => joined(history.data ?? [], slots), [history.data, slots]);
  return { ask: { data, error: asked.error, refetch: asked.refetch }, live, points, cluster };
}
