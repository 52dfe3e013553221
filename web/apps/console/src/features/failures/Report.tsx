/** What a failure did: who was hit, what users met, what it cost, why, and what to change. */
import { Empty } from "@ecp/ui/layout/Empty";
import { Columns, Figures, Page } from "@ecp/ui/layout/Page";
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
    return [f.duration(lasted(failure)), by].filter(Boolean).join(", ");
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
            <span className="dim">{f.instant(found.failure.started_at)}</span>
            <span className="dim">{span(found)}</span>
            <span className="dim">{t(`origin.${found.failure.origin.kind}` as Key)}</span>
            <b className="dim">{t("simulated")}</b>
          </p>
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

function Whole({ told }: { told: Told }) {
  const t = useT();
  const f = useFormat();
  const { failure, effect, cost, open } = told;
  const milliseconds = (value: number | null) =>
    value === null ? "–" : `${f.number(value, 0)} ms`;
  const errors = worst(effect.during.worst_error_rate, open?.error_rate);
  const since = (now: string) => t("report.open", { now, since: f.clock(open?.since) });
  return (
    <>
      <Figures
        of={[
          {
            name: t("report.cost"),
            value: f.duration(cost.down_seconds),
            note: t("report.budget", {
              part: f.percent(cost.budget_percent, 1),
              of: f.duration(cost.budget_seconds),
            }),
            bad: cost.down_seconds > 0,
          },
          {
            name: t("report.errors"),
            value: f.percent(errors, 1),
            note: open
              ? since(f.percent(open.error_rate, 1))
              : t("report.before", { before: f.percent(effect.before.error_rate, 1) }),
            bad: (errors ?? 0) > 1,
          },
          {
            name: t("report.response"),
            value: milliseconds(worst(effect.during.worst_response_time, open?.response_time)),
            note: open
              ? since(milliseconds(open.response_time))
              : t("report.before", { before: milliseconds(effect.before.response_time) }),
          },
          {
            name: t("report.recovery"),
            value: failure.recovered_at
              ? f.duration(failure.recovery_seconds)
              : t("report.recovery.not"),
            note: failure.recovered_at ? t("report.recovery.say") : undefined,
            bad: !failure.recovered_at,
          },
          {
            name: t("report.alerts"),
            value: told.unjudged ? "–" : f.number(told.alerts.length),
            note: told.alerts.length ? (
              <Link to="/alerts" search={{ state: "all", alert: told.alerts[0]?.id } as never}>
                {told.alerts[0]?.rule}
              </Link>
            ) : (
              (told.unjudged?.text ?? t("report.alerts.none"))
            ),
          },
        ]}
      />
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
            <>
              <p>{failure.expected_effect}</p>
              <p className={classes.note}>
                {t(failure.state === "running" ? "report.chain.yet" : "report.chain.none")}
              </p>
            </>
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

/** Return the greater of what is known. */
function worst(...values: readonly (number | null | undefined)[]): number | null {
  const known = values.filter((one) => one !== null && one !== undefined);
  return known.length ? Math.max(...known) : null;
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
