/** What is left of the error budget in minutes, over the last day and over the contract's period. */
import { Panel } from "@ecp/ui/layout/Panel";
import { type Judged, leftOf, levelOf } from "@ecp/ui/status/budget";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { type Windowed, youngFor } from "../../tenant/young";
import { arc } from "./gauge";
import classes from "./overview.module.css";
import { useT } from "./words";

interface Analysed extends Judged, Windowed {
  readonly current_sla?: number | null;
  readonly evidence?: string;
  readonly error_budget?: Judged["error_budget"] & { readonly exhaustion_at?: unknown };
}

export function Budgets({
  day,
  month,
}: {
  day: Analysed | undefined;
  month: Analysed | undefined;
}) {
  const t = useT();
  const f = useFormat();
  const young = youngFor(day);
  return (
    <Panel
      title={t("budget")}
      aside={
        day?.evidence && (
          <small className="dim">{t(day.evidence === "measured" ? "measured" : "simulated")}</small>
        )
      }
    >
      <div className={classes.gauges}>
        <Gauge
          name={young === null ? t("budget.day") : t("budget.young", { span: f.duration(young) })}
          of={day}
        />
        <Gauge name={t("budget.month")} of={month} />
      </div>
    </Panel>
  );
}

function Gauge({ name, of }: { name: string; of: Analysed | undefined }) {
  const t = useT();
  const f = useFormat();
  const left = leftOf(of);
  const { part, level } = left ? levelOf(left) : { part: 0, level: undefined };
  const allowed = f.duration(left?.allowed);
  const word = !left
    ? t("budget.none")
    : left.remaining < 0
      ? t("budget.over", { over: f.duration(-left.remaining), allowed })
      : t("budget.left", { left: f.duration(left.remaining), allowed });
  return (
    <div className={classes.gauge}>
      <span className="dim">{name}</span>
      <svg viewBox="0 0 120 68" width="150" role="img" aria-label={`${name}: ${word}`}>
        <path d={arc(1, 60, 60, 50)} className={classes.track} />
        {part > 0 && <path d={arc(part, 60, 60, 50)} className={classes.left} data-level={level} />}
        <text x="60" y="58" textAnchor="middle">
          {left ? f.percent(of?.current_sla, 3) : "–"}
        </text>
      </svg>
      <StatusBadge state={of?.status ?? "no_data"} />
      <b>{word}</b>
      {of?.status === "at_risk" && Boolean(of.error_budget?.exhaustion_at) && (
        <span className="dim">
          {t("budget.gone", { at: f.clock(String(of.error_budget?.exhaustion_at), true) })}
        </span>
      )}
    </div>
  );
}
