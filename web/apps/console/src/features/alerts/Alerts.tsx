/** Alerts: what fires and why, who takes care, what is silenced. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { Detail } from "@ecp/ui/detail/Detail";
import { Empty } from "@ecp/ui/layout/Empty";
import { Page } from "@ecp/ui/layout/Page";
import { AskedPanel } from "@ecp/ui/layout/Panel";
import { LiveBadge, liveOf } from "@ecp/ui/live/LiveBadge";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { DataTable } from "@ecp/ui/table/DataTable";
import type { Column } from "@ecp/ui/table/order";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { NativeSelect, SegmentedControl, TextInput } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { atOrchestrator, EVERY_MS, headersOf, hooks, useGiven } from "../../ask";
import { useT } from "../../texts/texts";
import classes from "./alerts.module.css";

const STATES = ["open", "acknowledged", "resolved", "all"] as const;
const VIEW = { state: "open", alert: 0 };
const HOURS = ["30m", "2h", "8h", "24h"];

interface Alert {
  readonly id: number;
  readonly tenant_id?: string;
  readonly rule?: string;
  readonly severity?: string;
  readonly state?: string;
  readonly message?: Record<string, string>;
  readonly why?: Record<string, readonly string[]>;
  readonly began_at?: string | null;
  readonly fired_at?: string | null;
  readonly resolved_at?: string | null;
  readonly acknowledged_at?: string | null;
  readonly acknowledged_by?: string | null;
}

const SEVERITY: Record<string, string> = {
  critical: "failed",
  warning: "at_risk",
  info: "planned",
};

export default function Alerts() {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const [view, setView] = useView(VIEW);
  const state = STATES.find((one) => one === view.state) ?? "open";
  const query = { limit: 200, ...(state === "all" ? {} : { state }) };
  const alerts = hooks.useQuery(
    "get",
    "/api/v1/alerts",
    { ...given, params: { query } },
    { refetchInterval: EVERY_MS },
  );
  const silences = hooks.useQuery("get", "/api/v1/alerts/silences", given, {
    refetchInterval: EVERY_MS * 2,
  });
  const columns = useMemo<Column<Alert>[]>(
    () => [
      {
        id: "severity",
        head: t("alerts.severity"),
        width: "110px",
        by: (row) => row.severity,
        cell: (row) => (
          <StatusBadge
            state={SEVERITY[row.severity ?? ""]}
            word={t(`alerts.severity.${severity(row.severity)}`)}
          />
        ),
      },
      {
        id: "state",
        head: t("tenant.state"),
        width: "110px",
        by: (row) => row.state,
        cell: (row) => <StatusBadge state={row.state} />,
      },
      {
        id: "tenant",
        head: t("tenant.name"),
        width: "minmax(110px, 0.8fr)",
        by: (row) => row.tenant_id,
        cell: (row) => row.tenant_id,
      },
      {
        id: "message",
        head: t("alerts.message"),
        width: "minmax(240px, 3fr)",
        by: (row) => row.message?.[f.language],
        cell: (row) => <span title={row.message?.[f.language]}>{row.message?.[f.language]}</span>,
      },
      {
        id: "fired",
        head: t("alerts.fired"),
        width: "196px",
        by: (row) => row.fired_at ?? row.began_at,
        cell: (row) => <span className="dim">{f.instant(row.fired_at ?? row.began_at)}</span>,
      },
    ],
    [t, f],
  );
  const refresh = async () => {
    await Promise.all([alerts.refetch(), silences.refetch()]);
  };
  return (
    <Page title={t("alerts.title")} badge={<LiveBadge live={liveOf(alerts)} />} ask={alerts}>
      {(data) => {
        const rows = (data.alerts ?? []) as unknown as readonly Alert[];
        const open = rows.find((row) => row.id === view.alert);
        const silenced = (silences.data?.silences ?? []).filter((one) => one.active);
        return (
          <>
            <DataTable<Alert>
              label={t("alerts.title")}
              rows={rows}
              total={data.total ?? rows.length}
              columns={columns}
              id={(row) => String(row.id)}
              sort="-fired"
              {...(open ? { open: String(open.id) } : {})}
              onOpen={(row) => setView({ alert: row.id })}
              chips={
                <SegmentedControl
                  size="xs"
                  aria-label={t("tenant.state")}
                  value={state}
                  onChange={(chosen) => setView({ state: chosen, alert: 0 })}
                  data={STATES.map((value) => ({ value, label: t(`alerts.state.${value}`) }))}
                />
              }
              empty={<Empty say={t("alerts.none")} sample="ecp fault trigger acme service_down" />}
            />
            <AskedPanel title={t("alerts.silences")} ask={silences}>
              {() =>
                silenced.length ? (
                  <ul className={classes.rows}>
                    {silenced.map((one) => (
                      <li key={one.id}>
                        <span className="mono">
                          {Object.entries(one.matchers ?? {})
                            .map(([name, value]) => `${name}=${value}`)
                            .join(" ")}
                        </span>
                        <span>{one.why}</span>
                        <span className="dim">
                          {t("alerts.until", { until: f.instant(one.until) })}
                        </span>
                        <Mutation
                          label={t("alerts.unsilence")}
                          cli={`ecp alerts unsilence ${one.id}`}
                          curl={curl(
                            "DELETE",
                            `/api/v1/alerts/silences/${one.id}`,
                            undefined,
                            headersOf(given),
                          )}
                          run={async () => {
                            const { error } = await atOrchestrator.DELETE(
                              "/api/v1/alerts/silences/{silence_id}",
                              { params: { path: { silence_id: one.id ?? 0 } } },
                            );
                            if (error) throw error;
                            await refresh();
                          }}
                        />
                      </li>
                    ))}
                  </ul>
                ) : (
                  <Empty say={t("alerts.silences.none")} />
                )
              }
            </AskedPanel>
            <Detail
              title={open?.message?.[f.language] ?? ""}
              opened={open !== undefined}
              onClose={() => setView({ alert: 0 })}
              onNeighbour={(by) => {
                const next = rows[rows.findIndex((row) => row.id === view.alert) + by];
                if (next) setView({ alert: next.id });
              }}
              tabs={[
                {
                  id: "alert",
                  name: t("alerts.one"),
                  show: () => (open ? <One alert={open} onChange={refresh} /> : null),
                },
              ]}
            />
          </>
        );
      }}
    </Page>
  );
}

function One({ alert, onChange }: { alert: Alert; onChange: () => Promise<void> }) {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const [why, setWhy] = useState("");
  const [hours, setHours] = useState("2h");
  const demo = given.headers["X-Demo-Mode"] === "true" ? " --demo" : "";
  const matchers: Record<string, string> = {
    tenant_id: alert.tenant_id ?? "",
    rule: alert.rule ?? "",
  };
  const silence = { matchers, duration: hours, why };
  return (
    <div className={classes.one}>
      <dl>
        <dt>{t("tenant.name")}</dt>
        <dd>
          <Link to="/tenants/$tenant" params={{ tenant: alert.tenant_id } as never}>
            {alert.tenant_id}
          </Link>
        </dd>
        <dt>{t("alerts.rule")}</dt>
        <dd className="mono">{alert.rule}</dd>
        <dt>{t("tenant.state")}</dt>
        <dd>
          <StatusBadge state={alert.state} />
        </dd>
        <dt>{t("alerts.began")}</dt>
        <dd>{f.instant(alert.began_at)}</dd>
        <dt>{t("alerts.fired")}</dt>
        <dd>{f.instant(alert.fired_at)}</dd>
        <dt>{t("alerts.acknowledged")}</dt>
        <dd>
          {f.instant(alert.acknowledged_at)} {alert.acknowledged_by}
        </dd>
        <dt>{t("alerts.resolved")}</dt>
        <dd>{f.instant(alert.resolved_at)}</dd>
      </dl>
      <h3>{t("alerts.why")}</h3>
      <ol>
        {(alert.why?.[f.language] ?? []).map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ol>
      {alert.state !== "resolved" && (
        <>
          <h3>{t("alerts.do")}</h3>
          {alert.state !== "acknowledged" && (
            <Mutation
              label={t("alerts.ack")}
              primary
              cli={`ecp alerts ack ${alert.id}${demo}`}
              curl={curl("POST", `/api/v1/alerts/${alert.id}/acknowledge`, {}, headersOf(given))}
              run={async () => {
                const { error } = await atOrchestrator.POST(
                  "/api/v1/alerts/{alert_id}/acknowledge",
                  {
                    params: { path: { alert_id: alert.id } },
                    body: {},
                  },
                );
                if (error) throw error;
                await onChange();
              }}
            />
          )}
          <div className={classes.form}>
            <TextInput
              size="xs"
              label={t("alerts.silence.why")}
              value={why}
              onChange={(change) => setWhy(change.currentTarget.value)}
            />
            <NativeSelect
              size="xs"
              label={t("alerts.silence.for")}
              value={hours}
              onChange={(change) => setHours(change.currentTarget.value)}
              data={HOURS}
            />
            <Mutation
              label={t("alerts.silence")}
              disabled={why.trim() === ""}
              cli={`ecp alerts silence --tenant ${alert.tenant_id} --rule ${alert.rule} --for ${hours} --why "${why}"${demo}`}
              curl={curl("POST", "/api/v1/alerts/silences", silence, headersOf(given))}
              run={async () => {
                const { error } = await atOrchestrator.POST("/api/v1/alerts/silences", {
                  body: silence,
                });
                if (error) throw error;
                await onChange();
              }}
            />
          </div>
        </>
      )}
    </div>
  );
}

/** Return a severity that has words. */
function severity(word: string | undefined): "info" | "warning" | "critical" {
  return word === "critical" || word === "info" ? word : "warning";
}
