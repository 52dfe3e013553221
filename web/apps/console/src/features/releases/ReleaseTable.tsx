/** Releases in a table: of the fleet, or of one tenant. */
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { DataTable } from "@ecp/ui/table/DataTable";
import type { Column } from "@ecp/ui/table/order";
import { useFormat } from "@ecp/ui/view/format";
import { Link, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useMemo } from "react";
import { type T, useT } from "./words";

export interface Row {
  readonly deployment_id: string;
  readonly tenant_id: string;
  readonly revision?: number | null;
  readonly phase?: string | null;
  readonly began?: string | null;
  readonly seconds?: number | null;
  readonly attempt?: number | null;
  readonly rollback?: { readonly to?: number; readonly automatic?: boolean } | null;
}

/** What a release was beside a deploy: a way back, sent again. */
function noteOf(row: Row, t: T): string {
  const { rollback, attempt } = row;
  return [
    rollback &&
      t(rollback.automatic ? "note.back.itself" : "note.back", { revision: rollback.to ?? "" }),
    attempt && attempt > 1 && t("note.again", { count: attempt }),
  ]
    .filter(Boolean)
    .join(", ");
}

export function ReleaseTable({
  rows,
  total,
  seconds = false,
  chips,
  empty,
}: {
  rows: readonly Row[];
  total: number;
  /** Of one tenant: its rows say how long each took, and what each was. */
  seconds?: boolean;
  chips?: ReactNode;
  empty: ReactNode;
}) {
  const t = useT();
  const f = useFormat();
  const navigate = useNavigate();
  const columns = useMemo<Column<Row>[]>(
    () => [
      {
        id: "release",
        head: t("one"),
        width: "minmax(130px, 1fr)",
        by: (row) => row.deployment_id,
        cell: (row) => (
          <Link to="/releases/$release" params={{ release: row.deployment_id } as never}>
            {row.deployment_id}
          </Link>
        ),
      },
      seconds
        ? {
            id: "note",
            head: t("note"),
            width: "minmax(160px, 1.4fr)",
            by: (row: Row) => noteOf(row, t),
            cell: (row: Row) => noteOf(row, t) || "–",
          }
        : {
            id: "tenant",
            head: t("tenant"),
            width: "minmax(130px, 1.2fr)",
            by: (row: Row) => row.tenant_id,
            cell: (row: Row) => row.tenant_id,
          },
      {
        id: "revision",
        head: t("revision"),
        numeric: true,
        width: "90px",
        by: (row) => row.revision,
        cell: (row) => f.number(row.revision),
      },
      {
        id: "phase",
        head: t("state"),
        width: "minmax(100px, 1fr)",
        by: (row) => row.phase,
        cell: (row) => <StatusBadge state={row.phase} />,
      },
      {
        id: "began",
        head: t("began"),
        width: "200px",
        by: (row) => row.began,
        cell: (row) => f.instant(row.began),
      },
      ...(seconds
        ? [
            {
              id: "seconds",
              head: t("seconds"),
              numeric: true,
              width: "130px",
              by: (row: Row) => row.seconds,
              cell: (row: Row) => f.duration(row.seconds),
            },
          ]
        : []),
    ],
    [t, f, seconds],
  );
  return (
    <DataTable<Row>
      label={t("title")}
      rows={rows}
      total={total}
      columns={columns}
      id={(row) => row.deployment_id}
      sort="-began"
      onOpen={(row) =>
        void navigate({
          to: "/releases/$release",
          params: { release: row.deployment_id } as never,
        })
      }
      chips={chips}
      empty={empty}
    />
  );
}
