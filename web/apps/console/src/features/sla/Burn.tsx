/** What is left of the error budget over time, beside the line of who spends it evenly. */
import { Empty } from "@ecp/ui/layout/Empty";
import { useFormat } from "@ecp/ui/view/format";
import { burn } from "./line";
import classes from "./sla.module.css";
import type { Statement } from "./statement";
import { useT } from "./words";

const WIDE = 560;
const HIGH = 190;
const LEFT = 56;

export function Burn({ of }: { of: Statement }) {
  const t = useT();
  const f = useFormat();
  const allowed = of.composite.error_budget?.allowed_seconds ?? 0;
  const found = burn(of.budget_chart.remaining_seconds, allowed, of.period.until);
  if (!found) return <Empty say={t("burn.none")} />;
  const x = (part: number) => LEFT + part * (WIDE - LEFT - 8);
  const y = (part: number) => 8 + part * (HIGH - 34);
  const place = ([a, b]: readonly [number, number]) => `${x(a).toFixed(1)} ${y(b).toFixed(1)}`;
  const path = (points: readonly (readonly [number, number])[]) =>
    `M${points.map(place).join("L")}`;
  const said = t(found.behind > 0 ? "burn.behind" : "burn.ahead", {
    by: f.duration(Math.abs(found.behind)),
  });
  const ends = [of.period.from, of.period.until];
  return (
    <figure className={classes.burn}>
      <svg viewBox={`0 0 ${WIDE} ${HIGH}`} role="img" aria-label={`${t("burn")}. ${said}`}>
        {found.ticks.map((tick) => (
          <g key={tick.minutes}>
            <line
              x1={LEFT}
              x2={WIDE - 8}
              y1={y(tick.y)}
              y2={y(tick.y)}
              className={tick.minutes === 0 ? classes.zero : classes.grid}
            />
            <text x={LEFT - 8} y={y(tick.y) + 4} textAnchor="end">
              {f.number(tick.minutes)}
            </text>
          </g>
        ))}
        <path d={path(found.ideal)} className={classes.even} />
        <path
          d={`${path(found.line)}L${place([found.line.at(-1)?.[0] ?? 0, found.zero])}L${place([0, found.zero])}Z`}
          className={classes.under}
        />
        <path d={path(found.line)} className={classes.left} />
        {ends.map((at, index) => (
          <text
            key={at}
            x={index ? WIDE - 8 : LEFT}
            y={HIGH - 6}
            textAnchor={index ? "end" : "start"}
          >
            {f.clock(at, true)} {f.zoneName}
          </text>
        ))}
      </svg>
      <figcaption>
        <span className={classes.key} data-of="left">
          {t("burn.left")}
        </span>
        <span className={classes.key} data-of="even">
          {t("burn.even")}
        </span>
        <span className={classes.key} data-of="zero">
          {t("burn.zero")}
        </span>
        <span className="dim">{t("burn.by")}</span>
      </figcaption>
      <p>{said}</p>
    </figure>
  );
}
