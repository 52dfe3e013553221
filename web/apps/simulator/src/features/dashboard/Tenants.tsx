/** Every tenant that the simulator follows: level of service and live figures. */
import { Spark } from "@ecp/ui/charts/small";
import { Empty } from "@ecp/ui/layout/Empty";
import { Page } from "@ecp/ui/layout/Page";
import { LiveBadge, liveOf } from "@ecp/ui/live/LiveBadge";
import { type Judged, leftOf } from "@ecp/ui/status/budget";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { DataTable } from "@ecp/ui/table/DataTable";
import type { Column } from "@ecp/ui/table/order";
import { useFormat } from "@ecp/ui/view/format";
import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { EVERY_MS, hooks } from "../../ask";
import { useSeries } from "../../series";
import { useT } from "../../texts/texts";
import { useT as useWords } from "./words";

interface Row {
  readonly tenant_id: string;
  readonly cluster?: string;
  readonly metrics?: {
    readonly cpu?: number;
    readonly memory?: number;
    readonly network_rps?: number;
    readonly response_time?: number;
    readonly error_rate?: number;
  };
  readonly forked_from?: string | null;
  readonly sla_data?: Judged & { readonly uptime_percentage?: number | null };
}

const params = (row: Row) => ({ tenant: row.tenant_id }) as never;
/** Said of `default` too: else the cluster that was looked at before goes along. */
const search = (row: Row) => (row.cluster ? { cluster: row.cluster } : {}) as never;

export default function Tenants() {
  const t = useT();
  const w = useWords();
  const f = useFormat();
  const navigate = useNavigate();
  const all = hooks.useQuery("get", "/api/v1/metrics", {}, { refetchInterval: EVERY_MS });
  const columns = useMemo<Column<Row>[]>(
    () => [
      {
        id: "name",
        head: t("tenant.name"),
        width: "minmax(110px, 1.2fr)",
        by: (row) => row.tenant_id,
        cell: (row) => (
          <Link to="/dashboard/$tenant" params={params(row)} search={search(row)}>
            {row.tenant_id}
          </Link>
        ),
      },
      {
        id: "cluster",
        head: t("cluster.choose"),
        width: "minmax(70px, 0.6fr)",
        by: (row) => row.cluster,
        cell: (row) =>
          row.forked_from
            ? w("fork", { cluster: row.cluster ?? "", of: row.forked_from })
            : (row.cluster ?? "–"),
      },
      {
        id: "state",
        head: t("tenant.state"),
        width: "minmax(96px, 0.8fr)",
        by: (row) => row.sla_data?.status,
        cell: (row) => <StatusBadge state={row.sla_data?.status} />,
      },
      {
        id: "uptime",
        head: t("tenant.uptime"),
        numeric: true,
        width: "80px",
        by: (row) => row.sla_data?.uptime_percentage,
        cell: (row) => f.percent(row.sla_data?.uptime_percentage, 3),
      },
      {
        id: "budget",
        head: t("tenant.budget"),
        numeric: true,
        width: "112px",
        by: (row) => leftOf(row.sla_data)?.remaining,
        cell: (row) => f.duration(leftOf(row.sla_data)?.remaining),
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
        width: "76px",
        by: (row) => row.metrics?.network_rps,
        cell: (row) => w("per.second", { rate: f.number(row.metrics?.network_rps) }),
      },
      {
        id: "spark",
        head: w("spark"),
        width: "120px",
        cell: (row) => <Trend cluster={row.cluster ?? null} tenant={row.tenant_id} />,
      },
      {
        id: "response",
        head: t("tenant.response"),
        numeric: true,
        width: "128px",
        by: (row) => row.metrics?.response_time,
        cell: (row) => `${f.number(row.metrics?.response_time, 0)} ms`,
      },
      {
        id: "errors",
        head: t("tenant.errors"),
        numeric: true,
        width: "80px",
        by: (row) => row.metrics?.error_rate,
        cell: (row) => f.percent(row.metrics?.error_rate, 2),
      },
    ],
    [t, w, f],
  );
  return (
    <Page title={t("dashboard.title")} badge={<LiveBadge live={liveOf(all)} />} ask={all}>
      {(data) => (
        <DataTable<Row>
          label={t("dashboard.title")}
          rows={(data.tenants ?? []) as unknown as Row[]}
          columns={columns}
          id={(row) => `${row.cluster}/${row.tenant_id}`}
          sort="name"
          onOpen={(row) =>
            void navigate({ to: "/dashboard/$tenant", params: params(row), search: search(row) })
          }
          empty={<Empty say={t("tenants.none")} sample="ecp deploy acme --wait" />}
        />
      )}
    </Page>
  );
}

const HOUR = { from: "", to: "" };
const TREND = { every: 60_000, points: 30 };

/** How many asked within the last hour. */
function Trend({ cluster, tenant }: { cluster: string | null; tenant: string }) {
  const series = useSeries(cluster, tenant, HOUR, TREND);
  return <Spark values={series.data?.network_rps ?? []} />;
}
