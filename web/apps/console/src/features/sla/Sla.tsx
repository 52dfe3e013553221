/** A tenant's level of service over a range: what was promised, kept, spent, why, and the proof. */
import { Empty } from "@ecp/ui/layout/Empty";
import { Columns } from "@ecp/ui/layout/Page";
import { Answer, AskedPanel } from "@ecp/ui/layout/Panel";
import { told } from "@ecp/ui/layout/ProblemView";
import { RangePicker, useRange } from "@ecp/ui/time/RangePicker";
import { useView } from "@ecp/ui/view/useView";
import { Button, Group } from "@mantine/core";
import { useSearch } from "@tanstack/react-router";
import { useEffect } from "react";
import { EVERY_MS, hooks, useGiven } from "../../ask";
import type { Failure, Incident } from "../../tenant/incidents";
import { TenantPage } from "../../tenant/TenantPage";
import { useTenant } from "../../tenant/useTenant";
import { Achieved } from "./Achieved";
import { Agreement } from "./Agreement";
import { asked, options } from "./asked";
import { Burn } from "./Burn";
import { Files } from "./Files";
import { Incidents } from "./Incidents";
import { Maintenance } from "./Maintenance";
import { Pace } from "./Pace";
import { Services } from "./Services";
import { Shares } from "./Shares";
import type { Composite, Statement } from "./statement";
import { Worth } from "./Worth";
import { useT } from "./words";

const RANGE = { from: "now-1h", to: "now" };

export default function Sla() {
  const tenant = useTenant();
  // Asked for beside what stands around it.
  const asked = useLevels(tenant);
  return (
    <TenantPage part="sla">
      <Parts tenant={tenant} {...asked} />
    </TenantPage>
  );
}

function useLevels(tenant: string) {
  const given = useGiven();
  const search = useSearch({ strict: false }) as { from?: string };
  const [view, setView] = useView(RANGE);
  const bare = search.from === undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only as it is opened
  useEffect(() => {
    // The guide's day, where the address says nothing.
    if (bare) setView({ from: "now-24h" });
  }, []);
  const range = useRange(Date.now());
  const path = { tenant_id: tenant };
  const analysis = "/api/v1/simulator/sla/{tenant_id}/analysis";
  const month = hooks.useQuery("get", analysis, {
    ...given,
    params: { path, query: { period: "calendar-month" } },
  });
  const began = month.data?.window?.from;
  const of = asked(view, began, range);
  const period = "period" in of ? of.period : "";
  const now = hooks.useQuery(
    "get",
    analysis,
    { ...given, params: { path, query: { period } } },
    { refetchInterval: EVERY_MS * 2, enabled: period !== "" },
  );
  const printed = hooks.useQuery(
    "get",
    "/api/v1/simulator/sla/{tenant_id}/report",
    { ...given, params: { path, query: { ...of, format: "json" } } },
    { staleTime: 60_000, refetchInterval: 60_000, enabled: !bare },
  );
  const failures = hooks.useQuery("get", "/api/v1/simulator/failures/{tenant_id}", {
    ...given,
    params: { path },
  });
  return { month, of, period, now, printed, failures };
}

type Levels = ReturnType<typeof useLevels> & { readonly tenant: string };

function Parts({ tenant, month, of, period, now, printed, failures }: Levels) {
  const t = useT();
  const [, setView] = useView(RANGE);
  const began = month.data?.window?.from;
  const statement = printed.data as unknown as Statement | undefined;
  // Of a tenant that has just begun nothing is kept: that is no failure.
  const early = told(printed.error)?.code === "NOTHING_KEPT";
  const shown = { ...printed, data: printed.data ?? (early ? null : undefined) };
  const figures = {
    data: (period ? now.data : statement?.composite) as Composite | undefined,
    error: period ? now.error : printed.error,
    refetch: period ? now.refetch : printed.refetch,
  };
  const known = failures.data?.failures as readonly Failure[] | undefined;
  return (
    <>
      <Group mb="sm" gap="xs">
        <RangePicker />
        {began && (
          <Button
            variant={period === "calendar-month" ? "light" : "subtle"}
            color={period === "calendar-month" ? "ink" : "gray"}
            px={8}
            aria-pressed={period === "calendar-month"}
            data-do="contract"
            onClick={() => setView({ from: began, to: "now" })}
          >
            {t("contract")}
          </Button>
        )}
      </Group>
      <Answer ask={figures} rows={4}>
        {(data) => <Achieved of={data} period={statement?.period} />}
      </Answer>
      <Columns>
        <AskedPanel title={t("burn")} ask={shown} rows={9}>
          {() => (statement ? <Burn of={statement} /> : <Empty say={t("nothing")} />)}
        </AskedPanel>
        <Pace ask={now} custom={period === ""} />
      </Columns>
      <Answer ask={figures} rows={8}>
        {(data) => (
          <Incidents
            tenant={tenant}
            rows={(data.incidents ?? []) as readonly Incident[]}
            failures={known}
            allowed={data.error_budget?.allowed_seconds}
          />
        )}
      </Answer>
      <Columns>
        <Answer ask={figures}>
          {(data) => (
            <Shares rows={(data.incidents ?? []) as readonly Incident[]} failures={known}>
              <Services tenant={tenant} query={of} />
            </Shares>
          )}
        </Answer>
        <AskedPanel title={t("worth")} ask={shown}>
          {() => (statement ? <Worth of={statement} /> : <Empty say={t("nothing")} />)}
        </AskedPanel>
      </Columns>
      <Columns>
        <Files tenant={tenant} query={of} options={options(of)} />
        <Maintenance tenant={tenant} />
      </Columns>
      <Agreement tenant={tenant} credits={statement?.credits} />
    </>
  );
}
