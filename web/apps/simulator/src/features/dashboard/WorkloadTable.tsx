/** A tenant's workloads: replicas, and what their callers meet. */
import { Empty } from "@ecp/ui/layout/Empty";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { DataTable } from "@ecp/ui/table/DataTable";
import type { Column } from "@ecp/ui/table/order";
import { useFormat } from "@ecp/ui/view/format";
import { useMemo } from "react";
import { useT } from "../../texts/texts";
import type { Workload } from "./useTenant";
import { useT as useWords } from "./words";

export function WorkloadTable({ rows }: { rows: readonly Workload[] }) {
  const t = useT();
  const w = useWords();
  const f = useFormat();
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
        cell: (row) => w("per.second", { rate: f.number(row.metrics?.network_rps) }),
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
    [t, w, f],
  );
  return (
    <DataTable<Workload>
      label={t("tenant.workloads")}
      rows={rows}
      columns={columns}
      id={(row) => row.name}
      empty={<Empty say={t("tenants.none")} />}
    />
  );
}
