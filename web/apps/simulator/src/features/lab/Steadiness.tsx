/** How steady things were before, during and after: by what was asked for, and by the figures. */
import { useFormat } from "@ecp/ui/view/format";
import type { Fault, Steady } from "../../faults";
import type { Figures } from "../../series";
import classes from "./lab.module.css";
import { mean, type Phase, phases, worst } from "./window";
import { useT } from "./words";

const PHASES: readonly Phase[] = ["before", "during", "after"];

const conditionOf = (one: Steady): string =>
  [one.text ?? one.metric, one.value]
    .filter((part) => part !== undefined && part !== null)
    .join(": ");

export function Steadiness({ fault, figures }: { fault: Fault; figures: Figures }) {
  const t = useT();
  const f = useFormat();
  const phase = phases(figures, fault);
  const rows = [
    {
      name: t("response"),
      values: figures.response_time,
      show: (value: number | null) => f.number(value, 0),
      least: false,
    },
    {
      name: t("errors"),
      values: figures.error_rate,
      show: (value: number | null) => f.number(value, 2),
      least: false,
    },
    {
      name: t("load"),
      values: figures.network_rps,
      show: (value: number | null) => f.number(value, 2),
      least: true,
    },
    {
      name: t("ready"),
      values: figures.ready,
      show: (value: number | null) => f.number(value, 1),
      least: true,
    },
  ];
  return (
    <>
      {fault.steady_state === null && <p className="dim">{t("steady.none")}</p>}
      <table className={classes.table}>
        <thead>
          <tr>
            <th />
            {PHASES.map((one) => (
              <th key={one}>{t(`steady.${one}`)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <th scope="row">{row.name}</th>
              <td>{row.show(mean(row.values, phase, "before"))}</td>
              <td>{row.show(worst(row.values, phase, "during", row.least))}</td>
              <td>{row.show(mean(row.values, phase, "after"))}</td>
            </tr>
          ))}
          {fault.steady_state && (
            <tr>
              <th scope="row">{t("steady")}</th>
              {PHASES.map((one) => (
                <td key={one}>
                  {(fault.steady_state?.[one] ?? []).map(conditionOf).join(", ") || "–"}
                </td>
              ))}
            </tr>
          )}
        </tbody>
      </table>
    </>
  );
}
