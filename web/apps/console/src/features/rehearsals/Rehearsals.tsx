/** What was rehearsed, and what is being rehearsed now. */
import { Empty } from "@ecp/ui/layout/Empty";
import { Page } from "@ecp/ui/layout/Page";
import { LiveBadge, liveOf } from "@ecp/ui/live/LiveBadge";
import { DataTable } from "@ecp/ui/table/DataTable";
import type { Column } from "@ecp/ui/table/order";
import { useFormat } from "@ecp/ui/view/format";
import { Button } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { Forecast, State, Verdict } from "./State";
import type { Row } from "./types";
import { useRehearsals } from "./useRehearsals";
import { useT } from "./words";

export default function Rehearsals() {
  const t = useT();
  const f = useFormat();
  const navigate = useNavigate();
  const all = useRehearsals();
  const open = (row: Row) =>
    void navigate({
      to: "/rehearsals/$rehearsal",
      params: { rehearsal: String(row.rehearsal_id) } as never,
    });
  const columns = useMemo<Column<Row>[]>(
    () => [
      {
        id: "id",
        head: "#",
        width: "56px",
        numeric: true,
        by: (row) => row.rehearsal_id,
        cell: (row) => row.rehearsal_id,
      },
      {
        id: "name",
        head: t("name"),
        width: "minmax(160px, 2fr)",
        by: (row) => row.name,
        cell: (row) => (
          <Link
            to="/rehearsals/$rehearsal"
            params={{ rehearsal: String(row.rehearsal_id) } as never}
          >
            {row.name}
          </Link>
        ),
      },
      {
        id: "kind",
        head: t("kind"),
        width: "110px",
        by: (row) => row.kind,
        cell: (row) => t(`kind.${row.kind}`),
      },
      {
        id: "state",
        head: t("state"),
        width: "110px",
        by: (row) => row.state,
        cell: (row) => <State row={row} />,
      },
      {
        id: "progress",
        head: t("progress"),
        width: "150px",
        by: (row) => row.progress.share,
        cell: (row) => (
          <>
            {t("progress.of", { done: row.progress.done, runs: row.progress.runs })}{" "}
            {row.state !== "done" && (
              <span className="dim">{f.percent(100 * row.progress.share, 0)}</span>
            )}
          </>
        ),
      },
      {
        id: "verdict",
        head: t("verdict"),
        width: "110px",
        by: (row) => String(row.verdict?.passed),
        cell: (row) => <Verdict row={row} />,
      },
      {
        id: "created",
        head: t("created"),
        width: "190px",
        by: (row) => row.created_at,
        cell: (row) => <span className="dim">{f.instant(row.created_at)}</span>,
      },
      {
        id: "took",
        head: t("took"),
        width: "90px",
        numeric: true,
        by: took,
        cell: (row) => f.duration(took(row)),
      },
    ],
    [t, f],
  );
  return (
    <Page
      title={t("title")}
      badge={
        <>
          <Forecast />
          <LiveBadge live={liveOf(all)} />
        </>
      }
      actions={
        <>
          <Button component={Link} to="/rehearsals/compare" variant="default">
            {t("compare")}
          </Button>
          <Button component={Link} to="/rehearsals/new">
            {t("new")}
          </Button>
        </>
      }
      ask={all}
    >
      {(data) => (
        <DataTable<Row>
          label={t("title")}
          rows={all.rows}
          total={Number(data.total ?? all.rows.length)}
          columns={columns}
          id={(row) => String(row.rehearsal_id)}
          sort="-id"
          onOpen={open}
          empty={
            <Empty
              say={t("none")}
              action={
                <Button component={Link} to="/rehearsals/new">
                  {t("new")}
                </Button>
              }
              sample="ecp rehearse examples/scenarios/node-lost.yaml --runs 20"
            />
          }
        />
      )}
    </Page>
  );
}

function took(row: Row): number | null {
  if (!row.ended_at) return null;
  return Math.max(1, (Date.parse(row.ended_at) - Date.parse(row.created_at)) / 1000);
}
