/** What a tenant's burn rate would have fired over the minutes that are kept: a backtest. */
import { Empty } from "@ecp/ui/layout/Empty";
import { AskedPanel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { Link } from "@tanstack/react-router";
import { demoOf, hooks, useGiven } from "../../ask";
import { SEVERITY_STATES, severityOf } from "./alerts";
import classes from "./alerts.module.css";
import { useT } from "./words";

interface Told {
  readonly off: boolean;
  readonly from: string | null;
  readonly to: string | null;
  readonly alerts: readonly {
    readonly severity: string;
    readonly message: Readonly<Record<string, string>>;
    readonly fired_at: string;
    readonly resolved_at: string | null;
    readonly cause: string | null;
  }[];
}

const ONCE = { staleTime: 600_000 };

export function Backtest({ tenant }: { tenant: string }) {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const asked = hooks.useQuery(
    "get",
    "/api/v1/alerts/policies/{tenant_id}/backtest",
    { ...given, params: { path: { tenant_id: tenant } } },
    ONCE,
  );
  return (
    <AskedPanel title={`${t("backtest")}: ${tenant}`} ask={asked}>
      {(data) => {
        const told = data as unknown as Told;
        return (
          <div data-backtest>
            <p className={classes.say}>
              <b>{t("backtest.mark")}</b>{" "}
              {t("backtest.say", { from: f.instant(told.from), to: f.instant(told.to) })}{" "}
              {told.off && t("backtest.off")}
            </p>
            {told.alerts.length === 0 ? (
              <Empty
                say={t("backtest.none")}
                sample={`ecp alerts backtest ${tenant}${demoOf(given)}`}
              />
            ) : (
              <div className={classes.scroll}>
                <table className={classes.table}>
                  <thead>
                    <tr>
                      <th>{t("severity")}</th>
                      <th>{t("backtest.fired")}</th>
                      <th className={classes.instant}>{t("backtest.lasted")}</th>
                      <th>{t("message")}</th>
                      <th className={classes.instant}>{t("why")}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {told.alerts.map((one) => {
                      const severity = severityOf(one.severity);
                      return (
                        <tr key={one.fired_at}>
                          <td>
                            <StatusBadge
                              state={SEVERITY_STATES[severity]}
                              word={t(`severity.${severity}`)}
                            />
                          </td>
                          <td className={classes.instant}>{f.instant(one.fired_at)}</td>
                          <td className={classes.instant}>
                            {one.resolved_at
                              ? f.duration(
                                  (Date.parse(one.resolved_at) - Date.parse(one.fired_at)) / 1000,
                                )
                              : t("backtest.open")}
                          </td>
                          <td className={classes.told}>{one.message[f.language]}</td>
                          <td className={classes.instant}>
                            {one.cause ? (
                              <Link
                                to="/failures/$injection"
                                params={{ injection: one.cause } as never}
                                search={{ tenant } as never}
                              >
                                {one.cause}
                              </Link>
                            ) : (
                              "–"
                            )}
                          </td>
                        </tr>
                      );
                    })}
                  </tbody>
                </table>
              </div>
            )}
          </div>
        );
      }}
    </AskedPanel>
  );
}
