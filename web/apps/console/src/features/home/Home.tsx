/** The fleet, who is in danger and why, who is on which step, what runs now; the first 60 seconds. */
import { Budget } from "@ecp/ui/charts/small";
import { Empty } from "@ecp/ui/layout/Empty";
import { Columns, Figures, Page } from "@ecp/ui/layout/Page";
import { Answer, Panel } from "@ecp/ui/layout/Panel";
import { LiveBadge, liveOf } from "@ecp/ui/live/LiveBadge";
import { leftOf } from "@ecp/ui/status/budget";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { offerDemo, prefer } from "@ecp/ui/view/preferences";
import { Button } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconRoute } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { EVERY_MS, hooks, useGiven } from "../../ask";
import { FLEET, fleet } from "../../fleet";
import { isMeasured, STEPS, stepOf } from "../../standing";
import { youngFor } from "../../tenant/young";
import { useT as useTitles } from "../../texts/texts";
import { useWanted } from "../../wanted";
import { Danger } from "./Danger";
import { type Endangered, endangered } from "./danger";
import classes from "./home.module.css";
import { Lately, Now } from "./Now";
import { Tour } from "./Tour";
import type { Standing } from "./tour";
import { useDemoGiven } from "./useTour";
import { useT } from "./words";

const MOST = 6;

export default function Home() {
  const t = useT();
  const titles = useTitles();
  const given = useGiven();
  const [wanted, want] = useWanted();
  const status = hooks.useQuery("get", FLEET, fleet(given), { refetchInterval: EVERY_MS });
  const demo = hooks.useQuery("get", "/api/v1/demo", useDemoGiven(), {
    refetchInterval: EVERY_MS / 2,
  });
  const lived = demo.data?.state === "ready";
  // Who has nothing yet, and has not said otherwise, sees what lives.
  const empty = status.data?.tenants?.length === 0;
  useEffect(() => {
    if (lived && empty) offerDemo();
  }, [lived, empty]);
  // On a phone a tour of six steps is two screens long: who is in danger comes before it.
  const narrow = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const below = narrow && !status.error;
  const tour = wanted && <Tour onClose={() => want(false)} />;
  const show = !wanted && (
    <Button
      variant="default"
      data-do="tour"
      leftSection={<IconRoute size={15} stroke={1.6} />}
      onClick={() => want(true)}
    >
      {t("tour.show")}
    </Button>
  );
  return (
    <Page
      title={titles("home.title")}
      badge={<LiveBadge live={liveOf(status)} />}
      actions={show}
      lead={!below && tour}
      ask={status}
    >
      {(data) => {
        const tenants = (data.tenants ?? []) as readonly Standing[];
        const danger = endangered(tenants);
        const known = data.simulator?.status === "healthy";
        return (
          <>
            {tenants.length === 0 && below && tour}
            {tenants.length === 0 ? (
              <Panel title={titles("tenants.title")}>
                <Empty
                  say={t("empty")}
                  action={
                    <>
                      {lived && (
                        <Button data-do="demo" onClick={() => prefer({ demo: true })}>
                          {titles("tenants.none.action")}
                        </Button>
                      )}
                      <Link to={"/tenants/new" as never}>{t("empty.action")}</Link>
                    </>
                  }
                  sample="ecp tenant create acme --callbot 10 --chatbot 20 && ecp deploy acme --wait"
                />
              </Panel>
            ) : (
              <>
                <Fleet danger={danger} known={known} />
                <Danger tenants={danger} known={known} />
                {below && tour}
                <Steps tenants={tenants} />
              </>
            )}
            <Columns>
              {tenants.length > 0 ? (
                <>
                  <Budgets tenants={tenants} />
                  <div>
                    <Now tenants={tenants} />
                    <Lately />
                  </div>
                </>
              ) : (
                <>
                  <Now tenants={tenants} />
                  <Lately />
                </>
              )}
            </Columns>
          </>
        );
      }}
    </Page>
  );
}

function Fleet({ danger, known }: { danger: readonly Endangered[]; known: boolean }) {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const system = hooks.useQuery("get", "/api/v1/monitoring/system", given, {
    refetchInterval: EVERY_MS,
  });
  return (
    <Answer ask={system} rows={4}>
      {(fleet) => {
        const clusters = fleet.nodes ?? [];
        const total = clusters.reduce((sum, one) => sum + (one.total ?? 0), 0);
        const ready = clusters.reduce((sum, one) => sum + (one.ready ?? 0), 0);
        return (
          <Figures
            of={[
              {
                name: t("danger"),
                value: danger.length || known ? f.number(danger.length) : "–",
                bad: danger.length > 0,
                note:
                  danger.map((one) => one.tenant).join(", ") ||
                  t(known ? "danger.none" : "danger.unknown"),
              },
              {
                name: t("nodes"),
                value: `${f.number(ready)} / ${f.number(total)}`,
                bad: ready < total,
                note: clusters.map((one) => one.cluster).join(", "),
              },
              {
                name: t("cpu"),
                value: f.percent(fleet.cpu?.utilization, 1),
                note: t("of", { total: f.cores(fleet.cpu?.total) }),
              },
              {
                name: t("memory"),
                value: f.percent(fleet.memory?.utilization, 1),
                note: t("of", { total: f.bytes(fleet.memory?.total) }),
              },
              {
                name: t("gpu"),
                value: f.percent(fleet.gpu?.utilization, 1),
                note: t("of", { total: f.number(fleet.gpu?.total) }),
              },
            ]}
          />
        );
      }}
    </Answer>
  );
}

function Steps({ tenants }: { tenants: readonly Standing[] }) {
  const t = useT();
  const titles = useTitles();
  const f = useFormat();
  return (
    <Panel title={t("steps")}>
      <ol className={classes.steps}>
        {STEPS.map((step, index) => {
          const here = tenants.filter((one) => stepOf(one) === step);
          return (
            <li key={step}>
              <span className={classes.step}>
                <b>{index + 1}</b> {titles(`step.${step}`)}{" "}
                <span className="dim">{f.number(here.length)}</span>
              </span>
              <span className={classes.names}>
                {here.slice(0, MOST).map((one) => (
                  <Link
                    key={one.tenant_id}
                    to="/tenants/$tenant"
                    params={{ tenant: one.tenant_id } as never}
                  >
                    {one.tenant_id}
                  </Link>
                ))}
                {here.length > MOST && <Link to="/tenants">+{f.number(here.length - MOST)}</Link>}
              </span>
            </li>
          );
        })}
      </ol>
    </Panel>
  );
}

function Budgets({ tenants }: { tenants: readonly Standing[] }) {
  const t = useT();
  const f = useFormat();
  const deployed = tenants.some((one) => one.deployment_id);
  const worst = tenants
    .filter(isMeasured)
    .flatMap((one) => {
      const left = leftOf(one.sla);
      return left ? [{ one, left, young: youngFor(one.sla) }] : [];
    })
    .sort((a, b) => a.left.remaining / a.left.allowed - b.left.remaining / b.left.allowed)
    .slice(0, MOST);
  return (
    <Panel title={t("budgets")}>
      {worst.length ? (
        <ul className={classes.list}>
          {worst.map(({ one, left, young }) => (
            <li key={one.tenant_id}>
              <Link to="/tenants/$tenant/sla" params={{ tenant: one.tenant_id } as never}>
                {one.tenant_id}
              </Link>
              <span>
                <Budget of={left} />
                {young !== null && (
                  <small className="dim">{t("budgets.young", { span: f.duration(young) })}</small>
                )}
              </span>
              <StatusBadge state={one.sla?.status} />
            </li>
          ))}
        </ul>
      ) : (
        <Empty
          say={t(deployed ? "budgets.early" : "budgets.none")}
          sample={deployed ? "ecp status" : "ecp deploy acme --wait"}
        />
      )}
    </Panel>
  );
}
