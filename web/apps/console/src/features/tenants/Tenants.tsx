/** Every tenant: step, pods, level of service, budget, revision. */

import { Budget } from "@ecp/ui/charts/small";
import { Empty } from "@ecp/ui/layout/Empty";
import { Page } from "@ecp/ui/layout/Page";
import { LiveBadge, liveOf } from "@ecp/ui/live/LiveBadge";
import { type Judged, leftOf } from "@ecp/ui/status/budget";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { DataTable } from "@ecp/ui/table/DataTable";
import type { Column } from "@ecp/ui/table/order";
import { usePages } from "@ecp/ui/table/usePages";
import { useTableView } from "@ecp/ui/table/view";
import { useFormat } from "@ecp/ui/view/format";
import { prefer } from "@ecp/ui/view/preferences";
import { Button } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { atOrchestrator, EVERY_MS, useGiven } from "../../ask";
import { isMeasured, type Standing, stateShown, stepOf } from "../../standing";
import { type Windowed, youngFor } from "../../tenant/young";
import { useT } from "../../texts/texts";
import { useT as useTenantsT } from "./words";

type Row = Standing & {
  readonly tenant_id: string;
  readonly ready?: number;
  readonly desired?: number;
  readonly revision?: number | null;
  readonly began?: string | null;
  readonly sla?: (Judged & Windowed & { readonly current_sla?: number | null }) | null;
};

const MINUTE = 60;
/** Columns that the service sorts by, as it names them. */
const SERVED = { name: "tenant_id", state: "state" } as const;
const SERVES = { filter: true, sorts: Object.keys(SERVED) };

/** The service's word for an order of the table. */
function sorting(sort: string): string {
  const column = sort.replace(/^-/, "") as keyof typeof SERVED;
  return SERVED[column] ? (sort.startsWith("-") ? "-" : "") + SERVED[column] : "tenant_id";
}

/** Throws the service's problem. */
async function asked(q: string, sort: string, skip: number, limit: number, signal: AbortSignal) {
  const { data, error } = await atOrchestrator.GET("/api/v1/simulator/status", {
    params: { query: { q, sort, skip, limit } },
    signal,
  });
  if (error !== undefined) throw error;
  return { rows: (data.tenants ?? []) as Row[], total: data.total_count ?? 0 };
}

export default function Tenants() {
  const t = useT();
  const f = useFormat();
  const navigate = useNavigate();
  const [view] = useTableView();
  const { headers } = useGiven();
  const sort = sorting(view.sort);
  const pages = usePages<Row>({
    key: ["tenants", headers, view.q, sort],
    ask: (...part) => asked(view.q, sort, ...part),
    everyMs: EVERY_MS,
  });
  const columns = useMemo<Column<Row>[]>(
    () => [
      {
        id: "name",
        head: t("tenant.name"),
        width: "minmax(110px, 1.4fr)",
        by: (row) => row.tenant_id,
        cell: (row) => (
          <Link to="/tenants/$tenant" params={{ tenant: row.tenant_id } as never}>
            {row.tenant_id}
          </Link>
        ),
      },
      {
        id: "state",
        head: t("tenant.state"),
        width: "94px",
        by: (row) => stateShown(row),
        cell: (row) => <StatusBadge state={stateShown(row)} />,
      },
      {
        id: "sla",
        head: t("tenant.sla"),
        width: "minmax(176px, 1fr)",
        by: (row) => row.sla?.current_sla,
        cell: (row) => (row.sla ? <SlaCell sla={row.sla} /> : <span className="dim">–</span>),
      },
      {
        id: "budget",
        head: t("tenant.budget"),
        width: "minmax(300px, 1.8fr)",
        by: (row) => leftOf(row.sla)?.remaining,
        cell: (row) => <Budget of={leftOf(row.sla)} />,
      },
      {
        id: "pods",
        head: t("tenant.pods"),
        numeric: true,
        width: "80px",
        by: (row) => row.ready,
        cell: (row) => `${f.number(row.ready)} / ${f.number(row.desired)}`,
      },
      {
        id: "step",
        head: t("tenant.step"),
        width: "72px",
        by: (row) => t(`step.${stepOf(row)}`),
        cell: (row) => t(`step.${stepOf(row)}`),
      },
      {
        id: "revision",
        head: t("tenant.revision"),
        numeric: true,
        width: "64px",
        by: (row) => row.revision,
        cell: (row) => f.number(row.revision),
      },
      {
        id: "since",
        head: `${t("tenant.since")}, ${f.zoneName}`,
        width: "106px",
        by: (row) => row.began,
        cell: (row) => (
          <span className="dim" title={f.instant(row.began)}>
            {f.clock(row.began, true)}
          </span>
        ),
      },
    ],
    [t, f],
  );
  return (
    <Page
      title={t("tenants.title")}
      badge={<LiveBadge live={liveOf(pages.ask)} />}
      ask={pages.ask}
      actions={
        <Button component={Link} to="/tenants/new" data-do="new">
          {t("wizard.title")}
        </Button>
      }
    >
      {() => (
        <DataTable<Row>
          label={t("tenants.title")}
          rows={pages.rows}
          served={SERVES}
          onView={pages.onView}
          columns={columns}
          id={(row) => row.tenant_id}
          sort="name"
          onOpen={(row) =>
            void navigate({ to: "/tenants/$tenant", params: { tenant: row.tenant_id } as never })
          }
          empty={
            <Empty
              say={t("tenants.none")}
              action={
                <Button onClick={() => prefer({ demo: true })}>{t("tenants.none.action")}</Button>
              }
              sample="ecp tenant create acme --callbot 10 --chatbot 50"
            />
          }
        />
      )}
    </Page>
  );
}

function SlaCell({ sla }: { sla: NonNullable<Row["sla"]> }) {
  const t = useTenantsT();
  const f = useFormat();
  const young = youngFor(sla);
  return (
    <span style={{ display: "inline-flex", alignItems: "baseline", gap: 6 }}>
      <StatusBadge state={sla.status} />
      {isMeasured({ sla }) && typeof sla.current_sla === "number" && (
        <span>{f.percent(sla.current_sla, young === null ? 3 : 1)}</span>
      )}
      {young !== null && (
        <small className="dim">
          {t("sla.young", { span: f.duration(young - (young % MINUTE)) })}
        </small>
      )}
    </span>
  );
}
