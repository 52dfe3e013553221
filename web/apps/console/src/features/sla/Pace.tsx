/** How fast the budget burns now: two windows a tier, held against what an alarm needs. */
import { type Asked, AskedPanel, Panel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import classes from "./sla.module.css";
import { useT } from "./words";

interface Tier {
  readonly severity: "page" | "ticket";
  readonly long_seconds: number;
  readonly short_seconds: number;
  readonly factor: number;
  readonly long_burn: number | null;
  readonly short_burn: number | null;
  readonly firing: boolean;
}

interface Paced {
  readonly tiers?: readonly Tier[];
  readonly remaining_seconds?: number | null;
  readonly exhaustion_at?: string | null;
  readonly overspent_since?: string | null;
}

export function Pace({
  ask,
  custom,
}: {
  ask: Asked<{ readonly error_budget?: unknown }>;
  custom: boolean;
}) {
  const t = useT();
  const f = useFormat();
  if (custom)
    return (
      <Panel title={t("pace")}>
        <p className="dim">{t("pace.custom")}</p>
      </Panel>
    );
  const times = (rate: number | null) => (rate === null ? "–" : `${f.number(rate, 2)} ×`);
  return (
    <AskedPanel title={t("pace")} ask={ask} flush>
      {(data) => {
        const budget = (data.error_budget ?? {}) as Paced;
        return (
          <>
            <div className={classes.scroll} role="group" tabIndex={0} aria-label={t("pace")}>
              <table className={classes.table}>
                <thead>
                  <tr>
                    <th scope="col">{t("pace.window")}</th>
                    <th scope="col" data-numeric>
                      {t("pace.rate")}
                    </th>
                    <th scope="col">{t("pace.short")}</th>
                    <th scope="col" data-numeric>
                      {t("pace.rate")}
                    </th>
                    <th scope="col" data-numeric>
                      {t("pace.limit")}
                    </th>
                    <th scope="col">{t("pace.severity")}</th>
                  </tr>
                </thead>
                <tbody>
                  {(budget.tiers ?? []).map((tier) => (
                    <tr key={tier.long_seconds} data-firing={tier.firing || undefined}>
                      <th scope="row">{f.duration(tier.long_seconds)}</th>
                      <td data-numeric>{times(tier.long_burn)}</td>
                      <td>{f.duration(tier.short_seconds)}</td>
                      <td data-numeric>{times(tier.short_burn)}</td>
                      <td data-numeric>{times(tier.factor)}</td>
                      <td>
                        <StatusBadge
                          state={tier.firing ? "firing" : "meeting"}
                          word={t(tier.firing ? "pace.firing" : "pace.calm")}
                        />{" "}
                        <small className="dim">{t(`pace.${tier.severity}`)}</small>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
            <p className={classes.note}>
              {budget.overspent_since
                ? t("pace.over", {
                    over: f.duration(-(budget.remaining_seconds ?? 0)),
                    since: f.instant(budget.overspent_since),
                  })
                : budget.exhaustion_at
                  ? t("pace.end", { at: f.instant(budget.exhaustion_at) })
                  : t("pace.never")}{" "}
              <span className="dim">{t("pace.why")}</span>
            </p>
          </>
        );
      }}
    </AskedPanel>
  );
}
