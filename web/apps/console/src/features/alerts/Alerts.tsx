/** Alerts: what fires and why, who takes care, who is told, by which rules, what is silenced. */
import { Detail } from "@ecp/ui/detail/Detail";
import { Empty } from "@ecp/ui/layout/Empty";
import { Page } from "@ecp/ui/layout/Page";
import { LiveBadge, liveOf } from "@ecp/ui/live/LiveBadge";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { DataTable } from "@ecp/ui/table/DataTable";
import type { Column } from "@ecp/ui/table/order";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { Button, Group, SegmentedControl, Tabs } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { demoOf, EVERY_MS, hooks, useGiven } from "../../ask";
import { useT as useTitles } from "../../texts/texts";
import { AlertView } from "./AlertView";
import { type Alert, SEVERITY_STATES, severityOf } from "./alerts";
import classes from "./alerts.module.css";
import { Routes } from "./Routes";
import { Rules } from "./Rules";
import { Silences } from "./Silences";
import { useT } from "./words";

const STATES = ["open", "acknowledged", "resolved", "all"] as const;
const PARTS = ["alerts", "routes", "rules", "silences"] as const;
const SHOWN = { alerts: Listed, routes: Routes, rules: Rules, silences: Silences } as const;
const VIEW = { part: "alerts", state: "open", tenant: "", alert: 0 };

export default function Alerts() {
  const t = useT();
  const titles = useTitles();
  const f = useFormat();
  const [view, setView] = useView(VIEW);
  const given = useGiven();
  const part = PARTS.find((one) => one === view.part) ?? "alerts";
  const open = hooks.useQuery(
    "get",
    "/api/v1/alerts",
    { ...given, params: { query: { state: "open", limit: 1 } } },
    { refetchInterval: EVERY_MS },
  );
  const Shown = SHOWN[part];
  return (
    <Page title={titles("alerts.title")} badge={<LiveBadge live={liveOf(open)} />} ask={open}>
      {({ total = 0 }) => (
        <Tabs
          value={part}
          onChange={(chosen) => setView({ ...VIEW, part: chosen ?? "alerts" })}
          keepMounted={false}
        >
          <Tabs.List mb="sm" aria-label={t("parts")}>
            {PARTS.map((name) => (
              <Tabs.Tab key={name} value={name} data-part={name}>
                {t(`part.${name}`)} {name === "alerts" && total > 0 && f.number(total)}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <Tabs.Panel value={part}>
            <Shown />
          </Tabs.Panel>
        </Tabs>
      )}
    </Page>
  );
}

function Listed() {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const [view, setView] = useView(VIEW);
  const state = STATES.find((one) => one === view.state) ?? "open";
  const query = {
    limit: 500,
    ...(state === "all" ? {} : { state }),
    ...(view.tenant ? { tenant_id: view.tenant } : {}),
  };
  const alerts = hooks.useQuery(
    "get",
    "/api/v1/alerts",
    { ...given, params: { query } },
    { refetchInterval: EVERY_MS, placeholderData: (old) => old },
  );
  const columns = useMemo<Column<Alert>[]>(
    () => [
      {
        id: "severity",
        head: t("severity"),
        width: "110px",
        by: (row) => row.severity,
        cell: (row) => {
          const severity = severityOf(row.severity);
          return <StatusBadge state={SEVERITY_STATES[severity]} word={t(`severity.${severity}`)} />;
        },
      },
      {
        id: "state",
        head: t("state"),
        width: "minmax(110px, 0.7fr)",
        by: (row) => row.state,
        cell: (row) => (
          <>
            <StatusBadge state={row.state} />{" "}
            {row.silenced_by !== null && row.silenced_by !== undefined && (
              <span className="dim">{t("silenced")}</span>
            )}
          </>
        ),
      },
      {
        id: "tenant",
        head: t("tenant"),
        width: "minmax(110px, 0.8fr)",
        by: (row) => row.tenant_id,
        cell: (row) => row.tenant_id,
      },
      {
        id: "message",
        head: t("message"),
        width: "minmax(240px, 2.4fr)",
        by: (row) => row.message?.[f.language],
        cell: (row) => <span title={row.message?.[f.language]}>{row.message?.[f.language]}</span>,
      },
      {
        id: "why",
        head: t("why"),
        width: "minmax(180px, 1.6fr)",
        by: (row) => row.why?.[f.language]?.[0],
        cell: (row) => row.why?.[f.language]?.[0] ?? "–",
      },
      {
        id: "fired",
        head: t("fired"),
        width: "196px",
        by: (row) => row.fired_at ?? row.began_at,
        cell: (row) => <span className="dim">{f.instant(row.fired_at ?? row.began_at)}</span>,
      },
    ],
    [t, f],
  );
  const rows = (alerts.data?.alerts ?? []) as unknown as readonly Alert[];
  const open = rows.find((row) => row.id === view.alert);
  return (
    <>
      <DataTable<Alert>
        label={t("part.alerts")}
        rows={rows}
        total={alerts.data?.total ?? rows.length}
        stale={alerts.isPlaceholderData}
        columns={columns}
        id={(row) => String(row.id)}
        sort="-fired"
        {...(open ? { open: String(open.id) } : {})}
        onOpen={(row) => setView({ alert: row.id })}
        chips={
          <SegmentedControl
            size="xs"
            aria-label={t("state")}
            value={state}
            onChange={(chosen) => setView({ state: chosen, alert: 0 })}
            data={STATES.map((value) => ({ value, label: t(`state.${value}`) }))}
          />
        }
        empty={
          demoOf(given) ? (
            <Empty
              say={t("none.demo")}
              action={
                <Group gap="xs" justify="center">
                  <Button
                    component={Link}
                    to="/failures"
                    search={{ kind: "service_down" } as never}
                    variant="default"
                  >
                    {t("none.demo.action")}
                  </Button>
                  <Link to="/alerts" search={{ part: "rules" } as never}>
                    {t("none.demo.history")}
                  </Link>
                </Group>
              }
            />
          ) : (
            <Empty say={t("none")} sample="ecp fault trigger acme service_down" />
          )
        }
      />
      <Detail
        title={<span className={classes.title}>{open?.message?.[f.language] ?? t("one")}</span>}
        opened={view.alert > 0}
        onClose={() => setView({ alert: 0 })}
        onNeighbour={(by) => {
          const next = rows[rows.findIndex((row) => row.id === view.alert) + by];
          if (next) setView({ alert: next.id });
        }}
        tabs={[
          {
            id: "alert",
            name: t("one"),
            show: () => <AlertView id={view.alert} onChange={() => void alerts.refetch()} />,
          },
        ]}
      />
    </>
  );
}
