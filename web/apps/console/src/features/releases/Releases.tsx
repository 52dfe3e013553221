/** Releases: the current one of each tenant, or all of one tenant. */
import { Empty } from "@ecp/ui/layout/Empty";
import { Page } from "@ecp/ui/layout/Page";
import { LiveBadge, liveOf } from "@ecp/ui/live/LiveBadge";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { DataTable } from "@ecp/ui/table/DataTable";
import type { Column } from "@ecp/ui/table/order";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { NativeSelect } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { EVERY_MS, hooks, useGiven } from "../../ask";
import { useT } from "../../texts/texts";

const VIEW = { tenant: "" };

interface Row {
  readonly deployment_id: string;
  readonly tenant_id: string;
  readonly revision?: number | null;
  readonly phase?: string | null;
  readonly began?: string | null;
  readonly seconds?: number | null;
  readonly started?: boolean;
}

export default function Releases() {
  const t = useT();
  const f = useFormat();
  const navigate = useNavigate();
  const [view, setView] = useView(VIEW);
  const given = useGiven();
  const status = hooks.useQuery(
    "get",
    "/api/v1/simulator/status",
    { ...given, params: { query: { limit: 500 } } },
    { refetchInterval: EVERY_MS },
  );
  const ofOne = hooks.useQuery(
    "get",
    "/api/v1/tenants/{tenant_id}/releases",
    { ...given, params: { path: { tenant_id: view.tenant }, query: { limit: 200 } } },
    { enabled: view.tenant !== "", refetchInterval: EVERY_MS },
  );
  const tenants = status.data?.tenants ?? [];
  const columns = useMemo<Column<Row>[]>(
    () => [
      {
        id: "release",
        head: t("releases.one"),
        width: "minmax(130px, 1fr)",
        by: (row) => row.deployment_id,
        cell: (row) => (
          <Link to="/releases/$release" params={{ release: row.deployment_id } as never}>
            {row.deployment_id}
          </Link>
        ),
      },
      {
        id: "tenant",
        head: t("tenant.name"),
        width: "minmax(130px, 1.2fr)",
        by: (row) => row.tenant_id,
        cell: (row) => row.tenant_id,
      },
      {
        id: "revision",
        head: t("tenant.revision"),
        numeric: true,
        width: "90px",
        by: (row) => row.revision,
        cell: (row) => f.number(row.revision),
      },
      {
        id: "phase",
        head: t("tenant.state"),
        width: "minmax(100px, 1fr)",
        by: (row) => row.phase,
        cell: (row) => <StatusBadge state={row.phase} />,
      },
      {
        id: "began",
        head: t("tenant.since"),
        width: "200px",
        by: (row) => row.began,
        cell: (row) => f.instant(row.began),
      },
      ...(view.tenant
        ? [
            {
              id: "seconds",
              head: t("releases.seconds"),
              numeric: true,
              width: "130px",
              by: (row: Row) => row.seconds,
              cell: (row: Row) => f.duration(row.seconds),
            },
          ]
        : []),
    ],
    [t, f, view.tenant],
  );
  const ask: { data: object | undefined; error: unknown; refetch: () => unknown } = view.tenant
    ? ofOne
    : status;
  const rows = (view.tenant
    ? (ofOne.data?.releases ?? [])
    : tenants.filter((one) => one.deployment_id)) as unknown as readonly Row[];
  return (
    <Page
      title={t("releases.title")}
      badge={<LiveBadge live={liveOf(view.tenant ? ofOne : status)} />}
      ask={ask}
    >
      {() => (
        <DataTable<Row>
          label={t("releases.title")}
          rows={rows}
          total={view.tenant ? (ofOne.data?.total ?? rows.length) : rows.length}
          columns={columns}
          id={(row) => row.deployment_id}
          sort="-began"
          onOpen={(row) =>
            void navigate({
              to: "/releases/$release",
              params: { release: row.deployment_id } as never,
            })
          }
          chips={
            <NativeSelect
              size="xs"
              aria-label={t("tenant.name")}
              value={view.tenant}
              onChange={(change) => setView({ tenant: change.currentTarget.value })}
              data={[
                { value: "", label: t("releases.current") },
                ...tenants.map((one) => one.tenant_id ?? ""),
              ]}
            />
          }
          empty={<Empty say={t("releases.none")} sample="ecp deploy acme --wait" />}
        />
      )}
    </Page>
  );
}
