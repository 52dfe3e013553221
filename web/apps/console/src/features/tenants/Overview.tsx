/** Where a tenant stands, in one look: what to do next, its phases, its budget, what happened. */
import { Columns } from "@ecp/ui/layout/Page";
import { AskedPanel } from "@ecp/ui/layout/Panel";
import { useView } from "@ecp/ui/view/useView";
import { Navigate } from "@tanstack/react-router";
import { EVERY_MS, hooks, useGiven } from "../../ask";
import { DeployNext } from "../../tenant/DeployNext";
import type { Failure, Incident } from "../../tenant/incidents";
import { TenantPage } from "../../tenant/TenantPage";
import { useStatus, useTenant } from "../../tenant/useTenant";
import { Actions } from "./Actions";
import { Budgets } from "./Budgets";
import { type Firing, type Left, Need } from "./Need";
import type { Facts } from "./next";
import { Phases } from "./Phases";
import { type Clocks, Recent } from "./Recent";
import { Resources } from "./Resources";
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
    <TenantPage part="overview" actions={<DeployNext tenant={tenant} />}>
      <Parts tenant={tenant} />
    </TenantPage>
  );
}

function Parts({ tenant }: { tenant: string }) {
  const t = useT();
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
  const incidents = (day.data?.incidents ?? []) as unknown as Incident[];
  const known = failures.data?.failures as readonly Failure[] | undefined;
  const firing = (alerts.data?.alerts ?? []) as unknown as Firing[];
  // Of the same answer as the word about it.
  const judged = (status.data?.sla as { error_budget?: Left } | null | undefined)?.error_budget;
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
          {status.data && <Resources tenant={tenant} digest={releasedOf(status.data)} />}
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

/** The digest of the manifest that was released last; null: nothing was. */
function releasedOf(status: {
  deployment_id?: string | null;
  manifest_digest?: unknown;
}): string | null {
  return status.deployment_id ? String(status.manifest_digest ?? "") || null : null;
}
