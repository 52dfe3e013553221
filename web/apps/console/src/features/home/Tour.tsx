/** The first 60 seconds: six steps on the demo's tenants, each ticked off by what really happened. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { ProblemView } from "@ecp/ui/layout/ProblemView";
import { leftOf } from "@ecp/ui/status/budget";
import { useFormat } from "@ecp/ui/view/format";
import { prefer } from "@ecp/ui/view/preferences";
import { ActionIcon, Code } from "@mantine/core";
import { IconCheck, IconX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { atOrchestrator, EVERY_MS, hooks } from "../../ask";
import { BROKEN, type Failure, HANG, SPIKE, STEPS, type TourStep } from "./tour";
import classes from "./tour.module.css";
import { useDemoGiven, useTour } from "./useTour";
import { useT } from "./words";

const DEMO = { "X-Demo-Mode": "true" };
const COMMANDS = [
  "ecp demo manifest > broken.yaml",
  "ecp validate -f broken.yaml",
  "sed 's/chat-bot/chatbot/; s/memory: 2Gi/memory: 1Gi/' broken.yaml > mended.yaml",
  `ecp deploy ${BROKEN} -f mended.yaml --demo`,
  `ecp fault trigger ${SPIKE.tenant} cpu_spike --target stt --duration 2m --demo`,
  `ecp slo report ${SPIKE.tenant} --period 24h --demo`,
];

export function Tour({ onClose }: { onClose: () => void }) {
  const t = useT();
  const f = useFormat();
  const tour = useTour();
  const { done } = tour.progress;
  const { state } = tour.demo.data ?? {};
  const ready = state === "ready";
  return (
    <section className={classes.tour} aria-label={t("tour.title")} data-tour>
      <header>
        <h2>{t("tour.title")}</h2>
        {(ready || state === undefined) && (
          <span className={classes.count} role="status" data-coming={!ready || undefined}>
            {t("tour.done", { done: f.number(done.size), all: f.number(STEPS.length) })}
          </span>
        )}
        <p>{t("tour.say")}</p>
        <ActionIcon variant="subtle" color="gray" onClick={onClose} aria-label={t("tour.close")}>
          <IconX size={16} />
        </ActionIcon>
      </header>
      {tour.demo.error ? (
        <ProblemView error={tour.demo.error} onRetry={() => void tour.demo.refetch()} />
      ) : (
        <>
          {!ready && <Making tour={tour} />}
          <Steps tour={tour} idle={!ready} />
          {ready && done.size === STEPS.length && <End />}
        </>
      )}
    </section>
  );
}

/** The demo is not there yet: how far it is, or how it is made. */
function Making({ tour }: { tour: ReturnType<typeof useTour> }) {
  const t = useT();
  const f = useFormat();
  const { state, days, detail } = tour.demo.data ?? {};
  if (state === undefined) return null;
  if (state === "making") {
    const values = { days: f.number(days ?? 30), left: f.duration(tour.left ?? 0) };
    return (
      <div className={classes.making} data-making>
        <p>{t(tour.left === null ? "tour.making.soon" : "tour.making", values)}</p>
        <progress max={1} value={tour.share} aria-label={t("now.demo")} />
        <span>{f.percent(tour.share * 100, 0)}</span>
        {detail && <code>{detail}</code>}
      </div>
    );
  }
  if (state === "in-use") return <p className={classes.making}>{t("tour.in-use")}</p>;
  const anew = state === "gone";
  const path = anew ? "/api/v1/demo/reset" : "/api/v1/demo";
  return (
    <div className={classes.making}>
      <p>{t(anew ? "tour.gone" : "tour.absent")}</p>
      <Mutation
        label={t(anew ? "tour.reset" : "tour.make")}
        name="make-demo"
        primary
        cli={anew ? "ecp demo reset --yes" : "ecp demo make"}
        curl={curl("POST", path, {})}
        run={async () => {
          const { error } = await atOrchestrator.POST(path, { body: {} as never });
          if (error) throw error;
          await tour.demo.refetch();
        }}
      />
    </div>
  );
}

/** The steps; *idle*: there is no demo to take them on, they only say what the tour is. */
function Steps({ tour, idle }: { tour: ReturnType<typeof useTour>; idle: boolean }) {
  const t = useT();
  const f = useFormat();
  const { done, live, broken, spike, last, hit, command } = tour.progress;
  const cost = useCost(last);
  const pods = { ready: f.number(broken?.ready), desired: f.number(broken?.desired) };
  const target = spike?.targets?.join(", ") ?? SPIKE.body.target;
  const down = f.duration((hit?.sla?.downtime_minutes ?? 0) * 60);
  const budgeted = leftOf(hit?.sla);
  const next = idle ? undefined : STEPS.find((step) => !done.has(step));
  // What is looked at from here is the demo's.
  const to = (path: string, word: string, search = {}) => (
    <Link to={path as never} search={search as never} onClick={() => prefer({ demo: true })}>
      {word}
    </Link>
  );
  const said: Record<TourStep, { so: string | null; act: ReactNode }> = {
    live: {
      // Not yet heard is not none.
      so: tour.heard ? t("tour.live.so", { count: f.number(live) }) : null,
      act: to("/tenants", t("tour.live.do")),
    },
    mend: {
      so: done.has("mend") ? t("tour.mend.so", { tenant: BROKEN }) : null,
      act: to("/validate", t("tour.mend.do"), { sample: "demo" }),
    },
    deploy: {
      so: done.has("deploy")
        ? t("tour.deploy.so", pods)
        : broken?.deployment_id
          ? t("tour.deploy.moving", pods)
          : null,
      act: broken?.deployment_id
        ? to(`/releases/${broken.deployment_id}`, t("tour.deploy.do"))
        : null,
    },
    spike: {
      so: spike
        ? t("tour.spike.so", { id: spike.id, at: f.clock(spike.started_at), target })
        : null,
      act:
        spike?.state === "running" ? null : (
          <Trigger of={SPIKE} name="spike" label={t("tour.spike.do")} onDone={tour.refetch} />
        ),
    },
    heal: {
      so: done.has("heal")
        ? `${t("tour.heal.so", { after: f.duration(last?.recovery_seconds) })} ${budgeted ? t("tour.heal.left", { left: f.duration(budgeted.remaining), allowed: f.duration(budgeted.allowed) }) : ""} ${cost === null ? "" : cost > 0 ? t("tour.heal.cost", { cost: f.duration(cost) }) : t("tour.heal.free")}`
        : last
          ? t("tour.heal.now", { until: f.clock(last.until), down })
          : null,
      act: last && (
        <>
          {to(`/failures/${last.id}`, t("tour.heal.do"))}
          {done.has("heal") && cost === 0 && (
            <Trigger of={HANG} name="hang" label={t("tour.hang.do")} onDone={tour.refetch} />
          )}
        </>
      ),
    },
    cli: {
      so: command ? t("tour.cli.so", { what: command }) : null,
      act: (
        <details open={next === "cli"}>
          <summary>{t("tour.cli.do")}</summary>
          <Code block tabIndex={0}>
            {COMMANDS.join("\n")}
          </Code>
        </details>
      ),
    },
  };
  return (
    <ol className={classes.steps}>
      {STEPS.map((step, index) => (
        <li
          key={step}
          data-step={step}
          data-done={done.has(step) || undefined}
          aria-current={step === next ? "step" : undefined}
        >
          <span className={classes.mark}>
            {done.has(step) ? (
              <IconCheck size={14} stroke={2.4} aria-label={t("tour.step.done")} />
            ) : (
              <span role="img" aria-label={`${index + 1}: ${t("tour.step.open")}`}>
                {index + 1}
              </span>
            )}
          </span>
          <h3>{t(`tour.${step}`)}</h3>
          <p>{t(`tour.${step}.say`, { tenant: SPIKE.tenant, target: SPIKE.body.target })}</p>
          {!idle && said[step].so && <p className={classes.so}>{said[step].so}</p>}
          <div className={classes.act}>{!idle && said[step].act}</div>
        </li>
      ))}
    </ol>
  );
}

/** Return how many seconds of downtime a failure was found to have cost; null while nobody can say. */
function useCost(failure: Failure | undefined): number | null {
  const given = useDemoGiven();
  const asked = hooks.useQuery(
    "get",
    "/api/v1/simulator/failures/{tenant_id}/{injection_id}/report",
    {
      ...given,
      params: { path: { tenant_id: SPIKE.tenant, injection_id: failure?.id ?? "" } },
    },
    { enabled: Boolean(failure?.ended_at), refetchInterval: EVERY_MS * 2 },
  );
  return (
    (asked.data as { cost?: { down_seconds?: number } } | undefined)?.cost?.down_seconds ?? null
  );
}

function Trigger({
  of: { tenant, body },
  name,
  label,
  onDone,
}: {
  of: typeof SPIKE | typeof HANG;
  name: string;
  label: string;
  onDone: () => Promise<unknown>;
}) {
  return (
    <Mutation
      label={label}
      name={name}
      cli={`ecp fault trigger ${tenant} ${body.failure_type} --target ${body.target} --duration ${body.duration} --demo`}
      curl={curl("POST", `/api/v1/simulator/failures/${tenant}/trigger`, body, DEMO)}
      run={async () => {
        const { error } = await atOrchestrator.POST(
          "/api/v1/simulator/failures/{tenant_id}/trigger",
          { params: { path: { tenant_id: tenant } }, headers: DEMO, body: body as never },
        );
        if (error) throw error;
        await onDone();
      }}
    />
  );
}

function End() {
  const t = useT();
  return (
    <p className={classes.end}>
      {t("tour.end")}
      <Link to={"/validate" as never} search={{ sample: "own" } as never}>
        {t("tour.end.own")}
      </Link>
      <Link to={"/tenants/new" as never}>{t("tour.end.new")}</Link>
      <a href="/docs">{t("tour.end.docs")}</a>
    </p>
  );
}
