/** Where the time was lost: by whom a fault hit first, and by service where the ledger keeps them. */
import { Panel } from "@ecp/ui/layout/Panel";
import { useFormat } from "@ecp/ui/view/format";
import { type Failure, type Incident, shares } from "../../tenant/incidents";
import classes from "./sla.module.css";
import type { Statement } from "./statement";
import { useT } from "./words";

export function Shares({
  rows,
  failures,
  services,
}: {
  rows: readonly Incident[];
  failures: readonly Failure[] | undefined;
  services: Statement["services"];
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
      <h3 className={classes.sub}>{t("services")}</h3>
      {services.length === 0 ? (
        <p className={classes.note}>{t("service.none")}</p>
      ) : (
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">{t("service.name")}</th>
              <th scope="col" data-numeric>
                {t("figure.achieved")}
              </th>
              <th scope="col" data-numeric>
                {t("share.lost")}
              </th>
            </tr>
          </thead>
          <tbody>
            {services.map((one) => (
              <tr key={one.service}>
                <th scope="row">{one.service}</th>
                <td data-numeric>{f.percent(one.current_sla, 3)}</td>
                <td data-numeric>{f.duration(one.downtime_seconds)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
