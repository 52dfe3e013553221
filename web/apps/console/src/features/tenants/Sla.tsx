/** A tenant's level of service over a period: what was promised, achieved, left, and the incidents. */

import { TimeSeries } from "@ecp/ui/charts/TimeSeries";
import { Empty } from "@ecp/ui/layout/Empty";
import { Columns, Figures } from "@ecp/ui/layout/Page";
import { Answer, AskedPanel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { DataTable } from "@ecp/ui/table/DataTable";
import type { Column } from "@ecp/ui/table/order";
import { useUi } from "@ecp/ui/texts/texts";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { SegmentedControl } from "@mantine/core";
import { useMemo } from "react";
import { EVERY_MS, hooks, useGiven } from "../../ask";
import { useT } from "../../texts/texts";

const PERIODS = { "24h": 24, "7d": 168, "30d": 720 } as const;
const VIEW = { period: "24h" };
/** As many as the orchestrator keeps minute by minute. */
const MOST_HOURS = 48;

interface Incident {
  readonly started_at: string;
  readonly duration_seconds?: number | null;
  readonly age_seconds?: number | null;
  readonly state?: string;
  readonly causes?: readonly { readonly kind?: string; readonly id?: string }[];
}

export function Sla({ tenant }: { tenant: string }) {
  const t = useT();
  const u = useUi();
  const f = useFormat();
  const [view, setView] = useView(VIEW);
  const period = view.period in PERIODS ? (view.period as keyof typeof PERIODS) : "24h";
  const hours = f.duration(Math.min(PERIODS[period], MOST_HOURS) * 3600);
  const given = useGiven();
  const path = { tenant_id: tenant };
  const sla = hooks.useQuery(
    "get",
    "/api/v1/simulator/sla/{tenant_id}/analysis",
    { ...given, params: { path, query: { period } } },
    { refetchInterval: EVERY_MS * 2 },
  );
  const figures = hooks.useQuery(
    "get",
    "/api/v1/monitoring/statistics/{tenant_id}",
    { ...given, params: { path, query: { hours: Math.min(PERIODS[period], MOST_HOURS) } } },
    { refetchInterval: EVERY_MS * 6 },
  );
  const failures = hooks.useQuery(
    "get",
    "/api/v1/simulator/failures/{tenant_id}",
    { ...given, params: { path } },
    { refetchInterval: EVERY_MS * 6 },
  );
  const known = failures.data?.failures;
  const columns = useMemo<Column<Incident>[]>(() => {
    const said = (one: { readonly kind?: string; readonly id?: string }): string => {
      const fault = known?.find(({ id }) => one.kind === "fault" && id === one.id);
      return fault ? `${fault.title} (${fault.targets?.join(", ")})` : `${one.kind} ${one.id}`;
    };
    return [
      {
        id: "from",
        head: t("sla.incident.from"),
        width: "minmax(190px, 1.2fr)",
        by: (row) => row.started_at,
        cell: (row) => f.instant(row.started_at),
      },
      {
        id: "lasted",
        head: t("sla.incident.lasted"),
        numeric: true,
        width: "110px",
        by: (row) => row.duration_seconds ?? row.age_seconds,
        cell: (row) => f.duration(row.duration_seconds ?? row.age_seconds),
      },
      {
        id: "state",
        head: t("tenant.state"),
        width: "minmax(90px, 0.8fr)",
        by: (row) => row.state,
        cell: (row) => <StatusBadge state={row.state} />,
      },
      {
        id: "cause",
        head: t("sla.incident.cause"),
        width: "minmax(160px, 2fr)",
        by: (row) => row.causes?.map(said).join(" "),
        cell: (row) => row.causes?.map(said).join(", ") || "–",
      },
    ];
  }, [t, f, known]);
  const drawn = useMemo(() => {
    const rows = figures.data?.series ?? [];
    return {
      at: rows.map((row) => Date.parse(String(row.from)) / 1000),
      response: [
        {
          name: t("sla.series"),
          values: rows.map((row) => (row.response_time as number | null) ?? null),
        },
      ],
      traffic: [
        {
          name: t("sla.traffic"),
          values: rows.map((row) => (row.request_rate as number | null) ?? null),
        },
      ],
    };
  }, [figures.data, t]);
  return (
    <>
      <SegmentedControl
        size="xs"
        mb="sm"
        aria-label={u("range")}
        value={period}
        onChange={(chosen) => setView({ period: chosen })}
        data={Object.keys(PERIODS).map((value) => ({
          value,
          label: u(`range.${value as keyof typeof PERIODS}`),
        }))}
      />
      <Answer ask={sla}>
        {(data) => {
          const budget = data.error_budget;
          const spent = 100 - (budget?.remaining_pct ?? 100);
          return (
            <Figures
              of={[
                { name: t("sla.promise"), value: f.percent(data.target_sla, 3) },
                {
                  name: t("sla.now"),
                  value: f.percent(data.uptime_percentage, 3),
                  note: <StatusBadge state={data.status} />,
                  bad: data.status === "breached",
                },
                {
                  name: t("sla.left"),
                  value: f.duration(budget?.remaining_seconds),
                  note: t("sla.burnt", { part: f.percent(spent, 0) }),
                  bad: (budget?.remaining_seconds ?? 1) < 0,
                },
                {
                  name: t("sla.incidents"),
                  value: f.number(data.failure_count),
                  note: f.duration(data.downtime_seconds),
                },
              ]}
            />
          );
        }}
      </Answer>
      <Columns>
        <AskedPanel title={`${t("sla.series")}, ms · ${hours}`} ask={figures}>
          {() => <TimeSeries label={t("sla.series")} at={drawn.at} series={drawn.response} />}
        </AskedPanel>
        <AskedPanel title={`${t("sla.traffic")}, /s · ${hours}`} ask={figures}>
          {() => <TimeSeries label={t("sla.traffic")} at={drawn.at} series={drawn.traffic} />}
        </AskedPanel>
      </Columns>
      <Answer ask={sla}>
        {(data) => (
          <DataTable<Incident>
            label={t("sla.incidents")}
            rows={(data.incidents ?? []) as unknown as Incident[]}
            columns={columns}
            id={(row) => row.started_at}
            sort="-from"
            height={380}
            empty={<Empty say={t("sla.incidents.none")} />}
          />
        )}
      </Answer>
    </>
  );
}
