/** Who is in danger, and why, in a sentence: what keeps its pods from coming up, or the incident that cost most and its cause. */
import { Budget } from "@ecp/ui/charts/small";
import { Panel } from "@ecp/ui/layout/Panel";
import { leftOf } from "@ecp/ui/status/budget";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { IconCircleCheck } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { EVERY_MS, hooks, useGiven } from "../../ask";
import { type Incident, lasted, longest } from "../../tenant/incidents";
import type { Endangered } from "./danger";
import classes from "./home.module.css";
import { useT } from "./words";

const MOST = 5;

const STATES = { stuck: "stalled", down: "degraded", breached: "breached", at_risk: "at_risk" };

export function Danger({ tenants, known }: { tenants: readonly Endangered[]; known: boolean }) {
  const t = useT();
  const f = useFormat();
  return (
    <Panel title={t("danger.why")}>
      {tenants.length === 0 && !known ? (
        <p className={classes.well}>{t("danger.unknown")}</p>
      ) : tenants.length === 0 ? (
        <p className={classes.well}>
          <IconCircleCheck size={16} aria-hidden /> {t("danger.all")}
        </p>
      ) : (
        <ul className={classes.danger} data-danger>
          {tenants.slice(0, MOST).map((one) => (
            <li key={one.tenant}>
              <StatusBadge state={one.phase ?? STATES[one.kind]} />
              <Link
                to={`/tenants/$tenant/${one.trouble ? "startup" : "sla"}` as never}
                params={{ tenant: one.tenant } as never}
              >
                {one.tenant}
              </Link>
              <div>
                {one.kind === "stuck" || one.kind === "down" ? (
                  <Pods of={one} />
                ) : (
                  <>
                    {one.left && (
                      <p className={classes.span}>
                        <span className="dim">
                          {one.young === null
                            ? t("danger.day")
                            : t("danger.young", { span: f.duration(one.young) })}
                        </span>
                        <Budget of={one.left} />
                      </p>
                    )}
                    <Agreed tenant={one.tenant} />
                    <Broken tenant={one.tenant} />
                  </>
                )}
              </div>
            </li>
          ))}
          {tenants.length > MOST && (
            <li>
              <Link to="/tenants">
                {t("danger.more", { count: f.number(tenants.length - MOST) })}
              </Link>
            </li>
          )}
        </ul>
      )}
    </Panel>
  );
}

/** What its pods wait for or fail of, and what to do. */
function Pods({ of: { kind, trouble, troubles } }: { of: Endangered }) {
  const t = useT();
  const f = useFormat();
  return (
    <>
      <b>{t(kind === "stuck" ? "danger.stuck" : "danger.pods")}</b>{" "}
      {trouble && (
        <>
          <span className="mono">{trouble.object}</span>: {trouble.text}
          {troubles > 1 && ` ${t("danger.others", { count: f.number(troubles - 1) })}`}
          {trouble.remedy && <p className={classes.remedy}>→ {trouble.remedy}</p>}
        </>
      )}
    </>
  );
}

/** How the period stands that the contract judges: a bad day need not break its promise. */
function Agreed({ tenant }: { tenant: string }) {
  const t = useT();
  const { data, isPending } = hooks.useQuery(
    "get",
    "/api/v1/simulator/sla/{tenant_id}/analysis",
    {
      ...useGiven(),
      params: { path: { tenant_id: tenant }, query: { period: "calendar-month" } },
    },
    { refetchInterval: EVERY_MS * 2 },
  );
  const f = useFormat();
  const left = leftOf(data);
  const gone = (data?.error_budget as { exhaustion_at?: string | null } | undefined)?.exhaustion_at;
  if (isPending) return <p className={classes.line} aria-busy />;
  return (
    left && (
      <p className={classes.span}>
        <span className="dim">{t("danger.period")}</span>
        <Budget of={left} /> <StatusBadge state={data?.status} />{" "}
        {data?.status === "at_risk" && gone && t("danger.gone", { at: f.clock(gone, true) })}
      </p>
    )
  );
}

/** The incident that cost most, and why it was. */
function Broken({ tenant }: { tenant: string }) {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const path = { tenant_id: tenant };
  const analysis = hooks.useQuery(
    "get",
    "/api/v1/simulator/sla/{tenant_id}/analysis",
    { ...given, params: { path, query: { period: "24h" } } },
    { refetchInterval: EVERY_MS * 2 },
  );
  const incidents = (analysis.data?.incidents ?? []) as readonly Incident[];
  const worst = longest(incidents);
  // The instant that its own page explains: later ones have other counts.
  const slot = worst?.started_at ?? "";
  const why = hooks.useQuery(
    "get",
    "/api/v1/simulator/sla/{tenant_id}/why",
    { ...given, params: { path, query: { slot } } },
    { enabled: slot !== "", staleTime: 60_000, retry: false },
  );
  if (analysis.isPending) return <p className={classes.cause} aria-busy />;
  if (!worst) return t("danger.untold");
  return (
    <p className={why.isFetching ? classes.cause : classes.span}>
      <b>
        {t(worst.ended_at ? "danger.down" : "danger.down.open", {
          down: f.duration(lasted(worst)),
          at: f.clock(worst.started_at, true),
        })}
      </b>{" "}
      {(why.data as { sentence?: string } | undefined)?.sentence}
    </p>
  );
}
