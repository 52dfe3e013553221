/** What a failure cost and how bad it was, in five figures that agree with one another. */
import { Figures } from "@ecp/ui/layout/Page";
import { useFormat } from "@ecp/ui/view/format";
import { Link } from "@tanstack/react-router";
import type { Report } from "./types";
import { useT } from "./words";

export function Summary({ told }: { told: Report }) {
  const t = useT();
  const f = useFormat();
  const { failure, effect, cost, open, recovery, worst_minute: minute } = told;
  const milliseconds = (value: number | null) =>
    value === null ? "–" : `${f.number(value, 0)} ms`;
  const errors = worst(minute?.error_rate, open?.error_rate);
  const since = (now: string) => t("report.open", { now, since: f.clock(open?.since) });
  const before = (value: number | null, as: (value: number) => string) =>
    value === null ? t("report.before.none") : t("report.before", { before: as(value) });
  /** Where nobody asked, or nobody that asked was failed, a probe may have found it down. */
  const minuteSaid = ({ at, error_rate, down_seconds }: NonNullable<typeof minute>) => {
    const said = { at: f.clock(at), down: f.duration(down_seconds) };
    if (down_seconds === 0) return t("report.minute.up", said);
    return t(error_rate ? "report.minute" : "report.minute.silent", said);
  };
  return (
    <Figures
      of={[
        {
          name: t("report.cost"),
          value: f.duration(cost.down_seconds),
          note: (
            <>
              {t("report.budget", {
                part: f.percent(cost.budget_percent, 1),
                of: f.duration(cost.budget_seconds),
                target: f.number(cost.target_sla, 3),
              })}
              {minute && minute.others_seconds > 0 && (
                <>
                  {"; "}
                  {t("report.others", { others: f.duration(minute.others_seconds) })}
                </>
              )}
            </>
          ),
          bad: cost.down_seconds > 0,
        },
        {
          name: t("report.errors"),
          value: f.percent(errors, 1),
          note: open
            ? since(f.percent(open.error_rate, 1))
            : minute &&
              `${minuteSaid(minute)}; ${before(effect.before.error_rate, (one) => f.percent(one, 1))}`,
          bad: (errors ?? 0) > 1 || (cost.down_seconds > 0 && (minute?.down_seconds ?? 0) > 0),
        },
        {
          name: t("report.response"),
          value: milliseconds(worst(minute?.response_time, open?.response_time)),
          note: open
            ? since(milliseconds(open.response_time))
            : before(effect.before.response_time, milliseconds),
        },
        {
          name: t("report.recovery"),
          value:
            recovery.kept_seconds === null
              ? t("report.recovery.not")
              : f.duration(recovery.kept_seconds),
          note: !failure.recovered_at
            ? undefined
            : recovery.relapses
              ? t("report.recovery.again", {
                  first: f.duration(recovery.first_seconds),
                  times: f.number(recovery.relapses),
                })
              : t("report.recovery.say"),
          bad: !failure.recovered_at,
        },
        {
          name: t("report.alerts"),
          value: told.unjudged ? "–" : f.number(told.alerts.length),
          note: told.alerts.length ? (
            <Link to="/alerts" search={{ state: "all", alert: told.alerts[0]?.id } as never}>
              {told.alerts[0]?.rule}
            </Link>
          ) : (
            (told.unjudged?.text ?? t("report.alerts.none"))
          ),
        },
      ]}
    />
  );
}

/** Return the greater of what is known. */
function worst(...values: readonly (number | null | undefined)[]): number | null {
  const known = values.filter((one) => one !== null && one !== undefined);
  return known.length ? Math.max(...known) : null;
}
