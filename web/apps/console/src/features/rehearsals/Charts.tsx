/** The course of a run as charts on one axis, faults as bands: all of it, or a span of it enlarged. */
import { TimeSeries } from "@ecp/ui/charts/TimeSeries";
import { Columns } from "@ecp/ui/layout/Page";
import { useFormat } from "@ecp/ui/view/format";
import { useMemo } from "react";
import { budgetLeft, minutesDown, missing, sampled, width } from "./course";
import classes from "./rehearsals.module.css";
import type { Course, CourseFault, Steps } from "./types";
import { useT } from "./words";

const HIGH = 150;
const MINUTE = 60;

interface Drawn {
  readonly name: string;
  readonly at: readonly number[];
  readonly values: readonly (number | null)[];
  readonly unit?: string;
  readonly target?: number;
}

export function Charts({
  course,
  faults,
  span,
}: {
  course: Course;
  faults: readonly CourseFault[];
  span?: { readonly from: number; readonly to: number };
}) {
  const t = useT();
  const f = useFormat();
  const began = Date.parse(course.from) / 1000;
  const { from, to } = span ?? { from: 0, to: course.seconds };
  const charts = useMemo(() => {
    const { series } = course;
    const by = span ? MINUTE : width(course.seconds);
    const line = (steps: Steps) => {
      const { at, values } = sampled(steps, from, to);
      return { at: at.map((second) => began + second), values };
    };
    const left = budgetLeft(course);
    const found: Drawn[] = [
      ...(span
        ? []
        : [
            {
              name: t("course.left"),
              at: left.at.map((second) => began + second),
              values: left.values,
              target: 0,
            },
          ]),
      {
        name: t("course.down", { by: f.duration(by) }),
        ...line(minutesDown(course.down, course.seconds, by)),
      },
      { name: t("course.failed"), ...line(series.failed_percent), unit: "percent" },
      { name: t("course.p95"), ...line(series.p95_ms), unit: "millisecond" },
      { name: t("course.requests"), ...line(series.requests_per_second) },
      { name: t("course.missing"), ...line(missing(series.replicas)) },
    ];
    return found.filter((chart) => chart.at.length > 0);
  }, [course, span, from, to, began, t, f]);
  const bands = useMemo(
    () =>
      faults.flatMap((one) =>
        one.from === null
          ? []
          : [
              {
                kind: "fault" as const,
                name: one.name,
                from: began + one.from,
                ...(one.to === null || one.to <= one.from ? {} : { to: began + one.to }),
              },
            ],
      ),
    [faults, began],
  );
  return (
    <Columns>
      {charts.map((chart) => (
        <div key={chart.name}>
          <h3 className={classes.chart}>{chart.name}</h3>
          <TimeSeries
            label={chart.name}
            at={chart.at}
            series={[{ name: chart.name, values: chart.values }]}
            {...(chart.unit ? { unit: chart.unit } : {})}
            {...(chart.target === undefined ? {} : { target: chart.target })}
            bands={bands}
            span={{ from: began + from, to: began + to }}
            height={HIGH}
          />
        </div>
      ))}
    </Columns>
  );
}
