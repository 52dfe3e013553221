/** What a forecast takes for granted: what it was given, and what it leaves out. */
import { Columns } from "@ecp/ui/layout/Page";
import { Panel } from "@ecp/ui/layout/Panel";
import { useFormat } from "@ecp/ui/view/format";
import { judgedBy } from "./judged";
import classes from "./rehearsals.module.css";
import type { Runs, Variant } from "./types";
import { useT } from "./words";

const DIRECTIONS = ["flatters", "either", "blackens"] as const;

export function Assumptions({ told }: { told: Runs }) {
  const t = useT();
  const first = told.variants[0];
  const seeds = told.runs.map((run) => run.seed);
  return (
    <Columns>
      <Panel title={t("assumptions")}>{first && <Given variant={first} seeds={seeds} />}</Panel>
      <Panel title={t("omitted")}>
        {DIRECTIONS.map((direction) => {
          const rows = told.not_modelled.filter((row) => row.direction === direction);
          return (
            rows.length > 0 && (
              <details key={direction} open={direction === "flatters"}>
                <summary>
                  {t(`omitted.${direction}`)} <span className="dim">{rows.length}</span>
                </summary>
                <ul>
                  {rows.map((row) => (
                    <li key={row.id}>{row.text}</li>
                  ))}
                </ul>
              </details>
            )
          );
        })}
      </Panel>
    </Columns>
  );
}

function Given({ variant, seeds }: { variant: Variant; seeds: readonly number[] }) {
  const t = useT();
  const f = useFormat();
  const { demand } = variant;
  const rows: [string, React.ReactNode][] = [
    [t("assumptions.cluster"), variant.cluster],
    [t("assumptions.length"), f.duration(variant.seconds)],
    [
      t("assumptions.demand"),
      demand
        ? [
            ...Object.entries(demand.units).map(([name, units]) => `${name} ${f.number(units)}`),
            ...(demand.failures ? [t("assumptions.luck")] : []),
          ].join(", ")
        : "–",
    ],
    [t("assumptions.faults"), variant.faults.join(", ") || "–"],
    [t("hypotheses"), variant.hypotheses.join(", ") || "–"],
    [t("assumptions.target"), f.percent(variant.target, 3)],
    ...(demand ? [[t("contract"), judgedBy(demand.contract, t, f)] as [string, string]] : []),
    [
      t("assumptions.seeds"),
      seeds.length ? `${Math.min(...seeds)}…${Math.max(...seeds)}` : f.number(variant.seed),
    ],
  ];
  return (
    <dl className={classes.given}>
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
