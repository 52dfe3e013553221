/** The four phases, each with its evidence in a sentence. */

import { Panel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { Link } from "@tanstack/react-router";
import { Counts } from "../../changes/Changes";
import { refusal } from "../../changes/Refused";
import { useNext } from "../../changes/useNext";
import { isMeasured, isStarting, STEPS, type Step } from "../../standing";
import { type Known, phases } from "../../tenant/phases";
import { useStatus } from "../../tenant/useTenant";
import { useT as useTenantT } from "../../tenant/words";
import { youngFor } from "../../tenant/young";
import type { Left } from "./Need";
import classes from "./overview.module.css";
import { useT } from "./words";

/** How far a phase has come, as a state's icon and colour. */
const LOOKS = {
  done: "ready",
  now: "progressing",
  risky: "at_risk",
  bad: "failed",
  waiting: "draft",
} as const;

interface Startup {
  readonly confirmed_at?: string | null;
  readonly seconds?: number | null;
  readonly conditions?: Record<string, { readonly met?: boolean }>;
}

export function Phases({ tenant, budget }: { tenant: string; budget: Left | null | undefined }) {
  const t = useT();
  const of = useTenantT();
  const f = useFormat();
  const { data } = useStatus(tenant);
  if (!data) return null;
  const come = phases(data as unknown as Known);
  const startup = data.startup as unknown as Startup | null | undefined;
  const conditions = Object.values(startup?.conditions ?? {});
  const met = {
    met: f.number(conditions.filter((one) => one.met).length),
    all: f.number(conditions.length),
  };
  const steps = (data.steps ?? []) as readonly { state?: string; action?: string }[];
  const released = Boolean(data.deployment_id);
  const young = youngFor(data.sla as Parameters<typeof youngFor>[0]);
  const revision = f.number(data.revision);
  const count = f.number(steps.length);
  const evidence: Record<Step, string> = {
    validate: released
      ? t("validate.done", {
          revision,
          count,
          digest: String(data.manifest_digest ?? data.release_digest ?? "").slice(7, 19),
        })
      : t("validate.none"),
    deploy: released
      ? t("deploy.done", {
          revision,
          count,
          at: f.instant(data.began),
          sent: f.number(steps.filter((one) => one.state === "done").length),
          ready: f.number(data.ready),
          desired: f.number(data.desired),
        })
      : t("deploy.none"),
    sla:
      data.sla?.current_sla === null || data.sla?.current_sla === undefined
        ? t("sla.none")
        : !isMeasured(data as unknown as Known)
          ? t("sla.early", { span: f.duration(young), target: f.percent(data.sla.target_sla, 3) })
          : t(young === null ? "sla.done" : "sla.done.young", {
              span: f.duration(young),
              now: f.percent(data.sla.current_sla, 3),
              target: f.percent(data.sla.target_sla, 3),
              down: f.duration(budget?.consumed_seconds),
              allowed: f.duration(budget?.allowed_seconds),
            }),
    startup: ["stopped", "stopping"].includes(data.state ?? "")
      ? t("startup.stopped")
      : isStarting(data as unknown as Known)
        ? t("startup.again", { ready: f.number(data.ready), desired: f.number(data.desired) })
        : startup?.confirmed_at
          ? t("startup.done", {
              at: f.instant(startup.confirmed_at),
              took: f.duration(startup.seconds),
              ...met,
            })
          : t(startup ? "startup.none" : "startup.nothing", met),
  };
  return (
    <Panel title={t("phases")}>
      <dl className={classes.phases}>
        {STEPS.map((step) => (
          <div key={step}>
            <dt>
              <b>{of(`phase.${step}`)}</b>
              <StatusBadge state={LOOKS[come[step]]} word={of(`come.${come[step]}`)} />
            </dt>
            <dd>
              {evidence[step]}
              {step === "deploy" && <NextDeploy tenant={tenant} />}
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

/** What a deploy would change now, where one reads what the last one sent. */
function NextDeploy({ tenant }: { tenant: string }) {
  const t = useT();
  const { data, error } = useNext(tenant);
  if (refusal(error))
    return (
      <p className={classes.would} data-would>
        {t("deploy.next.refused")}{" "}
        <Link to="/tenants/$tenant/releases" params={{ tenant } as never}>
          {t("deploy.next.what")}
        </Link>
      </p>
    );
  if (!data) return null;
  return (
    <p className={classes.would} data-would>
      {data.differs ? (
        <>
          {t("deploy.next")} <Counts of={data.counts} />{" "}
          <Link to="/tenants/$tenant/releases" params={{ tenant } as never}>
            {t("deploy.next.what")}
          </Link>
        </>
      ) : (
        t("deploy.next.nothing")
      )}
    </p>
  );
}
