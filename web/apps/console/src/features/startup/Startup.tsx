/** Whether a tenant has started: why not, by which evidence, and where the time went. */
import { Empty } from "@ecp/ui/layout/Empty";
import { Figures } from "@ecp/ui/layout/Page";
import { Answer, Panel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { Bars } from "../../bars/Bars";
import { DeployButton } from "../../tenant/DeployButton";
import type { Problem } from "../../tenant/leads";
import { Problems } from "../../tenant/Problems";
import { TenantPage } from "../../tenant/TenantPage";
import { useStatus, useTenant } from "../../tenant/useTenant";
import { Evidence } from "./Evidence";
import classes from "./startup.module.css";
import { type Report, span, waterfall, whole } from "./waterfall";
import { useT } from "./words";

const CONDITIONS = [
  "workloads_available",
  "services_with_endpoints",
  "dependencies_answering",
  "entry_requests_served",
] as const;

interface Told extends Report {
  readonly stalled?: boolean;
  readonly problems?: readonly Problem[];
  readonly degraded?: readonly Problem[];
  readonly entry_requests_served?: number | null;
}

export default function Startup() {
  const tenant = useTenant();
  const status = useStatus(tenant);
  return (
    <TenantPage part="startup">
      <Answer ask={status}>
        {(data) => (
          <Parts
            tenant={tenant}
            report={data.startup as unknown as Told | null}
            ready={data.ready ?? 0}
            desired={data.desired ?? 0}
          />
        )}
      </Answer>
    </TenantPage>
  );
}

function Parts({
  tenant,
  report,
  ready,
  desired,
}: {
  tenant: string;
  report: Told | null | undefined;
  ready: number;
  desired: number;
}) {
  const t = useT();
  const f = useFormat();
  if (!report?.began)
    return (
      <Empty
        say={t("none")}
        action={<DeployButton tenant={tenant} />}
        sample={`ecp deploy ${tenant} --wait`}
      />
    );
  const problems = report.problems ?? [];
  const degraded = report.degraded ?? [];
  const answering = report.dependencies ?? {};
  return (
    <>
      <Problems tenant={tenant} title={t("problems")} rows={problems} />
      <Problems tenant={tenant} title={t("degraded")} rows={degraded} />
      <Figures
        of={[
          {
            name: t("figure.state"),
            value: (
              <StatusBadge
                state={
                  report.started
                    ? degraded.length
                      ? "degraded"
                      : "ready"
                    : report.stalled
                      ? "stalled"
                      : "progressing"
                }
              />
            ),
            note: report.confirmed_at
              ? t("figure.confirmed", { at: f.instant(report.confirmed_at) })
              : t("figure.looked", { at: f.instant(report.judged_at) }),
          },
          {
            name: t("figure.took"),
            value: f.duration(whole(report)),
            note: f.instant(report.began),
          },
          {
            name: t("figure.pods"),
            value: `${f.number(ready)} / ${f.number(desired)}`,
            bad: ready < desired,
          },
          {
            name: t("figure.dependencies"),
            value: `${f.number(answering.answering)} / ${f.number(answering.declared)}`,
            note: t("figure.failing", {
              failing: f.number(answering.failing),
              outside: f.number(answering.outside),
            }),
            bad: (answering.failing ?? 0) > 0,
          },
          {
            name: t("figure.requests"),
            value: f.number(report.entry_requests_served),
            note: t("figure.day"),
          },
        ]}
      />
      <Panel title={t("conditions")}>
        <div className={classes.conditions}>
          {CONDITIONS.map((name) => {
            const one = report.conditions?.[name];
            return (
              <div key={name}>
                <StatusBadge
                  state={one?.met ? "ready" : report.stalled ? "failed" : "pending"}
                  word={t(name)}
                />
                <span className="dim">{f.duration(one?.seconds)}</span>
              </div>
            );
          })}
        </div>
      </Panel>
      <Panel title={t("waterfall")}>
        <Bars
          label={t("waterfall")}
          began={report.began}
          whole={span(report) * 1.02}
          rows={waterfall(
            report,
            f.duration,
            (some, all) => `${f.number(some)} / ${f.number(all)}`,
          )}
        />
        <p className={classes.how}>{t("waterfall.how")}</p>
      </Panel>
      <Evidence report={report} />
    </>
  );
}
