/** A tenant's live dashboard: the guide's figures, the level of service, replicas, failures. */
import { Empty } from "@ecp/ui/layout/Empty";
import { Figures, Page } from "@ecp/ui/layout/Page";
import { isGone } from "@ecp/ui/layout/ProblemView";
import { LiveBadge } from "@ecp/ui/live/LiveBadge";
import { leftOf } from "@ecp/ui/status/budget";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { RangePicker } from "@ecp/ui/time/RangePicker";
import { useFormat } from "@ecp/ui/view/format";
import { Link, useParams } from "@tanstack/react-router";
import { useT } from "../../texts/texts";
import { Charts } from "./Charts";
import classes from "./dashboard.module.css";
import { Failures } from "./Failures";
import { Incidents } from "./Incidents";
import { useNamespace } from "./useNamespace";
import { type State, useTenant } from "./useTenant";
import { WorkloadTable } from "./WorkloadTable";
import { useT as useWords } from "./words";

export default function Dashboard() {
  const t = useT();
  const w = useWords();
  const f = useFormat();
  const { tenant = "" } = useParams({ strict: false }) as { tenant?: string };
  const { ask, live, cluster } = useTenant(tenant);
  if (isGone(ask.error)) {
    return (
      <Page title={tenant} ask={{ ...ask, data: null, error: null }}>
        {() => <Empty say={t("tenant.none", { tenant })} sample={`ecp deploy ${tenant} --wait`} />}
      </Page>
    );
  }
  return (
    <Page
      title={tenant}
      badge={
        <>
          <StatusBadge state={ask.data?.sla_data?.status} />
          <LiveBadge live={live} />
          <span className="dim">{t("tenant.at", { at: f.instant(ask.data?.timestamp) })}</span>
        </>
      }
      actions={<RangePicker />}
      ask={ask}
    >
      {(data) => (
        <>
          {live.state === "ended" && <p role="alert">{w("ended")}</p>}
          <Glance state={data} />
          {cluster !== null && <Inside tenant={tenant} cluster={cluster} state={data} />}
        </>
      )}
    </Page>
  );
}

/** The guide's figures and the level of service, at a glance. */
function Glance({ state }: { state: State }) {
  const t = useT();
  const w = useWords();
  const f = useFormat();
  const { metrics: now, sla_data: sla, workloads } = state;
  const left = leftOf(sla);
  const sum = (of: "ready" | "desired") =>
    workloads.reduce((total, one) => total + (one[of] ?? 0), 0);
  return (
    <>
      <Figures
        of={[
          {
            name: t("tenant.uptime"),
            value: f.percent(sla?.uptime_percentage, 3),
            note: t("tenant.target", { target: f.percent(sla?.target_sla, 3) }),
            bad: sla?.status === "breached",
          },
          {
            name: t("tenant.budget"),
            value: f.duration(left?.remaining),
            note: `${t("tenant.downtime")}: ${f.duration((sla?.downtime_minutes ?? 0) * 60)}`,
            bad: (left?.remaining ?? 0) < 0,
          },
          {
            name: t("tenant.failures"),
            value: f.number(sla?.failure_count),
            note: sla?.failure_count
              ? w("failures", {
                  count: sla.failure_count,
                  mean: f.duration(sla.recovery_time_avg),
                })
              : w("failures.none"),
          },
          {
            name: w("replicas"),
            value: `${f.number(sum("ready"))} / ${f.number(sum("desired"))}`,
            note: w("replicas.note"),
            bad: sum("ready") < sum("desired"),
          },
        ]}
      />
      <Figures
        of={[
          { name: t("tenant.cpu"), value: f.percent(now?.cpu, 1), note: t("tenant.oflimits") },
          {
            name: t("tenant.memory"),
            value: f.percent(now?.memory, 1),
            note: t("tenant.oflimits"),
          },
          { name: t("tenant.rps"), value: w("per.second", { rate: f.number(now?.network_rps) }) },
          { name: t("tenant.response"), value: `${f.number(now?.response_time, 0)} ms` },
          {
            name: t("tenant.errors"),
            value: f.percent(now?.error_rate, 2),
            bad: (now?.error_rate ?? 0) > 1,
          },
        ]}
      />
    </>
  );
}

function Inside({ tenant, cluster, state }: { tenant: string; cluster: string; state: State }) {
  const w = useWords();
  const namespace = useNamespace(cluster, tenant);
  const { sla_data: sla } = state;
  const links = [
    ["/timeline", { cluster, namespace: namespace ?? "" }, w("to.timeline")],
    ["/traffic", { cluster, tenant }, w("to.traffic")],
    ["/lab", { cluster }, w("to.lab")],
  ] as const;
  return (
    <>
      <nav className={classes.links} aria-label={tenant}>
        {links.map(([to, search, name]) => (
          <Link key={to} to={to} search={search as never}>
            {name}
          </Link>
        ))}
      </nav>
      <Charts
        tenant={tenant}
        cluster={cluster}
        namespace={namespace}
        now={Date.parse(state.timestamp)}
      />
      <WorkloadTable rows={state.workloads} />
      <Failures
        tenant={tenant}
        cluster={cluster}
        workloads={state.workloads.map((one) => one.name)}
      />
      <Incidents
        tenant={tenant}
        cluster={cluster}
        told={`${sla?.status} ${sla?.failure_count} ${sla?.downtime_minutes}`}
      />
    </>
  );
}
