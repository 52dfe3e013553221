/** Where a tenant stands, in one look: what to do next, its phases, its budget, what happened. */
import { Columns, Figures } from "@ecp/ui/layout/Page";
import { AskedPanel } from "@ecp/ui/layout/Panel";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { Navigate } from "@tanstack/react-router";
import { EVERY_MS, hooks, useGiven } from "../../ask";
import { DeployButton } from "../../tenant/DeployButton";
import type { Failure, Incident } from "../../tenant/incidents";
import { TenantPage } from "../../tenant/TenantPage";
import { useStatus, useTenant } from "../../tenant/useTenant";
import { Actions } from "./Actions";
import { Budgets } from "./Budgets";
import { type Firing, type Left, Need } from "./Need";
import type { Facts } from "./next";
import classes from "./overview.module.css";
import { Phases } from "./Phases";
import { type Clocks, Recent } from "./Recent";
import { useT } from "./words";

/** As addresses were before each part had its own. */
const OLD = { part: "", period: "" };

export default function Overview() {
  const tenant = useTenant();
  const [old] = useView(OLD);
  if (old.part === "startup")
    return <Navigate to="/tenants/$tenant/startup" params={{ tenant } as never} replace />;
  if (old.part === "sla" || old.period)
    return (
      <Navigate
        to="/tenants/$tenant/sla"
        params={{ tenant } as never}
        search={(old.period ? { from: `now-${old.period}` } : {}) as never}
        replace
      />
    );
  return (
    <TenantPage part="overview" actions={<DeployButton tenant={tenant} />}>
      <Parts tenant={tenant} />
    </TenantPage>
  );
}

function Parts({ tenant }: { tenant: string }) {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const status = useStatus(tenant);
  const path = { tenant_id: tenant };
  const every = { refetchInterval: EVERY_MS * 3 };
  const deployed = { ...every, enabled: Boolean(status.data?.deployment_id) };
  const sla = "/api/v1/simulator/sla/{tenant_id}/analysis";
  const params = (period: string) => ({ ...given, params: { path, query: { period } } });
  const day = hooks.useQuery("get", sla, params("24h"), deployed);
  const month = hooks.useQuery("get", sla, params("calendar-month"), deployed);
  const failures = hooks.useQuery(
    "get",
    "/api/v1/simulator/failures/{tenant_id}",
    { ...given, params: { path } },
    deployed,
  );
  const alerts = hooks.useQuery(
    "get",
    "/api/v1/alerts",
    { ...given, params: { query: { tenant_id: tenant, state: "firing" } } },
    every,
  );
  const history = hooks.useQuery(
    "get",
    "/api/v1/tenants/{tenant_id}/history",
    { ...given, params: { path, query: { limit: 8 } } },
    every,
  );
  const about = hooks.useQuery("get", "/api/v1/tenants/{tenant_id}", {
    ...given,
    params: { path },
  });
  const incidents = (day.data?.incidents ?? []) as unknown as Incident[];
  const known = failures.data?.failures as readonly Failure[] | undefined;
  const firing = (alerts.data?.alerts ?? []) as unknown as Firing[];
  // Of the same answer as the word about it.
  const judged = (status.data?.sla as { error_budget?: Left } | null | undefined)?.error_budget;
  const totals = about.data?.resources?.totals;
  return (
    <>
      {status.data && (
        <Need
          tenant={tenant}
          facts={status.data as unknown as Facts}
          budget={judged}
          incidents={incidents}
          failures={known}
          firing={firing}
        />
      )}
      <Columns>
        <div>
          <Phases tenant={tenant} budget={judged} />
          <AskedPanel title={t("resources")} ask={about} flush>
            {() =>
              totals ? (
                <div className={classes.inside}>
                  <Figures
                    of={[
                      { name: t("pods"), value: f.number(totals.pods) },
                      { name: t("cpu"), value: f.cores(totals.cpu) },
                      { name: t("memory"), value: f.bytes(totals.memory) },
                      { name: t("gpu"), value: f.number(totals.gpus) },
                      { name: t("storage"), value: f.bytes(totals.storage) },
                    ]}
                  />
                </div>
              ) : (
                <p className={classes.note}>{t("resources.none")}</p>
              )
            }
          </AskedPanel>
          <Actions tenant={tenant} state={status.data?.state ?? ""} />
        </div>
        <div>
          <Budgets day={day.data} month={month.data} />
          <AskedPanel title={t("recent")} ask={history}>
            {(data) => (
              <Recent
                turns={data.history ?? []}
                incidents={(month.data?.incidents ?? []) as unknown as Incident[]}
                failures={known}
                clocks={month.data as Clocks | undefined}
              />
            )}
          </AskedPanel>
        </div>
      </Columns>
    </>
  );
}
