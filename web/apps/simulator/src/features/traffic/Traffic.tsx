/** What is asked of a tenant: over the day, now, and what another load would come to. */
import { TimeSeries } from "@ecp/ui/charts/TimeSeries";
import { Empty } from "@ecp/ui/layout/Empty";
import { Figures, Page } from "@ecp/ui/layout/Page";
import { AskedPanel } from "@ecp/ui/layout/Panel";
import { LiveBadge, liveOf } from "@ecp/ui/live/LiveBadge";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { NativeSelect } from "@mantine/core";
import { EVERY_MS, hooks } from "../../ask";
import { Elsewhere } from "../../clock/Elsewhere";
import { useCluster } from "../../clock/useCluster";
import { seconds, useSeries } from "../../series";
import { useT as usePages } from "../../texts/texts";
import { Change } from "./Change";
import { type Demand, Shape } from "./Shape";
import { WhatIf } from "./WhatIf";
import { type Load, ladder } from "./whatif";
import { useT } from "./words";

const VIEW = { tenant: "", times: 1 };
const STEPS = 25;

interface Answer {
  readonly loads: readonly Load[];
  readonly holds_up_to: number | null;
}

export default function Traffic() {
  const p = usePages();
  const t = useT();
  const [cluster] = useCluster();
  const [view, setView] = useView(VIEW);
  const all = hooks.useQuery("get", "/api/v1/clusters/{name}/tenants", {
    params: { path: { name: cluster } },
  });
  const tenants = (all.data?.tenants ?? []) as unknown as { tenant: string; namespace: string }[];
  const tenant = tenants.find((one) => one.tenant === view.tenant) ?? tenants[0];
  const ifs = useWhatIf(cluster, tenant?.tenant ?? "", [1, view.times], EVERY_MS);
  return (
    <Page
      title={p("traffic.title")}
      badge={tenant && <LiveBadge live={liveOf(ifs)} />}
      ask={all}
      actions={
        tenants.length > 0 && (
          <NativeSelect
            size="xs"
            aria-label={t("tenant")}
            value={tenant?.tenant ?? ""}
            onChange={(change) => setView({ tenant: change.currentTarget.value })}
            data={tenants.map((one) => one.tenant)}
          />
        )
      }
    >
      {() =>
        tenant ? (
          <OfTenant
            key={`${cluster}/${tenant.tenant}`}
            cluster={cluster}
            tenant={tenant.tenant}
            namespace={tenant.namespace}
            ifs={ifs}
            times={view.times}
            onTimes={(times) => setView({ times })}
          />
        ) : (
          <Empty
            say={t("none", { cluster })}
            action={<Elsewhere />}
            sample="ecp deploy acme --wait"
          />
        )
      }
    </Page>
  );
}

/** What would be at so many times the load of now. */
function useWhatIf(cluster: string, tenant: string, times: number[], everyMs: number) {
  return hooks.useQuery(
    "get",
    "/api/v1/clusters/{name}/tenants/{tenant}/what-if",
    {
      params: { path: { name: cluster, tenant }, query: { times } },
    },
    {
      refetchInterval: everyMs,
      enabled: tenant !== "",
      placeholderData: (old: unknown) => old as never,
    },
  );
}

function OfTenant({
  cluster,
  tenant,
  namespace,
  ifs,
  times,
  onTimes,
}: {
  cluster: string;
  tenant: string;
  namespace: string;
  ifs: ReturnType<typeof useWhatIf>;
  times: number;
  onTimes: (times: number) => void;
}) {
  const t = useT();
  const f = useFormat();
  const path = { name: cluster, tenant };
  // The cluster's own time: it may have been warped far ahead of this machine's.
  const clock = hooks.useQuery(
    "get",
    "/api/v1/clusters/{name}/clock",
    { params: { path: { name: cluster } } },
    { select: (told) => ({ minute: `${told.now?.slice(0, 16)}:00Z` }) },
  );
  // Long, and the same for a while: seldom.
  const rungs = useWhatIf(cluster, tenant, ladder(STEPS), EVERY_MS * 6);
  const minute = clock.data?.minute ?? "";
  const day = minute ? startOfDay(f.zone, minute) : "";
  const demand = hooks.useQuery(
    "get",
    "/api/v1/clusters/{name}/tenants/{tenant}/demand",
    { params: { path, query: { from: day, duration: "24h", points: 97 } } },
    { refetchInterval: EVERY_MS * 3, enabled: day !== "" },
  );
  const hour = minute && `${minute.slice(0, 13)}:00:00Z`;
  const range = { from: hour && new Date(Date.parse(hour) - 864e5).toISOString(), to: "" };
  const series = useSeries(cluster, tenant, range, { every: EVERY_MS * 6, points: 288 });
  const said = demand.data as unknown as Demand | undefined;
  const answer = ifs.data as unknown as Answer | undefined;
  const now = answer?.loads[0];
  const worst = now?.workloads.find((one) => one.name === now.busiest);
  const sum = (of: "held" | "sessions_per_second") =>
    said?.profiles.reduce((total, one) => total + one.now[of], 0);
  const waiting = now?.workloads.reduce((total, one) => total + one.queue, 0);
  return (
    <>
      <Figures
        of={[
          {
            name: t("rps"),
            value: t("per.second", { rate: f.number(now?.metrics.network_rps, 3) }),
            note: `${t("begun")}: ${t("per.second", { rate: f.number(sum("sessions_per_second"), 3) })}`,
          },
          { name: t("held"), value: f.number(sum("held"), 1) },
          {
            name: t("holds"),
            value:
              answer?.holds_up_to == null
                ? "–"
                : t("times.value", { times: f.number(answer.holds_up_to) }),
            note: answer?.holds_up_to == null ? t("holds.none") : t("holds.say"),
            bad: (answer?.holds_up_to ?? 9) < 1.2,
          },
          {
            name: t("busiest"),
            value: f.percent(worst?.busy_percent, 1),
            note: t("busiest.say", { name: worst?.name ?? "–" }),
            bad: (worst?.busy_percent ?? 0) > 85,
          },
          { name: t("queue"), value: f.number(waiting, 2) },
          { name: t("response"), value: `${f.number(now?.metrics.response_time, 0)} ms` },
          {
            name: t("errors"),
            value: f.percent(now?.metrics.error_rate, 2),
            bad: (now?.metrics.error_rate ?? 0) > 1,
          },
        ]}
      />
      <AskedPanel
        title={t("day")}
        ask={demand}
        rows={9}
        aside={<span className="dim">{t("day.say")}</span>}
      >
        {(data) => <Day demand={data as unknown as Demand} />}
      </AskedPanel>
      <AskedPanel
        title={t("what-if")}
        ask={ifs}
        aside={<span className="dim">{t("what-if.say")}</span>}
      >
        {(data) => {
          const { loads, holds_up_to } = data as unknown as Answer;
          const chosen = loads[1];
          return chosen ? (
            <WhatIf
              chosen={chosen}
              rungs={(rungs.data as unknown as Answer | undefined)?.loads ?? []}
              holds={holds_up_to}
              times={times}
              onTimes={onTimes}
            />
          ) : null;
        }}
      </AskedPanel>
      {said && (
        <Change
          cluster={cluster}
          tenant={tenant}
          namespace={namespace}
          demand={said}
          onChange={() => {
            void demand.refetch();
            void ifs.refetch();
            void rungs.refetch();
          }}
        />
      )}
      <AskedPanel title={t("measured")} ask={series} rows={9}>
        {(data) => (
          <TimeSeries
            label={t("measured")}
            at={seconds(data.at)}
            series={[
              { name: t("measured.rps"), values: data.network_rps },
              { name: t("measured.queue"), values: data.queue },
            ]}
          />
        )}
      </AskedPanel>
      {said && <Shape demand={said} />}
    </>
  );
}

function Day({ demand }: { demand: Demand }) {
  const t = useT();
  const f = useFormat();
  const now = Date.parse(demand.clock.now) / 1000;
  return (
    <TimeSeries
      label={t("day")}
      at={seconds(demand.at)}
      series={demand.profiles.map((one) => ({
        name: one.profile,
        values: one.points.map((point) => point.requests_per_second),
      }))}
      bands={[{ kind: "release", name: t("now"), from: now }]}
      rest={now}
      show={(value) => f.number(value, 4)}
      height={220}
    />
  );
}

/** The midnight of the reader's zone before now, as an instant. */
function startOfDay(zone: string, at: string): string {
  const now = new Date(at);
  const parts = new Intl.DateTimeFormat("sv-SE", {
    timeZone: zone,
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  }).format(now);
  const [hours = 0, minutes = 0, secs = 0] = parts.split(":").map(Number);
  const since = ((hours * 60 + minutes) * 60 + secs) * 1000;
  return new Date(now.getTime() - since).toISOString();
}
