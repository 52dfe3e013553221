/** The namespaces of a cluster with their tenants, and what their quotas let them take. */
import { Empty } from "@ecp/ui/layout/Empty";
import { Panel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { DataTable } from "@ecp/ui/table/DataTable";
import type { Column } from "@ecp/ui/table/order";
import { useFormat } from "@ecp/ui/view/format";
import { quantity } from "@ecp/ui/view/quantity";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Overview } from "../../objects/inventory";
import classes from "./cluster.module.css";
import { useT } from "./words";

type Row = Overview["namespaces"][number];

export function Namespaces({ of }: { of: Overview }) {
  const t = useT();
  const f = useFormat();
  const { tenants } = of;
  const columns = useMemo<Column<Row>[]>(
    () => [
      {
        id: "namespace",
        head: t("namespace"),
        by: (row) => row.namespace,
        width: "minmax(180px, 2fr)",
        cell: (row) => (
          <Link
            to="/workloads"
            search={
              ((old: { cluster?: string }) => ({
                ...(old.cluster ? { cluster: old.cluster } : {}),
                ns: row.namespace,
              })) as never
            }
          >
            {row.namespace}
          </Link>
        ),
      },
      {
        id: "tenant",
        head: t("tenant"),
        by: (row) => tenants[row.namespace],
        width: "minmax(120px, 1fr)",
        cell: (row) => {
          const tenant = tenants[row.namespace];
          return tenant ? (
            <Link
              to="/dashboard/$tenant"
              params={{ tenant } as never}
              search={
                ((old: { cluster?: string }) =>
                  old.cluster ? { cluster: old.cluster } : {}) as never
              }
            >
              {tenant}
            </Link>
          ) : (
            <span className="dim">–</span>
          );
        },
      },
      {
        id: "pods",
        head: t("pods"),
        by: (row) => row.pods,
        width: "80px",
        numeric: true,
        cell: (row) => f.number(row.pods),
      },
      {
        id: "waiting",
        head: t("waiting"),
        by: (row) => row.waiting,
        width: "100px",
        numeric: true,
        cell: (row) => f.number(row.waiting),
      },
      {
        id: "not_ready",
        head: t("notready_pods"),
        by: (row) => row.not_ready,
        width: "110px",
        cell: (row) => (
          <StatusBadge
            state={row.not_ready ? "degraded" : "ready"}
            word={f.number(row.not_ready)}
          />
        ),
      },
    ],
    [t, f, tenants],
  );
  return (
    <Panel title={t("namespaces")} flush>
      <DataTable
        label={t("namespaces")}
        rows={of.namespaces}
        columns={columns}
        id={(row) => row.namespace}
        sort="namespace"
        height={300}
        empty={<Empty say={t("namespaces.none")} sample="ecp deploy acme --wait" />}
      />
    </Panel>
  );
}

export function Quotas({ of }: { of: Overview }) {
  const t = useT();
  const f = useFormat();
  return (
    <Panel title={t("quotas")}>
      {of.quotas.length === 0 && <p className="dim">{t("quotas.none")}</p>}
      <ul className={classes.waiting}>
        {of.quotas.map((one) => (
          <li key={`${one.namespace}/${one.name}`}>
            <span>
              {one.namespace} <span className="dim mono">{one.name}</span>
            </span>
            <span className={classes.quotas}>
              {Object.entries(one.hard).map(([what, hard]) => {
                const used = one.used[what] ?? "0";
                const part = quantity(hard) ? quantity(used) / quantity(hard) : 0;
                return (
                  <span key={what} className={classes.quota}>
                    <span className="mono">{what}</span>{" "}
                    <StatusBadge
                      state={part >= 1 ? "at_risk" : "ready"}
                      word={`${t("quota.used", { used, hard })} (${f.percent(part * 100, 0)})`}
                    />
                  </span>
                );
              })}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
