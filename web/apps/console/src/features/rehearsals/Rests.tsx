/** A tornado: which assumed figures the verdict rests on. */
import { Panel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import type { ReactNode } from "react";
import classes from "./rehearsals.module.css";
import { type Bar, spelt, tornado } from "./tornado";
import type { Report } from "./types";
import { useT } from "./words";

export function Rests({
  assumed,
  vary,
}: {
  assumed: NonNullable<Report["assumptions"]>;
  /** Has it varied, where it was not. */
  vary: ReactNode;
}) {
  const t = useT();
  const f = useFormat();
  const found = assumed.tried ? tornado(assumed.figures, assumed.base) : null;
  const said = (margin: number | null) => spelt(margin, (value) => f.percent(value, 0));
  const ends = (bar: Bar) => `${said(bar.low)} … ${said(bar.high)}`;
  return (
    <Panel title={t("tornado")}>
      {!assumed.tried && (
        <>
          <p className={classes.lead}>{t("tornado.untried", { count: assumed.figures.length })}</p>
          {vary}
        </>
      )}
      {assumed.tried && found?.bars.length === 0 && (
        <p className={classes.note}>{t("tornado.still")}</p>
      )}
      {found && found.bars.length > 0 && (
        <>
          <p className={classes.note}>{t("tornado.say")}</p>
          <ul className={classes.tornado} data-tornado>
            {found.bars.map((bar) => (
              <li key={bar.name}>
                <span className="mono" title={bar.name}>
                  {bar.name.split("/").at(-1)}
                </span>
                <svg
                  viewBox="0 0 100 14"
                  preserveAspectRatio="none"
                  role="img"
                  aria-label={`${bar.name}: ${ends(bar)}`}
                >
                  <rect
                    x={100 * bar.from}
                    y="2"
                    width={Math.max(100 * (bar.to - bar.from), 0.6)}
                    height="10"
                    data-flips={bar.flips || undefined}
                  />
                  <line x1={100 * found.base} x2={100 * found.base} y1="0" y2="14" />
                  <line x1={100 * found.bound} x2={100 * found.bound} y1="0" y2="14" data-bound />
                </svg>
                <span>
                  {ends(bar)}{" "}
                  {bar.flips && <StatusBadge state="at_risk" word={t("tornado.turns")} />}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}
