/** What one run was claimed to hold, how that went, and what kept it from starting. */
import { Panel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import classes from "./rehearsals.module.css";
import type { Course } from "./types";
import { type Key, useT } from "./words";

const STATES: Record<string, string> = { passed: "up", failed: "failed" };

export function Claims({ course: { hypotheses, problems } }: { course: Course }) {
  const t = useT();
  if (hypotheses.length + problems.length === 0) return null;
  return (
    <Panel title={t("hypotheses")}>
      <ul className={classes.rows}>
        {hypotheses.map((row) => (
          <li key={row.text}>
            <StatusBadge
              state={STATES[row.status] ?? "unknown"}
              word={t(`status.${row.status}` as Key)}
            />
            <span className="mono">{row.text}</span>
            <span className="dim">{row.evidence}</span>
          </li>
        ))}
        {problems.map((row) => (
          <li key={`${row.object} ${row.text}`}>
            <span className="mono">{row.object}</span>
            <span>{row.text}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
