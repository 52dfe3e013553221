/** Failures that were, injected or by themselves; each opens what it did. */
import { Empty } from "@ecp/ui/layout/Empty";
import { Answer } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { DataTable } from "@ecp/ui/table/DataTable";
import type { Column } from "@ecp/ui/table/order";
import { useFormat } from "@ecp/ui/view/format";
import { Button } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { lasted } from "./lasted";
import type { Failure } from "./types";
import { useFailures } from "./useFailures";
import { type Key, useT } from "./words";

const BADGES: Record<string, string> = { running: "progressing", ended: "closed" };

export function History({ onChoose }: { onChoose: () => void }) {
  const all = useFailures("all");
  const t = useT();
  const f = useFormat();
  const navigate = useNavigate();
  const columns = useMemo<Column<Failure>[]>(
    () => [
      {
        id: "began",
        head: t("began"),
        width: "190px",
        by: (row) => row.started_at ?? row.planned_for,
        cell: (row) => (
          <Link
            to="/failures/$injection"
            params={{ injection: row.id } as never}
            search={{ tenant: row.tenants[0] ?? "" } as never}
          >
            {f.instant(row.started_at ?? row.planned_for)}
          </Link>
        ),
      },
      {
        id: "what",
        head: t("what"),
        width: "minmax(140px, 1.4fr)",
        by: (row) => `${row.title} ${row.fault}`,
        cell: (row) => row.title,
      },
      {
        id: "tenant",
        head: t("tenant"),
        width: "minmax(110px, 1fr)",
        by: (row) => row.tenants.join(" "),
        cell: (row) => row.tenants.join(", "),
      },
      {
        id: "targets",
        head: t("targets"),
        width: "minmax(160px, 1.6fr)",
        by: (row) => row.targets.join(" "),
        cell: (row) => <span className="mono">{row.targets.join(", ")}</span>,
      },
      {
        id: "origin",
        head: t("origin"),
        width: "110px",
        by: (row) => t(`origin.${row.origin.kind}` as Key),
        cell: (row) => t(`origin.${row.origin.kind}` as Key),
      },
      {
        id: "state",
        head: t("state"),
        width: "110px",
        by: (row) => row.state,
        cell: (row) => <StatusBadge state={BADGES[row.state] ?? row.state} />,
      },
      {
        id: "lasted",
        head: t("lasted"),
        width: "110px",
        numeric: true,
        by: lasted,
        cell: (row) => f.duration(lasted(row)),
      },
      {
        id: "recovered",
        head: t("recovered"),
        width: "110px",
        numeric: true,
        by: (row) => row.recovery_seconds,
        cell: (row) => f.duration(row.recovery_seconds),
      },
    ],
    [t, f],
  );
  return (
    <Answer ask={all} rows={8}>
      {(data) => (
        <DataTable<Failure>
          label={t("history")}
          rows={all.failures}
          total={Number(data.total ?? all.failures.length)}
          columns={columns}
          id={(row) => row.id}
          sort="-began"
          onOpen={(row) =>
            void navigate({
              to: "/failures/$injection",
              params: { injection: row.id } as never,
              search: { tenant: row.tenants[0] ?? "" } as never,
            })
          }
          empty={
            <Empty
              say={t("none")}
              action={
                <Button variant="default" onClick={onChoose}>
                  {t("none.action")}
                </Button>
              }
            />
          }
        />
      )}
    </Answer>
  );
}
