/** What is left of the error budget in minutes, over the last day and over the contract's period. */
import { Panel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { arc } from "./gauge";
import type { Left } from "./Need";
import classes from "./overview.module.css";
import { useT } from "./words";

interface Analysed {
  readonly current_sla?: number | null;
  readonly status?: string;
  readonly evidence?: string;
  readonly error_budget?: Left;
}

export function Budgets({
  day,
  month,
}: {
  day: Analysed | undefined;
  month: Analysed | undefined;
}) {
  const t = useT();
  return (
    <Panel
      title={t("budget")}
      aside={
        day?.evidence && (
          <small className="dim">
            {t("measured", {
              where: t(day.evidence === "measured" ? "where.measured" : "where.simulated"),
            })}
          </small>
        )
      }
    >
      <div className={classes.gauges}>
        <Gauge name={t("budget.day")} of={day} />
        <Gauge name={t("budget.month")} of={month} />
      </div>
    </Panel>
  );
}

function Gauge({ name, of }: { name: string; of: Analysed | undefined }) {
  const t = useT();
  const f = useFormat();
  const { allowed_seconds: allowed, remaining_seconds: left } = of?.error_budget ?? {};
  const known = typeof allowed === "number" && typeof left === "number" && allowed > 0;
  const part = known ? left / allowed : 0;
  const level = part <= 0 ? "out" : part < 0.25 ? "low" : "fine";
  const word = !known
    ? t("budget.none")
    : left < 0
      ? t("budget.over", { over: f.duration(-left), allowed: f.duration(allowed) })
      : t("budget.left", { left: f.duration(left), allowed: f.duration(allowed) });
  return (
    <div className={classes.gauge}>
      <span className="dim">{name}</span>
      <svg viewBox="0 0 120 68" width="150" role="img" aria-label={`${name}: ${word}`}>
        <path d={arc(1, 60, 60, 50)} className={classes.track} />
        {known && part > 0 && (
          <path d={arc(part, 60, 60, 50)} className={classes.left} data-level={level} />
        )}
        <text x="60" y="58" textAnchor="middle">
          {known ? f.percent(of?.current_sla, 3) : "–"}
        </text>
      </svg>
      <StatusBadge state={of?.status ?? "no_data"} />
      <b>{word}</b>
    </div>
  );
}
