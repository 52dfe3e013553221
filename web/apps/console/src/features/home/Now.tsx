/** What runs now, and what happened lately: releases, failures, rehearsals, alerts, the demo. */
import { Empty } from "@ecp/ui/layout/Empty";
import { Panel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { EVERY_MS, hooks, useGiven } from "../../ask";
import classes from "./home.module.css";
import type { Failure, Standing } from "./tour";
import { useT } from "./words";

const MOST = 6;
const MOVING = new Set(["rehearsing", "applying", "progressing", "stalled"]);

interface Row {
  readonly id: string;
  readonly kind: string;
  readonly what: ReactNode;
  readonly note: ReactNode;
  readonly at?: string | null | undefined;
}

function useFailures() {
  const given = useGiven();
  const asked = hooks.useQuery(
    "get",
    "/api/v1/simulator/failures",
    { ...given, params: { query: { limit: 50 } } },
    { refetchInterval: EVERY_MS, retry: false },
  );
  return (asked.data?.failures ?? []) as unknown as readonly Failure[];
}

export function Now({ tenants }: { tenants: readonly Standing[] }) {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const failures = useFailures().filter((one) => ["running", "planned"].includes(one.state));
  const rehearsals = hooks.useQuery(
    "get",
    "/api/v1/rehearsals",
    { ...given, params: { query: { limit: 20 } } },
    { refetchInterval: EVERY_MS },
  );
  const demo = hooks.useQuery("get", "/api/v1/demo", given, { refetchInterval: EVERY_MS });
  const played = (rehearsals.data?.rehearsals ?? []).filter((one) => !one.ended_at);
  const rows: Row[] = [
    ...tenants
      .filter((one) => MOVING.has(one.phase ?? ""))
      .map((one) => ({
        id: `r${one.deployment_id}`,
        kind: t("now.release"),
        what: (
          <Link to="/releases/$release" params={{ release: one.deployment_id } as never}>
            {one.tenant_id}
          </Link>
        ),
        note: (
          <>
            <StatusBadge state={one.phase} /> {f.number(one.ready)} / {f.number(one.desired)}
          </>
        ),
      })),
    ...failures.map((one) => ({
      id: `f${one.id}`,
      kind: t("now.failure"),
      what: <Link to={`/failures/${one.id}` as never}>{one.title ?? one.fault}</Link>,
      note: `${one.tenants.join(", ")}${one.until ? ` · ${t("now.until", { at: f.clock(one.until) })}` : ""}`,
    })),
    ...played.map((one) => ({
      id: `p${one.rehearsal_id}`,
      kind: t("now.rehearsal"),
      what: <Link to={`/rehearsals/${one.rehearsal_id}` as never}>{one.name}</Link>,
      note: `${f.number(one.progress?.done)} / ${f.number(one.progress?.runs)}`,
    })),
    ...(demo.data?.state === "making"
      ? [
          {
            id: "demo",
            kind: t("now.demo"),
            what: "",
            note: t("now.share", { share: f.percent((demo.data.progress ?? 0) * 100, 0) }),
          },
        ]
      : []),
  ];
  return <Rows title={t("now")} none={t("now.none")} rows={rows} />;
}

export function Lately() {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const failures = useFailures().filter((one) => one.state === "ended" || one.state === "failed");
  const asked = hooks.useQuery(
    "get",
    "/api/v1/alerts",
    { ...given, params: { query: { limit: MOST } } },
    { refetchInterval: EVERY_MS },
  );
  const rows: Row[] = [
    ...(asked.data?.alerts ?? []).map((one) => ({
      id: `a${one.id}`,
      kind: t("lately.alert"),
      what: (
        <Link to="/alerts" search={{ state: "all", alert: one.id } as never}>
          {(one.message as Record<string, string> | undefined)?.[f.language]}
        </Link>
      ),
      note: <StatusBadge state={one.state} />,
      at: one.fired_at ?? one.began_at,
    })),
    ...failures.map((one) => ({
      id: `f${one.id}`,
      kind: t("lately.failure"),
      what: <Link to={`/failures/${one.id}` as never}>{one.title ?? one.fault}</Link>,
      note: one.tenants.join(", "),
      at: one.started_at,
    })),
  ]
    .sort((a, b) => Date.parse(String(b.at)) - Date.parse(String(a.at)))
    .slice(0, MOST);
  return <Rows title={t("lately")} none={t("lately.none")} rows={rows} />;
}

function Rows({ title, none, rows }: { title: string; none: string; rows: readonly Row[] }) {
  const f = useFormat();
  return (
    <Panel title={title}>
      {rows.length ? (
        <ul className={classes.rows}>
          {rows.map((row) => (
            <li key={row.id}>
              <span className="dim">{row.kind}</span>
              <span>{row.what}</span>
              <span>
                {row.note} {row.at && <span className="dim">{f.clock(row.at, true)}</span>}
              </span>
            </li>
          ))}
        </ul>
      ) : (
        <Empty say={none} />
      )}
    </Panel>
  );
}
