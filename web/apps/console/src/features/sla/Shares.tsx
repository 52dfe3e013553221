/** Where the time was lost, by whom a fault hit first. */
import { Panel } from "@ecp/ui/layout/Panel";
import { useFormat } from "@ecp/ui/view/format";
import type { ReactNode } from "react";
import { type Failure, type Incident, shares } from "../../tenant/incidents";
import classes from "./sla.module.css";
import { useT } from "./words";

export function Shares({
  rows,
  failures,
  children,
}: {
  rows: readonly Incident[];
  failures: readonly Failure[] | undefined;
  /** What belongs to it: the same by service. */
  children: ReactNode;
}) {
  const t = useT();
  const f = useFormat();
  const found = shares(rows, failures, t("share.unknown"));
  const most = Math.max(1, ...found.map((one) => one.seconds));
  return (
    <Panel title={t("shares")} flush>
      {found.length === 0 ? (
        <p className={classes.note}>{t("share.none")}</p>
      ) : (
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">{t("share.where")}</th>
              <th scope="col" data-numeric>
                {t("share.count")}
              </th>
              <th scope="col" data-numeric>
                {t("share.lost")}
              </th>
              <th aria-hidden />
            </tr>
          </thead>
          <tbody>
            {found.map((one) => (
              <tr key={one.name}>
                <th scope="row">{one.name}</th>
                <td data-numeric>{f.number(one.count)}</td>
                <td data-numeric>{f.duration(one.seconds)}</td>
                <td className={classes.bar} aria-hidden>
                  <span style={{ width: `${(100 * one.seconds) / most}%` }} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {children}
    </Panel>
  );
}
