/** The report of an experiment: whom it hit, when, what was seen, what it cost, how it recovered. */
import { TimeSeries } from "@ecp/ui/charts/TimeSeries";
import { Detail } from "@ecp/ui/detail/Detail";
import { Figures } from "@ecp/ui/layout/Page";
import { Answer } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { useMemo } from "react";
import { hooks } from "../../ask";
import type { Fault } from "../../faults";
import { seconds, useSeries } from "../../series";
import classes from "./lab.module.css";
import { stateOf, verdictOf } from "./Runs";
import { Steadiness } from "./Steadiness";
import type { Tenant } from "./useTenants";
import { around, lost } from "./window";
import { useT } from "./words";

const LIVE_MS = 5000;

export function Report({
  cluster,
  run,
  listed,
  tenants,
  onClose,
}: {
  cluster: string;
  run: string;
  listed: readonly Fault[] | undefined;
  tenants: readonly Tenant[];
  onClose: () => void;
}) {
  const t = useT();
  const found = listed?.find((one) => one.id === run);
  // One that is older than what is listed, or that nobody knows.
  const asked = hooks.useQuery(
    "get",
    "/api/v1/clusters/{name}/faults/{fault_id}",
    { params: { path: { name: cluster, fault_id: run } } },
    { enabled: run !== "" && listed !== undefined && !found, retry: false },
  );
  const fault = found ?? (asked.data as unknown as Fault | undefined);
  return (
    <Detail
      title={fault ? t("report.of", { title: fault.title, id: fault.id }) : run}
      opened={run !== ""}
      onClose={onClose}
      tabs={[
        {
          id: "report",
          name: t("report"),
          show: () => (
            <Answer ask={{ ...asked, data: fault }}>
              {(one) => <Body cluster={cluster} fault={one} tenants={tenants} />}
            </Answer>
          ),
        },
      ]}
    />
  );
}

function Body({
  cluster,
  fault,
  tenants,
}: {
  cluster: string;
  fault: Fault;
  tenants: readonly Tenant[];
}) {
  const t = useT();
  const f = useFormat();
  const began = fault.started_at;
  const hit = tenants.filter((one) => fault.namespaces.includes(one.namespace));
  const end = fault.ended_at ?? null;
  return (
    <>
      <div className={classes.state}>
        <StatusBadge state={stateOf(fault)} />
        <span className="dim">{fault.expected_effect}</span>
      </div>
      {fault.problem && <p role="alert">{fault.problem}</p>}
      {fault.stopped_by && (
        <p>{t(fault.stopped_by === "abort" ? "stopped.abort" : "stopped.halt")}</p>
      )}
      <Figures
        of={[
          { name: t("injected"), value: f.clock(began), note: f.instant(began) },
          {
            name: t("lasted"),
            value: began && end ? f.duration((Date.parse(end) - Date.parse(began)) / 1000) : "–",
            note: end ? f.instant(end) : "–",
          },
          {
            name: t("recovery"),
            value: f.duration(fault.recovery_seconds),
            note: f.instant(fault.recovered_at),
          },
          { name: t("verdict"), value: verdictOf(fault, t) },
        ]}
      />
      <h3>{t("hit")}</h3>
      <ul className={classes.targets}>
        {fault.targets.map((one) => (
          <li key={one} className="mono">
            {one}
          </li>
        ))}
      </ul>
      <h3>{t("proof")}</h3>
      {fault.proof.length === 0 ? (
        <p className="dim">{t("proof.none")}</p>
      ) : (
        <ul className={classes.proof}>
          {fault.proof.map((one) => (
            <li key={one.observe}>
              {one.text}
              {fault.seen[one.observe] && (
                <span className="dim">
                  {" "}
                  · {t("seen")} {f.duration(fault.seen[one.observe]?.after_seconds)}
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
      {hit.length === 0 && <p className="dim">{t("impact.none")}</p>}
      {began &&
        hit
          .slice(0, 3)
          .map((one) => (
            <Impact key={one.tenant} cluster={cluster} fault={fault} tenant={one.tenant} />
          ))}
    </>
  );
}

/** What a tenant's requests met before, during and after, with the window shaded. */
function Impact({ cluster, fault, tenant }: { cluster: string; fault: Fault; tenant: string }) {
  const t = useT();
  const f = useFormat();
  const over = fault.state === "ended" && fault.recovered_at !== null;
  const range = around(fault);
  const series = useSeries(cluster, tenant, range, {
    every: over ? LIVE_MS * 12 : LIVE_MS,
    points: 300,
  });
  const bands = useMemo(() => {
    const from = Date.parse(fault.started_at ?? "") / 1000;
    const to = fault.ended_at ? Date.parse(fault.ended_at) / 1000 : undefined;
    return [
      { kind: "fault" as const, name: fault.title, from, ...(to === undefined ? {} : { to }) },
    ];
  }, [fault.started_at, fault.ended_at, fault.title]);
  return (
    <section aria-label={`${t("impact")}: ${tenant}`}>
      <h3>
        {over ? t("impact") : t("impact.live")} · {tenant}
      </h3>
      <Answer ask={series}>
        {(data) => {
          const at = seconds(data.at);
          return (
            <>
              <Figures
                of={[
                  {
                    name: t("sla.cost"),
                    value: f.duration(lost(data, fault)),
                    note: t("sla.cost.say", { tenant }),
                    bad: lost(data, fault) > 0,
                  },
                ]}
              />
              <TimeSeries
                label={t("response")}
                at={at}
                series={[{ name: t("response"), values: data.response_time }]}
                bands={bands}
                height={130}
              />
              <TimeSeries
                label={t("errors")}
                at={at}
                series={[{ name: t("errors"), values: data.error_rate }]}
                bands={bands}
                height={130}
              />
              <TimeSeries
                label={t("ready")}
                at={at}
                series={[
                  { name: t("ready"), values: data.ready },
                  { name: t("wanted"), values: data.wanted },
                ]}
                bands={bands}
                height={130}
              />
              <h3>{t("steadiness")}</h3>
              <Steadiness fault={fault} figures={data} />
            </>
          );
        }}
      </Answer>
    </section>
  );
}
