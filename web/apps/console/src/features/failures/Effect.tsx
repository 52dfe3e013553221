/** The figures around a failure, minute by minute, the time it lasted shaded. */
import { TimeSeries } from "@ecp/ui/charts/TimeSeries";
import { Columns } from "@ecp/ui/layout/Page";
import { Panel } from "@ecp/ui/layout/Panel";
import { useMemo } from "react";
import classes from "./failures.module.css";
import type { Minute, Report } from "./types";
import { useT } from "./words";

/** A minute is drawn in halves, so that one that stands alone is seen. */
const HALF_S = 30;

export function Effect({ told }: { told: Report }) {
  const t = useT();
  const { failure, series } = told;
  const began = seconds(failure.started_at);
  const ended = seconds(failure.ended_at ?? told.now);
  const bands = useMemo(
    () => [{ kind: "fault" as const, name: failure.title, from: began, to: ended }],
    [failure.title, began, ended],
  );
  const from = seconds(told.frame?.from ?? failure.started_at);
  const to = Math.max(seconds(told.frame?.to ?? null), ended);
  const span = useMemo(() => ({ from, to }), [from, to]);
  const drawn = useMemo(() => {
    // A value is of its whole minute: it holds until the minute's end, the last one's as well.
    const minutes = series.flatMap((row) => [seconds(row.at), seconds(row.at) + HALF_S]);
    const held = <V,>(values: readonly V[]): V[] =>
      [...values, ...values.slice(-1)].flatMap((one, index) =>
        index < values.length ? [one, one] : [one],
      );
    const line = (name: string, of: (row: Minute) => number | null) => ({
      name,
      values: held(series.map(of)),
    });
    const names = [...new Set(series.flatMap((row) => Object.keys(row.ready)))];
    return {
      at: [...minutes, ...minutes.slice(-1).map((last) => last + HALF_S)],
      response: [line(t("report.series.response"), (row) => row.response_time)],
      errors: [line(t("report.series.errors"), (row) => row.error_rate)],
      requests: [line(t("report.series.requests"), (row) => row.request_rate)],
      ready: names.map((name) => line(name, (row) => row.ready[name] ?? null)),
    };
  }, [series, t]);
  const charts = [
    ["report.series.errors", drawn.errors],
    ["report.series.response", drawn.response],
    ["report.series.ready", drawn.ready],
    ["report.series.requests", drawn.requests],
  ] as const;
  return (
    <Panel title={t("report.figures")}>
      <Columns>
        {charts
          .filter(([, rows]) => rows.length > 0)
          .map(([key, rows]) => (
            <div key={key}>
              <h3 className={classes.part}>{t(key)}</h3>
              <TimeSeries
                label={t(key)}
                at={drawn.at}
                series={rows}
                bands={bands}
                span={span}
                height={150}
                stepped
              />
            </div>
          ))}
      </Columns>
      <p className={classes.note}>{t("report.figures.say")}</p>
    </Panel>
  );
}

function seconds(at: string | null): number {
  return at === null ? 0 : Date.parse(at) / 1000;
}
