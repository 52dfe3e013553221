/** What a reader has to know before any figure: a forecast, of how many runs, and of how much of them. */
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { Link } from "@tanstack/react-router";
import classes from "./rehearsals.module.css";
import { AT_WORK, Forecast } from "./State";
import { tenantOf } from "./tenant";
import type { Row, Runs } from "./types";
import { useT } from "./words";

export function Grounds({ row, told }: { row: Row; told: Runs }) {
  const t = useT();
  const f = useFormat();
  const tenant = tenantOf(told.variants[0]);
  const seeds = told.runs.map((run) => run.seed);
  const { done, runs } = row.progress;
  const [low, high] = [Math.min(...seeds), Math.max(...seeds)];
  const counted =
    row.kind === "campaign"
      ? t("grounds.many", {
          runs: f.number(told.runs.length),
          low: f.number(low),
          high: f.number(high),
        })
      : t("grounds.one", { seed: f.number(low) });
  return (
    <>
      {seeds.length > 0 && (
        <p className={classes.grounds} data-grounds={seeds.length}>
          <Forecast /> <b>{counted}</b>
          <span>{t("grounds.promise")}</span>
          {tenant && (
            <Link to="/tenants/$tenant/sla" params={{ tenant } as never}>
              {t("measured")}: {tenant}
            </Link>
          )}
        </p>
      )}
      {row.kind === "campaign" && done < runs && (
        <p className={classes.partial} role="status" data-partial={done}>
          <StatusBadge
            state={AT_WORK.has(row.state) ? "progressing" : "paused"}
            word={t("partial")}
          />
          <span>
            {t(AT_WORK.has(row.state) ? "partial.going" : "partial.stopped", {
              done: f.number(done),
              runs: f.number(runs),
              left: f.number(runs - done),
            })}
          </span>
        </p>
      )}
      {row.kind === "rehearsal" && row.state === "cancelled" && (
        <p className={classes.partial} role="status">
          {t("partial.none")}
        </p>
      )}
    </>
  );
}
