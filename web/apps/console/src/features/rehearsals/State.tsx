/** The state of a rehearsal, and its verdict once it has one. */
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import type { Row } from "./types";
import { useT } from "./words";

export const AT_WORK = new Set(["queued", "running"]);

export function State({ row }: { row: Row }) {
  const t = useT();
  switch (row.state) {
    case "queued":
      return <StatusBadge state="pending" word={t("state.queued")} />;
    case "running":
      return <StatusBadge state="progressing" />;
    case "cancelled":
      return <StatusBadge state="stopped" word={t("state.cancelled")} />;
    case "interrupted":
      return <StatusBadge state="paused" word={t("state.interrupted")} />;
    case "done":
      return <StatusBadge state="complete" word={t("state.done")} />;
    default:
      return <StatusBadge state={row.state} />;
  }
}

export function Verdict({ row }: { row: Row }) {
  const t = useT();
  if (row.verdict?.passed === undefined) return <span className="dim">–</span>;
  return (
    <StatusBadge
      state={row.verdict.passed ? "up" : "failed"}
      word={t(row.verdict.passed ? "passed" : "failed")}
    />
  );
}

/** What all of it is: no measurement. */
export function Forecast() {
  const t = useT();
  return <StatusBadge state="planned" word={t("forecast")} />;
}
