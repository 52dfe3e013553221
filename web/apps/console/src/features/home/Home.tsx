/** The fleet, who is on which step, whose budget runs out, what is on its way. */
import { Budget } from "@ecp/ui/charts/small";
import { Empty } from "@ecp/ui/layout/Empty";
import { Columns, Figures, Page } from "@ecp/ui/layout/Page";
import { Answer, AskedPanel, Panel } from "@ecp/ui/layout/Panel";
import { LiveBadge, liveOf } from "@ecp/ui/live/LiveBadge";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { Link } from "@tanstack/react-router";
import { EVERY_MS, hooks, useGiven } from "../../ask";
import { budget, STEPS, stepOf } from "../../standing";
import { useT } from "../../texts/texts";
import classes from "./home.module.css";

const MOST = 6;
const DANGER = new Set(["at_risk", "breached"]);

export default function Home() {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const status = hooks.useQuery(
    "get",
    "/api/v1/simulator/status",
    { ...given, params: { query: { limit: 500 } } },
    { refetchInterval: EVERY_MS },
  );
  const system = hooks.useQuery("get", "/api/v1/monitoring/system", given, {
    refetchInterval: EVERY_MS,
  });
  return (
    <Page title={t("home.title")} badge={<LiveBadge live={liveOf(status)} />} ask={status}>
      {(data) => {
        const tenants = data.tenants ?? [];
        const danger = tenants.filter((one) => DANGER.has(one.sla?.status ?? ""));
        const worst = tenants
          .flatMap((one) => {
            const left = budget(one.sla?.target_sla, one.sla?.downtime_minutes);
            return left ? [{ one, ...left }] : [];
          })
          .sort((a, b) => a.remaining / a.allowed - b.remaining / b.allowed)
          .slice(0, MOST);
        const moving = tenants.filter((one) =>
          ["applying", "progressing", "stalled"].includes(one.phase ?? ""),
        );
        return (
          <>
            <Answer ask={system} rows={2}>
              {(fleet) => {
                const clusters = fleet.nodes ?? [];
                const total = clusters.reduce((sum, one) => sum + (one.total ?? 0), 0);
                const ready = clusters.reduce((sum, one) => sum + (one.ready ?? 0), 0);
                return (
                  <Figures
                    of={[
                      {
                        name: t("home.danger"),
                        value: f.number(danger.length),
                        bad: danger.length > 0,
                        note: danger.length
                          ? danger.map((one) => one.tenant_id).join(", ")
                          : t("home.danger.none"),
                      },
                      {
                        name: t("home.nodes"),
                        value: `${f.number(ready)} / ${f.number(total)}`,
                        bad: ready < total,
                        note: clusters.map((one) => one.cluster).join(", "),
                      },
                      {
                        name: t("home.cpu"),
                        value: f.percent(fleet.cpu?.utilization, 1),
                        note: t("home.of", { total: f.cores(fleet.cpu?.total) }),
                      },
                      {
                        name: t("home.memory"),
                        value: f.percent(fleet.memory?.utilization, 1),
                        note: t("home.of", { total: f.bytes(fleet.memory?.total) }),
                      },
                      {
                        name: t("home.gpu"),
                        value: f.percent(fleet.gpu?.utilization, 1),
                        note: t("home.of", { total: f.number(fleet.gpu?.total) }),
                      },
                    ]}
                  />
                );
              }}
            </Answer>
            <Panel title={t("home.steps")}>
              <ol className={classes.steps}>
                {STEPS.map((step, index) => {
                  const here = tenants.filter((one) => stepOf(one) === step);
                  return (
                    <li key={step}>
                      <span className={classes.step}>
                        <b>{index + 1}</b> {t(`step.${step}`)}{" "}
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
                        {here.length > MOST && (
                          <Link to="/tenants">+{f.number(here.length - MOST)}</Link>
                        )}
                      </span>
                    </li>
                  );
                })}
              </ol>
            </Panel>
            <Columns>
              <AskedPanel title={t("home.budgets")} ask={status}>
                {() =>
                  worst.length ? (
                    <ul className={classes.list}>
                      {worst.map(({ one, allowed, remaining }) => (
                        <li key={one.tenant_id}>
                          <Link to="/tenants/$tenant" params={{ tenant: one.tenant_id } as never}>
                            {one.tenant_id}
                          </Link>
                          <Budget allowed={allowed} remaining={remaining} />
                          <StatusBadge state={one.sla?.status} />
                        </li>
                      ))}
                    </ul>
                  ) : (
                    <Empty say={t("home.budgets.none")} sample="ecp deploy acme --wait" />
                  )
                }
              </AskedPanel>
              <AskedPanel title={t("home.releases")} ask={status}>
                {() =>
                  moving.length ? (
                    <ul className={classes.list}>
                      {moving.map((one) => (
                        <li key={one.tenant_id}>
                          <Link to="/tenants/$tenant" params={{ tenant: one.tenant_id } as never}>
                            {one.tenant_id}
                          </Link>
                          <span>
                            {f.number(one.ready)} / {f.number(one.desired)}
                          </span>
                          <StatusBadge state={one.phase} />
                        </li>
                      ))}
                    </ul>
                  ) : (
                    <Empty say={t("home.releases.none")} />
                  )
                }
              </AskedPanel>
            </Columns>
          </>
        );
      }}
    </Page>
  );
}
