/** Incidents, what each cost, and for the one that is opened the chain from cause to requests. */
import { Detail } from "@ecp/ui/detail/Detail";
import { Empty } from "@ecp/ui/layout/Empty";
import { Answer, Panel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { DataTable } from "@ecp/ui/table/DataTable";
import type { Column } from "@ecp/ui/table/order";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { useMemo } from "react";
import { demoOf, hooks, useGiven } from "../../ask";
import { type Failure, type Incident, lasted, put } from "../../tenant/incidents";
import classes from "./sla.module.css";
import { useT } from "./words";

const VIEW = { incident: "" };
const LEVELS = ["cause", "demand", "rollout", "pods", "endpoints", "requests"] as const;

export function Incidents({
  tenant,
  rows,
  failures,
  allowed,
}: {
  tenant: string;
  rows: readonly Incident[];
  failures: readonly Failure[] | undefined;
  allowed: number | null | undefined;
}) {
  const t = useT();
  const f = useFormat();
  const [view, setView] = useView(VIEW);
  const columns = useMemo<Column<Incident>[]>(
    () => [
      {
        id: "from",
        head: t("incident.from"),
        width: "minmax(170px, 1.2fr)",
        by: (row) => row.started_at,
        cell: (row) => (
          <button
            type="button"
            className={classes.open}
            onClick={() => setView({ incident: row.started_at })}
          >
            {f.instant(row.started_at)}
          </button>
        ),
      },
      {
        id: "cost",
        head: t("incident.cost"),
        numeric: true,
        width: "90px",
        by: lasted,
        cell: (row) => f.duration(lasted(row)),
      },
      {
        id: "part",
        head: t("incident.part"),
        numeric: true,
        width: "90px",
        by: lasted,
        cell: (row) => (allowed ? f.percent((100 * lasted(row)) / allowed, 1) : "–"),
      },
      {
        id: "state",
        head: t("incident.state"),
        width: "100px",
        by: (row) => row.state,
        cell: (row) => <StatusBadge state={row.state} />,
      },
      {
        id: "cause",
        head: t("incident.cause"),
        width: "minmax(160px, 2.4fr)",
        by: (row) => put(row, failures),
        cell: (row) => put(row, failures) || "–",
      },
    ],
    [t, f, failures, allowed, setView],
  );
  const ordered = [...rows].sort((a, b) => b.started_at.localeCompare(a.started_at));
  const at = ordered.findIndex((one) => one.started_at === view.incident);
  return (
    <>
      <Panel title={t("incidents")} flush>
        <DataTable<Incident>
          label={t("incidents")}
          rows={rows}
          columns={columns}
          id={(row) => row.started_at}
          sort="-from"
          height={320}
          onOpen={(row) => setView({ incident: row.started_at })}
          {...(view.incident ? { open: view.incident } : {})}
          empty={<Empty say={t("incident.none")} />}
        />
      </Panel>
      <Detail
        title={t("incident.at", { at: f.instant(view.incident) })}
        opened={view.incident !== ""}
        onClose={() => setView({ incident: "" })}
        onNeighbour={(by) => {
          const next = ordered[at + by];
          if (next) setView({ incident: next.started_at });
        }}
        tabs={[
          {
            id: "why",
            name: t("incident.why"),
            show: () => <Why tenant={tenant} slot={view.incident} />,
          },
        ]}
      />
    </>
  );
}

function Why({ tenant, slot }: { tenant: string; slot: string }) {
  const t = useT();
  const given = useGiven();
  const why = hooks.useQuery("get", "/api/v1/simulator/sla/{tenant_id}/why", {
    ...given,
    params: { path: { tenant_id: tenant }, query: { slot } },
  });
  return (
    <Answer ask={why}>
      {(data) => (
        <>
          <p>
            <strong>{data.sentence}</strong>
          </p>
          <ol className={classes.chain} aria-label={t("incident.chain")}>
            {(data.links ?? []).map((link) => {
              const level = LEVELS.find((one) => one === link.level);
              return (
                <li key={`${link.level} ${link.object}`}>
                  <b>{level ? t(`level.${level}`) : link.level}</b>
                  <span>{link.text}</span>
                </li>
              );
            })}
          </ol>
          <code className="mono dim">{`ecp why ${tenant} --at ${slot}${demoOf(given)}`}</code>
        </>
      )}
    </Answer>
  );
}
