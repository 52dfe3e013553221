/** One release: its waves, what it changes, what keeps it from starting, and the way back. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { Empty } from "@ecp/ui/layout/Empty";
import { Columns, Figures, Page } from "@ecp/ui/layout/Page";
import { AskedPanel, Panel } from "@ecp/ui/layout/Panel";
import { LiveBadge, liveOf } from "@ecp/ui/live/LiveBadge";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import type { Say } from "@ecp/ui/texts/texts";
import { useFormat } from "@ecp/ui/view/format";
import { IconArrowBackUp } from "@tabler/icons-react";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { atOrchestrator, EVERY_MS, headersOf, hooks, useGiven } from "../../ask";
import { useTarget } from "../../target";
import { type Key, useT } from "../../texts/texts";
import classes from "./releases.module.css";

interface Trouble {
  readonly object?: string;
  readonly text?: string;
  readonly message?: string;
  readonly reason?: string;
}

interface Changed {
  readonly kind?: string;
  readonly name?: string;
  readonly action?: string;
  readonly changes?: readonly Change[];
}

interface Change {
  readonly path?: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

export default function Release() {
  const t = useT();
  const f = useFormat();
  const navigate = useNavigate();
  const { release: id = "" } = useParams({ strict: false }) as { release?: string };
  const given = useGiven();
  const target = useTarget();
  const release = hooks.useQuery(
    "get",
    "/api/v1/releases/{deployment_id}",
    { ...given, params: { path: { deployment_id: id } } },
    { refetchInterval: EVERY_MS },
  );
  const tenant = release.data?.tenant_id ?? "";
  const revision = release.data?.revision ?? 0;
  const difference = hooks.useQuery(
    "get",
    "/api/v1/tenants/{tenant_id}/releases/compare",
    {
      ...given,
      params: { path: { tenant_id: tenant }, query: { from: revision - 1, to: revision } },
    },
    { enabled: revision > 1, staleTime: 60_000 },
  );
  const all = hooks.useQuery(
    "get",
    "/api/v1/tenants/{tenant_id}/releases",
    { ...given, params: { path: { tenant_id: tenant }, query: { limit: 1 } } },
    { enabled: tenant !== "", refetchInterval: EVERY_MS },
  );
  const newest = all.data?.releases?.[0]?.revision ?? revision;
  const path = `/api/v1/tenants/${encodeURIComponent(tenant)}/releases/${revision}/rollback`;
  return (
    <Page
      title={tenant ? t("releases.of", { tenant, revision }) : id}
      badge={
        <>
          <StatusBadge state={release.data?.phase} />
          <LiveBadge live={liveOf(release)} />
        </>
      }
      actions={
        tenant && revision < newest ? (
          <Mutation
            label={t("releases.rollback", { revision })}
            icon={<IconArrowBackUp size={15} />}
            danger
            confirm={target.confirm ?? tenant}
            cli={`ecp release rollback ${tenant} ${revision} --wait${target.cli}`}
            curl={curl("POST", path, target.real ? { confirm: "CLUSTER" } : {}, headersOf(given))}
            run={async (confirm) => {
              const { data, error } = await atOrchestrator.POST(
                "/api/v1/tenants/{tenant_id}/releases/{revision}/rollback",
                {
                  params: { path: { tenant_id: tenant, revision } },
                  body: target.real ? { confirm } : {},
                },
              );
              if (error) throw error;
              await navigate({
                to: "/releases/$release",
                params: { release: data.deployment_id ?? "" } as never,
              });
            }}
          />
        ) : undefined
      }
      ask={release}
    >
      {(data) => {
        const troubles = (data.startup?.problems ?? []) as readonly Trouble[];
        const degraded = (data.startup?.degraded ?? []) as readonly Trouble[];
        return (
          <>
            <Figures
              of={[
                {
                  name: t("tenant.name"),
                  value: (
                    <Link to="/tenants/$tenant" params={{ tenant } as never}>
                      {tenant}
                    </Link>
                  ),
                  note: data.deployment_id,
                },
                {
                  name: t("releases.progress"),
                  value: f.percent(data.progress, 0),
                  note: <Bar part={(data.progress ?? 0) / 100} />,
                },
                {
                  name: t("tenant.since"),
                  value: f.clock(data.began),
                  note: f.instant(data.began),
                },
                {
                  name: t("releases.seconds"),
                  value: f.duration(data.seconds),
                  note: f.instant(data.confirmed_at),
                },
              ]}
            />
            <Panel title={t("releases.waves")} flush>
              <table className={classes.table}>
                <thead>
                  <tr>
                    <th scope="col">{t("releases.wave")}</th>
                    <th scope="col">{t("tenant.state")}</th>
                    <th scope="col" data-numeric>
                      {t("releases.sent")}
                    </th>
                    <th scope="col" data-numeric>
                      {t("tenant.pods")}
                    </th>
                    <th scope="col">{t("releases.sent.at")}</th>
                    <th scope="col">{t("releases.awaits")}</th>
                  </tr>
                </thead>
                <tbody>
                  {(data.waves ?? []).map((wave) => (
                    <tr key={wave.wave}>
                      <th scope="row">{waveName(wave.wave, t)}</th>
                      <td>
                        <StatusBadge state={wave.state} />
                      </td>
                      <td
                        data-numeric
                      >{`${f.number(wave.applied)} / ${f.number(wave.objects)}`}</td>
                      <td data-numeric>
                        {wave.desired ? `${f.number(wave.ready)} / ${f.number(wave.desired)}` : "–"}
                      </td>
                      <td>{f.instant(wave.applied_at as string | null)}</td>
                      <td className="mono">
                        {(wave.awaits as string[] | undefined)?.join(", ") || "–"}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Panel>
            {(troubles.length > 0 || degraded.length > 0 || data.detail) && (
              <Panel title={t("releases.why")}>
                <ol className={classes.chain}>
                  {data.detail && <li>{data.detail}</li>}
                  {[...troubles, ...degraded].map((one) => (
                    <li key={`${one.object} ${one.text ?? one.message}`}>
                      <span className="mono">{one.object}</span>{" "}
                      {one.text ?? one.message ?? one.reason}
                    </li>
                  ))}
                </ol>
              </Panel>
            )}
            <Columns>
              {revision > 1 ? (
                <AskedPanel
                  title={t("releases.diff", { before: revision - 1, after: revision })}
                  ask={difference}
                >
                  {(found) =>
                    found.objects?.length ? (
                      <ul className={classes.diff}>
                        {(found.objects as readonly Changed[]).map((one) => (
                          <li key={`${one.kind}/${one.name}`}>
                            <strong>
                              {t(`releases.action.${action(one.action)}`)} {one.kind} {one.name}
                            </strong>
                            {(one.changes ?? []).map((change) => (
                              <div key={change.path} className={classes.change}>
                                <code className="dim">{change.path}</code>
                                {change.before !== null && <del>{said(change.before)}</del>}
                                {change.after !== null && <ins>{said(change.after)}</ins>}
                              </div>
                            ))}
                          </li>
                        ))}
                      </ul>
                    ) : (
                      <Empty say={t("releases.same")} />
                    )
                  }
                </AskedPanel>
              ) : (
                <Panel title={t("releases.changes")}>
                  <Empty say={t("releases.first")} />
                </Panel>
              )}
              <Panel title={t("releases.log")}>
                <ol className={classes.log}>
                  {(data.logs ?? []).map((line) => (
                    <li key={line.sequence}>
                      <time className="dim">{f.instant(line.timestamp)}</time> {line.message}
                    </li>
                  ))}
                </ol>
              </Panel>
            </Columns>
          </>
        );
      }}
    </Page>
  );
}

function Bar({ part }: { part: number }) {
  return (
    <span className={classes.bar} aria-hidden>
      <span style={{ width: `${Math.round(Math.min(Math.max(part, 0), 1) * 100)}%` }} />
    </span>
  );
}

const ACTIONS = ["create", "change", "remove"] as const;

/** Return the action of an object's row; what is not known here is a change. */
function action(word: string | undefined): (typeof ACTIONS)[number] {
  return ACTIONS.find((one) => one === word) ?? "change";
}

const WAVES = ["foundation", "infrastructure", "support", "main", "edge", "prune"] as const;

/** Return a wave's name in words; one that is not known here is called as the service does. */
function waveName(word: string | undefined, t: Say<Key>): string {
  const known = WAVES.find((one) => one === word);
  return known ? t(`wave.${known}`) : (word ?? "");
}

/** Return a value of a manifest in a line. */
function said(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
