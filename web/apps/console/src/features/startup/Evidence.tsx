/** The checks of each workload in a table: what was seen, not what was hoped. */
import { Panel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import type { ReactNode } from "react";
import classes from "./startup.module.css";
import { checks, newest, type Report, type Workload } from "./waterfall";
import { useT } from "./words";

const COLUMNS = ["pods", "started", "probed", "gpu", "endpoints", "served"] as const;

export function Evidence({ report }: { report: Report }) {
  const t = useT();
  const f = useFormat();
  const pair = (some: number, all: number) => `${f.number(some)} / ${f.number(all)}`;
  const said = (column: (typeof COLUMNS)[number], one: Workload): ReactNode => {
    const met = checks(report, one)[column];
    if (met === null)
      return (
        <span className="dim" title={t("na")}>
          –
        </span>
      );
    const figures =
      column === "pods"
        ? pair(newest(one), one.desired)
        : column === "gpu" && one.gpus
          ? pair(one.gpus.bound, one.gpus.wanted)
          : t(met ? "met" : "unmet");
    return <StatusBadge state={met ? "ready" : "pending"} word={figures} />;
  };
  return (
    <Panel title={t("checks")} flush>
      <div className={classes.scroll} tabIndex={0} role="group" aria-label={t("checks")}>
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">{t("workload")}</th>
              {COLUMNS.map((column) => (
                <th key={column} scope="col">
                  {t(column)}
                </th>
              ))}
              <th scope="col" data-numeric>
                {t("restarts")}
              </th>
              <th scope="col" data-numeric>
                {t("after")}
              </th>
            </tr>
          </thead>
          <tbody>
            {(report.workloads ?? []).map((one) => (
              <tr key={one.object}>
                <th scope="row">{one.object}</th>
                {COLUMNS.map((column) => (
                  <td key={column}>{said(column, one)}</td>
                ))}
                <td data-numeric>{f.number(one.restarts)}</td>
                <td data-numeric>{f.duration(one.seconds)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
