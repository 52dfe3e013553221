/** What one run says: what was claimed and how it went. */
import { TimeSeries } from "@ecp/ui/charts/TimeSeries";
import { Columns } from "@ecp/ui/layout/Page";
import { Panel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useMemo } from "react";
import { stepped } from "./figures";
import classes from "./rehearsals.module.css";
import type { Report } from "./types";
import { type Key, useT } from "./words";

const STATES: Record<string, string> = { passed: "up", failed: "failed" };

export function Single({ report }: { report: Report }) {
  const t = useT();
  const { series } = report;
  const drawn = useMemo(() => {
    if (!series) return null;
    const began = Date.parse(report.levels?.[0]?.sla.window.from ?? "") / 1000;
    const line = (name: string, steps: readonly (readonly [number, number | null])[]) => {
      const { at, values } = stepped(steps, series.seconds);
      return { at: at.map((second) => began + second), series: [{ name, values }] };
    };
    return {
      bands: series.down.map(([from, to]) => ({
        kind: "fault" as const,
        name: t("course.down"),
        from: began + from,
        to: began + to,
      })),
      span: { from: began, to: began + series.seconds },
      charts: [
        { name: t("course.p95"), ...line(t("course.p95"), series.p95_ms) },
        { name: t("course.requests"), ...line(t("course.requests"), series.requests_per_second) },
      ].filter((chart) => chart.at.length > 0),
    };
  }, [report, series, t]);
  return (
    <>
      <Panel title={t("hypotheses")}>
        <ul className={classes.rows}>
          {(report.hypotheses ?? []).map((row) => (
            <li key={row.text}>
              <StatusBadge
                state={STATES[row.status] ?? "unknown"}
                word={t(`status.${row.status}` as Key)}
              />
              <span className="mono">{row.text}</span>
              <span className="dim">{row.evidence}</span>
            </li>
          ))}
          {(report.verdict?.causes ?? []).map((row) => (
            <li key={`${row.object} ${row.text}`}>
              <span className="mono">{row.object}</span>
              <span>{row.text}</span>
            </li>
          ))}
        </ul>
      </Panel>
      {drawn && drawn.charts.length > 0 && (
        <Panel title={t("course")}>
          <Columns>
            {drawn.charts.map((chart) => (
              <TimeSeries
                key={chart.name}
                label={chart.name}
                at={chart.at}
                series={chart.series}
                bands={drawn.bands}
                span={drawn.span}
                height={150}
              />
            ))}
          </Columns>
        </Panel>
      )}
    </>
  );
}
