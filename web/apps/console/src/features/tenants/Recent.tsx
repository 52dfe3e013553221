/** What happened to a tenant lately: turns of its life and incidents, the newest first. */
import { useFormat } from "@ecp/ui/view/format";
import { type Failure, type Incident, lasted, put } from "../../tenant/incidents";
import classes from "./overview.module.css";
import { causeWord, useT } from "./words";

const MOST = 9;

export function Recent({
  turns,
  incidents,
  failures,
}: {
  turns: readonly { readonly at?: string; readonly message?: string }[];
  incidents: readonly Incident[];
  failures: readonly Failure[] | undefined;
}) {
  const t = useT();
  const f = useFormat();
  const rows = [
    ...turns.map((one) => ({ at: one.at ?? "", text: one.message ?? "", bad: false })),
    ...incidents.map((one) => ({
      at: one.started_at,
      text: t(one.state === "open" ? "recent.incident.open" : "recent.incident", {
        lasted: f.duration(lasted(one)),
        cause: put(one, failures, (kind, count) => causeWord(kind, count, t)) || t("need.unknown"),
      }),
      bad: true,
    })),
  ]
    .sort((a, b) => b.at.localeCompare(a.at))
    .slice(0, MOST);
  if (rows.length === 0) return t("recent.none");
  return (
    <ol className={classes.recent}>
      {rows.map((one, index) => (
        <li key={`${index} ${one.at} ${one.text}`} data-bad={one.bad || undefined}>
          <time className="dim">{f.instant(one.at)}</time>
          <span>{one.text}</span>
        </li>
      ))}
    </ol>
  );
}
