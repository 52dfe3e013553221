/** What the ledger proves, as against what a rehearsal only forecasts. */
import { useFormat } from "@ecp/ui/view/format";
import { IconChartDots, IconRulerMeasure } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import classes from "./sla.module.css";
import type { Statement } from "./statement";
import { useT } from "./words";

export function Worth({ of }: { of: Statement }) {
  const t = useT();
  const f = useFormat();
  const real = of.evidence === "measured";
  return (
    <dl className={classes.worth}>
      <div data-worth="measured">
        <dt>
          <IconRulerMeasure size={16} aria-hidden />{" "}
          {t(real ? "worth.measured" : "worth.simulated")}
        </dt>
        <dd>
          <p>{t(real ? "worth.real.say" : "worth.simulated.say")}</p>
          <p className="dim">
            {t("worth.observed", {
              observed: f.duration(of.composite.observed_seconds),
              unknown: f.duration(of.composite.unknown_seconds),
              coverage: f.percent((of.composite.coverage ?? 0) * 100, 3),
            })}
          </p>
          <p className="dim">
            {t("worth.digest")} <code className="mono">{of.input_hash.slice(7, 23)}</code>
          </p>
        </dd>
      </div>
      <div data-worth="forecast">
        <dt>
          <IconChartDots size={16} aria-hidden /> {t("worth.forecast")}
        </dt>
        <dd>
          <p>{t("worth.forecast.say")}</p>
          <Link to="/rehearsals">{t("worth.rehearsals")} →</Link>
        </dd>
      </div>
    </dl>
  );
}
