/** One release: what keeps it from starting, how it goes, what it changes, and the way back. */
import { Empty } from "@ecp/ui/layout/Empty";
import { Columns, Figures, Page } from "@ecp/ui/layout/Page";
import { AskedPanel, Panel } from "@ecp/ui/layout/Panel";
import { Bones } from "@ecp/ui/layout/Waiting";
import { LiveBadge, liveOf } from "@ecp/ui/live/LiveBadge";
import { useFollow } from "@ecp/ui/live/useFollow";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { Link, useParams } from "@tanstack/react-router";
import { EVERY_MS, hooks, useGiven } from "../../ask";
import { Changes, Counts } from "../../changes/Changes";
import type { Changed } from "../../changes/ordered";
import type { Problem } from "../../tenant/leads";
import { Problems } from "../../tenant/Problems";
import { useStatus } from "../../tenant/useTenant";
import { Course } from "./Course";
import type { Startup, Wave } from "./gantt";
import classes from "./releases.module.css";
import { Ways } from "./Ways";
import { isTroubled, waysOf } from "./ways";
import { useT } from "./words";

const UNDER_WAY = ["rehearsing", "applying", "progressing"];

interface Estimate {
  readonly seconds?: number;
  readonly seconds_left?: number;
  readonly estimated_completion?: string | null;
  readonly observed?: number;
}

interface Told extends Startup {
  readonly problems?: readonly Problem[];
  readonly degraded?: readonly Problem[];
}

export default function Release() {
  const t = useT();
  const f = useFormat();
  const { release: id = "" } = useParams({ strict: false }) as { release?: string };
  const given = useGiven();
  const release = hooks.useQuery(
    "get",
    "/api/v1/releases/{deployment_id}",
    { ...given, params: { path: { deployment_id: id } } },
    { refetchInterval: EVERY_MS },
  );
  const tenant = release.data?.tenant_id ?? "";
  const revision = release.data?.revision ?? 0;
  const going = UNDER_WAY.includes(release.data?.phase ?? "");
  const demo = given.headers["X-Demo-Mode"] === "true" ? "?demo=true" : "";
  const live = useFollow(
    going ? `/ws/deployment/${encodeURIComponent(id)}${demo}` : null,
    "ws",
    () => void release.refetch(),
  );
  const status = useStatus(tenant);
  const difference = hooks.useQuery(
    "get",
    "/api/v1/tenants/{tenant_id}/releases/compare",
    {
      ...given,
      params: { path: { tenant_id: tenant }, query: { from: revision - 1, to: revision } },
    },
    { enabled: revision > 1, staleTime: 60_000 },
  );
  const current = status.data?.deployment_id === id;
  // One that is rehearsed comes after the current one.
  const past = revision < (status.data?.revision ?? 0);
  const stuck = ["stalled", "failed"].includes(release.data?.phase ?? "");
  const standing = status.data?.startup as unknown as Told | null | undefined;
  // Of one that another replaced, what the tenant's pods do now is not said.
  const troubled = isTroubled(
    release.data?.phase ?? "",
    current ? (standing?.problems ?? []).length + (standing?.degraded ?? []).length : 0,
  );
  const earlier = hooks.useQuery(
    "get",
    "/api/v1/tenants/{tenant_id}/releases",
    { ...given, params: { path: { tenant_id: tenant }, query: { limit: 50 } } },
    { enabled: current && troubled },
  );
  const ways = waysOf({
    revision,
    phase: release.data?.phase ?? "",
    current: current ? revision : (status.data?.revision ?? undefined),
    troubled,
    others: earlier.data?.releases,
  });
  return (
    <Page
      title={tenant ? t("of", { tenant, revision }) : id}
      badge={
        <>
          <StatusBadge
            state={release.data?.phase === "ready" && troubled ? "degraded" : release.data?.phase}
          />
          <LiveBadge live={going ? live : liveOf(release)} />
        </>
      }
      actions={
        revision > 1 && (
          <Link
            to="/tenants/$tenant/releases/compare"
            params={{ tenant } as never}
            search={{ from: revision - 1, to: revision } as never}
          >
            {t("compare.before", { revision: revision - 1 })}
          </Link>
        )
      }
      ask={release}
    >
      {(data) => {
        const kept = data.startup as unknown as Told | null;
        const now = current ? (standing ?? undefined) : undefined;
        // What is not up is judged anew with each look; what is kept of one that was is of its end.
        const judged = (data.phase === "ready" ? kept : now) ?? kept ?? now;
        const { problems = [], degraded = [] } = now ?? judged ?? {};
        const estimate = data.estimate as Estimate | null;
        const expected = estimate?.estimated_completion ? (estimate.seconds ?? null) : null;
        const gate = data.gate as { passed?: boolean } | null;
        const waves = data.waves ?? [];
        const [sent, objects] = [summed(waves, "applied"), summed(waves, "objects")];
        const [ready, desired] = [summed(waves, "ready"), summed(waves, "desired")];
        const conditions = Object.values(judged?.conditions ?? {});
        return (
          <>
            <Problems
              title={t(
                going
                  ? sent < objects
                    ? "why.coming"
                    : "why.going"
                  : problems.length || data.detail
                    ? past
                      ? "why.then"
                      : "why"
                    : "why.now",
              )}
              tenant={tenant}
              digest={data.manifest_digest}
              calm={going}
              past={past}
              detail={data.detail ?? null}
              rows={[...problems, ...degraded]}
            />
            <Figures
              of={[
                {
                  name: t("tenant"),
                  value: (
                    <Link to="/tenants/$tenant" params={{ tenant } as never}>
                      {tenant}
                    </Link>
                  ),
                  note: gate ? t(gate.passed ? "gate.passed" : "gate.failed") : data.deployment_id,
                },
                {
                  name: t("pods"),
                  value: desired ? `${f.number(ready)} / ${f.number(desired)}` : "–",
                  bad: !going && ready < desired,
                  note: (
                    <>
                      {desired > 0 && <Bar part={ready / desired} />}
                      <span data-sent>
                        {t("sent.of", { sent: f.number(sent), objects: f.number(objects) })}
                        {conditions.length > 0 &&
                          ` · ${t("met.of", {
                            met: f.number(conditions.filter((one) => one.met).length),
                            all: f.number(conditions.length),
                          })}`}
                      </span>{" "}
                      {going &&
                        (estimate?.estimated_completion
                          ? t("expected", {
                              at: f.instant(estimate.estimated_completion),
                              count: f.number(estimate.observed),
                            })
                          : t(estimate ? "overdue" : "usual"))}
                    </>
                  ),
                },
                { name: t("began"), value: f.clock(data.began), note: f.instant(data.began) },
                {
                  name: t("seconds"),
                  value: f.duration(data.seconds as number | null),
                  note: data.confirmed_at ? f.instant(data.confirmed_at as string) : t("evidence"),
                },
              ]}
            />
            {(status.isPending && !going) || (current && troubled && earlier.isPending) ? (
              <Panel title={t("ways")}>
                <Bones rows={4} />
              </Panel>
            ) : (
              <>
                {past && (
                  <p className={classes.past} data-superseded>
                    {t("superseded", { revision: f.number(status.data?.revision) })}{" "}
                    <Link
                      to="/releases/$release"
                      params={{ release: status.data?.deployment_id } as never}
                    >
                      {t("superseded.see", { revision: f.number(status.data?.revision) })}
                    </Link>
                  </p>
                )}
                <Ways
                  tenant={tenant}
                  revision={revision}
                  digest={data.manifest_digest ?? ""}
                  ways={ways}
                  stuck={stuck}
                />
              </>
            )}
            <Course
              began={data.began ?? ""}
              waves={waves}
              steps={data.steps ?? []}
              startup={judged ?? null}
              waits={data.waves_mode === "wait"}
              stuck={stuck}
              expected={expected}
              going={going}
            />
            <Columns>
              {revision > 1 ? (
                <AskedPanel
                  title={t("diff", { before: revision - 1, after: revision })}
                  ask={difference}
                  aside={<Counts of={difference.data?.counts} />}
                >
                  {(found) =>
                    found.objects?.length ? (
                      <Changes of={found.objects as readonly Changed[]} />
                    ) : (
                      <Empty say={t("same")} />
                    )
                  }
                </AskedPanel>
              ) : (
                <Panel title={t("changes")}>
                  <Empty say={t("first")} />
                </Panel>
              )}
              <Panel title={t("log")}>
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

/** Return how many of something all waves have together. */
function summed(waves: readonly Wave[], name: "applied" | "objects" | "ready" | "desired"): number {
  return waves.reduce((sum, one) => sum + (one[name] ?? 0), 0);
}

function Bar({ part }: { part: number }) {
  return (
    <span className={classes.bar} aria-hidden>
      <span style={{ width: `${Math.round(Math.min(Math.max(part, 0), 1) * 100)}%` }} />
    </span>
  );
}
