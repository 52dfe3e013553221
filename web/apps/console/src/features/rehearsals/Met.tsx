/** What went wrong in a run: faults with what each cost, failures that users met with their causes. */
import { Empty } from "@ecp/ui/layout/Empty";
import { Panel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import classes from "./rehearsals.module.css";
import type { Course, CourseFault } from "./types";
import { useT } from "./words";

const TARGETS = 3;

/** When, as the simulated clock has it, and for how long. */
function useWhen(course: Course) {
  const f = useFormat();
  const began = Date.parse(course.from);
  return (from: number, to: number | null) => (
    <>
      <span className={classes.instant}>{f.clock(began + from * 1000, true)}</span>{" "}
      {to !== null && to > from && <span className="dim">{f.duration(to - from)}</span>}
    </>
  );
}

function useCost(course: Course) {
  const f = useFormat();
  return (seconds: number) =>
    seconds === 0
      ? "–"
      : course.allowed_seconds
        ? `${f.duration(seconds)} · ${f.percent((100 * seconds) / course.allowed_seconds, 0)}`
        : f.duration(seconds);
}

export function Faults({ course, shown }: { course: Course; shown: readonly CourseFault[] }) {
  const t = useT();
  const f = useFormat();
  const rest = course.faults.length - shown.length;
  return (
    <Panel title={t("faults")} aside={<span className="dim">{f.zoneName}</span>} flush>
      {shown.length === 0 ? (
        <Empty say={t(rest ? "faults.harmless" : "faults.none", { count: f.number(rest) })} />
      ) : (
        <div className={classes.scroll} tabIndex={0} role="group" aria-label={t("faults")}>
          <table className={classes.table} data-faults>
            <thead>
              <tr>
                <th>{t("fault")}</th>
                <th>{t("when")}</th>
                <th>{t("target")}</th>
                <th>{t("seen")}</th>
                <th>{t("cost")}</th>
                <th>{t("recovery")}</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((one) => (
                <FaultRow key={one.id} course={course} one={one} />
              ))}
            </tbody>
          </table>
          {rest > 0 && (
            <p className={classes.note}>{t("faults.rest", { count: f.number(rest) })}</p>
          )}
        </div>
      )}
    </Panel>
  );
}

function FaultRow({ course, one }: { course: Course; one: CourseFault }) {
  const t = useT();
  const f = useFormat();
  const when = useWhen(course);
  const cost = useCost(course);
  const more = one.targets.length - TARGETS;
  return (
    <tr data-fault={one.fault} data-lost={one.lost_seconds}>
      <td>
        {one.name}
        <small className="dim">
          {one.asked === null ? (
            t("fault.chance", { fault: one.fault })
          ) : (
            <code className="mono">{one.asked}</code>
          )}
        </small>
      </td>
      <td>{one.from === null ? "–" : when(one.from, one.to)}</td>
      <td className="mono" title={one.targets.join(", ")}>
        {one.targets.slice(0, TARGETS).join(", ") || "–"}
        {more > 0 && ` +${more}`}
      </td>
      <td>
        {one.took ? one.seen.join("; ") || t("fault.unseen") : null}
        {!one.took && (
          <>
            <StatusBadge state="failed" word={t("fault.inert")} /> {one.seen.join("; ")}
          </>
        )}
      </td>
      <td data-bad={one.lost_seconds > 0 || undefined}>{cost(one.lost_seconds)}</td>
      <td>{one.recovery_seconds === null ? "–" : f.duration(one.recovery_seconds)}</td>
    </tr>
  );
}

export function Failed({ course }: { course: Course }) {
  const t = useT();
  const f = useFormat();
  const when = useWhen(course);
  const cost = useCost(course);
  return (
    <Panel title={t("of.failures")} aside={<span className="dim">{f.zoneName}</span>} flush>
      {course.failures.length === 0 ? (
        <Empty say={t("failures.none")} />
      ) : (
        <div className={classes.scroll} tabIndex={0} role="group" aria-label={t("of.failures")}>
          <table className={classes.table} data-failures>
            <thead>
              <tr>
                <th>{t("when")}</th>
                <th>{t("cost")}</th>
                <th>{t("causes")}</th>
                <th>{t("failed.how")}</th>
              </tr>
            </thead>
            <tbody>
              {course.failures.map((row) => (
                <tr key={row.from}>
                  <td>
                    {when(row.from, row.to)}{" "}
                    {row.open && <StatusBadge state="open" word={t("failed.open")} />}
                  </td>
                  <td data-bad>{cost(row.to - row.from)}</td>
                  <td>{row.causes.join(", ") || t("cause.unknown")}</td>
                  <td>
                    <ul className={classes.why}>
                      {row.why.map((line) => (
                        <li key={line}>{line}</li>
                      ))}
                    </ul>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
