/** What a campaign says at its end: claims, where its downtime comes from, its variants. */
import { Columns } from "@ecp/ui/layout/Page";
import { Panel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { Causes } from "./Causes";
import classes from "./rehearsals.module.css";
import type { Summary, Variant } from "./types";
import { useT } from "./words";

export function Summaries({
  variants,
  given,
}: {
  variants: readonly Summary[];
  given: readonly Variant[];
}) {
  const t = useT();
  const f = useFormat();
  const first = variants[0];
  if (!first) return null;
  return (
    <>
      <Columns>
        <Panel title={t("hypotheses")}>
          <ul className={classes.rows}>
            {first.hypotheses.map((row) => (
              <li key={row.text}>
                <StatusBadge
                  state={row.broken.hits ? "failed" : "up"}
                  word={t(row.broken.hits ? "status.failed" : "status.passed")}
                />
                <span className="mono">{row.text}</span>
                <span className="dim">
                  {t("hypotheses.broken", { hits: row.broken.hits, runs: row.broken.runs })}
                </span>
              </li>
            ))}
          </ul>
        </Panel>
        <Causes
          rows={first.causes.map((row) => ({
            ...row,
            said: t("ranking.say", { seconds: f.duration(row.seconds_a_run), runs: row.runs }),
          }))}
        />
      </Columns>
      {variants.length > 1 && (
        <Panel title={t("variants")} flush>
          <div className={classes.scroll}>
            <table className={classes.table}>
              <thead>
                <tr>
                  <th>{t("variant")}</th>
                  <th>{t("of.availability")}</th>
                  <th>{t("of.breach", { target: f.number(first.target, 3) })}</th>
                  <th>{t("variants.against")}</th>
                </tr>
              </thead>
              <tbody>
                {variants.map((row, index) => (
                  <tr key={row.variant}>
                    <td className="mono">{given[index]?.name ?? row.variant}</td>
                    <td>{f.percent(row.availability?.mean, 3)}</td>
                    <td>{f.percent(100 * row.breach.share, 1)}</td>
                    <td>
                      {row.against_first
                        ? `${t("compare.points", { points: f.number(row.against_first.mean, 3) })} (${f.number(row.against_first.low, 3)} … ${f.number(row.against_first.high, 3)})`
                        : "–"}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Panel>
      )}
    </>
  );
}
