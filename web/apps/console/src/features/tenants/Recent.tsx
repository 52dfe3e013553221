/** What happened to a tenant lately: turns of its life and incidents, the newest first. Turns are
 * noted by the wall clock, incidents by the cluster's: where the two differ each stands for itself. */
import { useFormat } from "@ecp/ui/view/format";
import { type Failure, type Incident, lasted, put } from "../../tenant/incidents";
import classes from "./overview.module.css";
import { causeWord, useT } from "./words";

const MOST = 9;

/** Clocks that are this close tell the same time. */
const SAME_MS = 60_000;

/** By which two clocks an answer was made: the cluster's and the wall's. */
export interface Clocks {
  readonly window?: { readonly to?: string };
  readonly clock?: { readonly wall_time?: string | null };
}

function differ(of: Clocks | undefined): boolean {
  const apart = Date.parse(of?.window?.to ?? "") - Date.parse(of?.clock?.wall_time ?? "");
  return Math.abs(apart) > SAME_MS;
}

export function Recent({
  turns,
  incidents,
  failures,
  clocks,
}: {
  turns: readonly { readonly at?: string; readonly message?: string }[];
  incidents: readonly Incident[];
  failures: readonly Failure[] | undefined;
  clocks: Clocks | undefined;
}) {
  const t = useT();
  const f = useFormat();
  const lived = turns.map((one) => ({
    at: one.at ?? "",
    text: one.message ?? "",
    bad: false,
  }));
  const lost = incidents.map((one) => ({
    at: one.started_at,
    text: t(one.state === "open" ? "recent.incident.open" : "recent.incident", {
      lasted: f.duration(lasted(one)),
      cause: put(one, failures, (kind, count) => causeWord(kind, count, t)) || t("need.unknown"),
    }),
    bad: true,
  }));
  if (lived.length + lost.length === 0) return t("recent.none");
  if (!differ(clocks)) return <Rows of={[...lived, ...lost]} />;
  return (
    <>
      <h3 className={classes.clock}>{t("recent.cluster")}</h3>
      {lost.length ? <Rows of={lost} /> : <p className="dim">{t("recent.incident.none")}</p>}
      <h3 className={classes.clock}>{t("recent.wall")}</h3>
      <Rows of={lived} />
    </>
  );
}

interface Row {
  readonly at: string;
  readonly text: string;
  readonly bad: boolean;
}

function Rows({ of }: { of: readonly Row[] }) {
  const f = useFormat();
  const rows = [...of].sort((a, b) => b.at.localeCompare(a.at)).slice(0, MOST);
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
