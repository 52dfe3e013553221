/** What happened in one run: its budget, what went wrong and what each cost, the worst hour. */
import { Empty } from "@ecp/ui/layout/Empty";
import { Figures } from "@ecp/ui/layout/Page";
import { Panel } from "@ecp/ui/layout/Panel";
import { useFormat } from "@ecp/ui/view/format";
import { useMemo } from "react";
import { Causes } from "./Causes";
import { Charts } from "./Charts";
import { Claims } from "./Claims";
import { telling } from "./course";
import { Failed, Faults } from "./Met";
import classes from "./rehearsals.module.css";
import type { Course } from "./types";
import { useT } from "./words";

export function Single({ course }: { course: Course | null }) {
  const t = useT();
  const f = useFormat();
  const shown = useMemo(() => telling(course?.faults ?? []), [course]);
  if (!course) return <Empty say={t("course.none")} />;
  const began = Date.parse(course.from);
  const { worst, remaining_seconds: left, allowed_seconds: allowed } = course;
  const clock = (second: number) => f.clock(began + second * 1000, true);
  return (
    <>
      <Figures
        of={[
          {
            name: t("of.availability"),
            value: f.percent(course.availability, 3),
            note: t("of.promise", { target: f.percent(course.target, 3) }),
            bad: (course.availability ?? 0) < course.target,
          },
          {
            name: t("of.left"),
            value: f.duration(left),
            note: t("of.budget", { budget: f.duration(allowed) }),
            bad: left < 0,
          },
          {
            name: t("down"),
            value: f.duration(course.down_seconds),
            note: t("of.short", {
              count: f.number(course.short.count),
              seconds: f.duration(course.short.seconds),
            }),
          },
          { name: t("of.failures"), value: f.number(course.failures.length) },
          { name: t("of.faults"), value: f.number(course.faults.length) },
        ]}
      />
      <Claims course={course} />
      <Panel title={t("course")}>
        <p className={classes.lead}>{t("course.say", { at: f.instant(course.from) })}</p>
        <Charts course={course} faults={shown} />
      </Panel>
      {worst && (
        <Panel
          title={t(`worst.${worst.by}`, {
            from: clock(worst.from),
            to: clock(worst.to),
            zone: f.zoneName,
            down: f.duration(worst.down_seconds),
          })}
        >
          <Charts course={course} faults={course.faults} span={worst} />
        </Panel>
      )}
      <Faults course={course} shown={shown} />
      <Failed course={course} />
      <Causes
        rows={course.causes.map(([kind, name, seconds]) => ({
          kind,
          name,
          share: course.down_seconds ? seconds / course.down_seconds : 0,
          said: f.duration(seconds),
        }))}
      />
    </>
  );
}
