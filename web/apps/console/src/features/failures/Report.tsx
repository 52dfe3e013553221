/** What a failure did: who was hit, what users met, what it cost, why, and what to change. */
import { Empty } from "@ecp/ui/layout/Empty";
import { Columns, Page } from "@ecp/ui/layout/Page";
import { Panel } from "@ecp/ui/layout/Panel";
import { LiveBadge, liveOf } from "@ecp/ui/live/LiveBadge";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { Button } from "@mantine/core";
import { Link, useParams } from "@tanstack/react-router";
import { EVERY_MS, hooks, useGiven } from "../../ask";
import { Effect } from "./Effect";
import classes from "./failures.module.css";
import { lasted } from "./lasted";
import { EndOne } from "./Running";
import { Summary } from "./Summary";
import type { Report as Told } from "./types";
import { useFailures } from "./useFailures";
import { type Key, useT } from "./words";

const VIEW = { tenant: "" };
const BADGES: Record<string, string> = { running: "progressing", ended: "closed" };
const PROOF: Record<string, string> = {
  confirmed: "up",
  mismatch: "failed",
  inconclusive: "unknown",
};

export default function Report() {
  const t = useT();
  const { injection = "" } = useParams({ strict: false }) as { injection?: string };
  const [view] = useView(VIEW);
  const all = useFailures("all", !view.tenant);
  const one = all.failures.find((row) => row.id === injection);
  const tenant = view.tenant || (one?.tenants[0] ?? "");
  if (!tenant)
    return (
      <Page title={injection} ask={all}>
        {() => <Empty say={t("unknown")} action={<Link to="/failures">{t("title")}</Link>} />}
      </Page>
    );
  return <Of injection={injection} tenant={tenant} />;
}

function Of({ injection, tenant }: { injection: string; tenant: string }) {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const report = hooks.useQuery(
    "get",
    "/api/v1/simulator/failures/{tenant_id}/{injection_id}/report",
    { ...given, params: { path: { tenant_id: tenant, injection_id: injection } } },
    { refetchInterval: EVERY_MS },
  );
  const told = report.data as unknown as Told | undefined;
  /** How long it lasted, or what is left of it; and what ended it before its time. */
  const span = ({ failure, now }: Told) => {
    const { started_at, ended_at, until, stopped_by } = failure;
    if (!started_at) return "";
    if (!ended_at) return until ? t("ends", { left: f.duration(away(now, until)) }) : t("endless");
    const early = until !== null && away(ended_at, until) > 1;
    const by = stopped_by ? t(`report.early.${stopped_by}` as Key) : early && t("report.early");
    const time = lasted(failure);
    // What fell once is over as it begins.
    return [time ? f.duration(time) : t("lasts.once"), by].filter(Boolean).join(", ");
  };
  const failure = told?.failure;
  return (
    <Page
      title={failure ? failure.title : injection}
      badge={
        <>
          {failure && <StatusBadge state={BADGES[failure.state] ?? failure.state} />}
          <LiveBadge live={liveOf(report)} />
        </>
      }
      actions={
        failure && (
          <>
            {failure.state === "running" && (
              <EndOne failure={{ ...failure, tenants: [tenant] }} onDone={report.refetch} />
            )}
            <Button
              component={Link}
              to="/failures"
              variant="default"
              search={{ kind: failure.fault, tenant } as never}
            >
              {t("report.again")}
            </Button>
          </>
        )
      }
      ask={{ data: told, error: report.error, refetch: report.refetch }}
    >
      {(found) => (
        <>
          <p className={classes.lead} data-lead>
            <Link to="/tenants/$tenant" params={{ tenant } as never}>
              {tenant}
            </Link>
            <span className="mono">{found.failure.targets.join(", ")}</span>
            {said(found.failure.parameters) && (
              <span className="mono dim">{said(found.failure.parameters)}</span>
            )}
            <span className="dim">{f.instant(found.failure.started_at)}</span>
            <span className="dim">{span(found)}</span>
            <span className="dim">{t(`came.${found.failure.origin.kind}` as Key)}</span>
            <b className="dim">{t("simulated")}</b>
          </p>
          <p className={classes.what}>{found.failure.expected_effect}</p>
          {found.frame === null ? <Empty say={t("report.planned")} /> : <Whole told={found} />}
        </>
      )}
    </Page>
  );
}

/** Return the seconds from one instant to another, 0 where that is over. */
function away(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
}

/** Parameters that say something, as the command takes them. */
function said(parameters: Told["failure"]["parameters"]): string {
  return Object.entries(parameters)
    .filter(([, value]) => value !== "" && value !== null)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(" ");
}

function Whole({ told }: { told: Told }) {
  const t = useT();
  const f = useFormat();
  const { failure } = told;
  return (
    <>
      <Summary told={told} />
      <Columns>
        <Panel title={t("report.chain")}>
          {told.why ? (
            <>
              <ol className={classes.chain}>
                {told.why.links.map((link) => (
                  <li key={`${link.level} ${link.text}`}>{link.text}</li>
                ))}
              </ol>
              <p className={classes.note}>{told.why.sentence}</p>
            </>
          ) : (
            <p className={classes.note}>
              {t(failure.state === "running" ? "report.chain.yet" : "report.chain.none")}
            </p>
          )}
        </Panel>
        <Panel title={t("report.advice")}>
          {told.advice.length === 0 ? (
            <p>{t("report.advice.none")}</p>
          ) : (
            <ol className={classes.advice}>
              {told.advice.map((row) => (
                <li key={row.id}>{row.text}</li>
              ))}
            </ol>
          )}
        </Panel>
      </Columns>
      <Effect told={told} />
      <Columns>
        <Panel title={t("report.timeline")}>
          <ol className={classes.when}>
            {told.timeline.map((row) => (
              <li key={`${row.at} ${row.what} ${row.of}`}>
                <b>+{f.duration(row.after_seconds)}</b>
                <span>{row.text ?? t(`happened.${row.what}` as Key, { of: row.of })}</span>
                <span className="dim">{f.instant(row.at)}</span>
              </li>
            ))}
          </ol>
        </Panel>
        <Panel title={t("report.hit")}>
          <Hit failure={failure} />
          <h3 className={classes.part}>{t("report.proof")}</h3>
          <ul className={classes.proof}>
            {failure.proof.map((row) => (
              <li key={row.text}>
                <StatusBadge state={PROOF[row.verdict]} word={t(`verdict.${row.verdict}` as Key)} />
                <span>{row.text}</span>
              </li>
            ))}
          </ul>
        </Panel>
      </Columns>
    </>
  );
}

/** Each pod with the instants at which it was hit and was ready again, the slowest first. */
function Hit({ failure }: { failure: Told["failure"] }) {
  const t = useT();
  const f = useFormat();
  if (failure.hits.length === 0)
    return (
      <p>
        {t("report.hit.none")} <span className="mono">{failure.targets.join(", ")}</span>
      </p>
    );
  return (
    <div className={classes.list} role="group" tabIndex={0} aria-label={t("report.hit")}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th>{t("report.pod")}</th>
            <th>{t("report.injected")}</th>
            <th>{t("report.unready")}</th>
            <th>{t("report.ready")}</th>
          </tr>
        </thead>
        <tbody>
          {failure.hits.map((one) => (
            <tr key={one.pod}>
              <td className="mono">{one.pod.split("/").at(-1)}</td>
              <td>{f.instant(one.hit_at)}</td>
              <td>{one.unready_at ? later(one, one.unready_at) : t("report.stayed")}</td>
              <td>{ended(one)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
  function later(one: Told["failure"]["hits"][number], at: string): string {
    return `+${f.duration((Date.parse(at) - Date.parse(one.hit_at ?? at)) / 1000)}`;
  }
  function ended(one: Told["failure"]["hits"][number]): string {
    if (one.ready_at) return later(one, one.ready_at);
    if (one.gone_at) return t("report.gone", { after: later(one, one.gone_at) });
    return one.unready_at ? t("report.not-yet") : "–";
  }
}
