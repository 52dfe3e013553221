/** The guide's monitoring page (:6380): clusters, every service of every tenant, service levels. */
import { Empty } from "@ecp/ui/layout/Empty";
import { Columns, Figures, Page } from "@ecp/ui/layout/Page";
import { AskedPanel, Panel } from "@ecp/ui/layout/Panel";
import { LiveBadge, liveOf } from "@ecp/ui/live/LiveBadge";
import { type Judged, leftOf } from "@ecp/ui/status/budget";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { DataTable } from "@ecp/ui/table/DataTable";
import type { Column } from "@ecp/ui/table/order";
import { useFormat } from "@ecp/ui/view/format";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { EVERY_MS, hooks } from "../../ask";
import { useT } from "../../texts/texts";
import classes from "./monitoring.module.css";

interface Service {
  readonly tenant: string;
  readonly name: string;
  readonly state?: string;
  readonly ready?: number;
  readonly desired?: number;
}

/** The tenant's own cluster, not the one that was looked at before. */
const WHEREVER = { cluster: "" } as never;

/** For who reads figures by program: what it is, and where. */
const SOURCES = ["/metrics", "/api/metrics", "/monitoring/health", "/sla/status"] as const;

export default function Monitoring() {
  const t = useT();
  const f = useFormat();
  const health = hooks.useQuery("get", "/monitoring/health", {}, { refetchInterval: EVERY_MS });
  const levels = hooks.useQuery("get", "/sla/status", {}, { refetchInterval: EVERY_MS * 2 });
  const columns = useMemo<Column<Service>[]>(
    () => [
      {
        id: "state",
        head: t("workload.state"),
        width: "110px",
        by: (row) => row.state,
        cell: (row) => <StatusBadge state={row.state} />,
      },
      {
        id: "tenant",
        head: t("tenant.name"),
        width: "minmax(110px, 1fr)",
        by: (row) => row.tenant,
        cell: (row) => (
          <Link to="/dashboard/$tenant" params={{ tenant: row.tenant } as never} search={WHEREVER}>
            {row.tenant}
          </Link>
        ),
      },
      {
        id: "name",
        head: t("tenant.workload"),
        width: "minmax(120px, 1.2fr)",
        by: (row) => row.name,
        cell: (row) => <span className="mono">{row.name}</span>,
      },
      {
        id: "replicas",
        head: t("tenant.replicas"),
        numeric: true,
        width: "84px",
        by: (row) => row.ready,
        cell: (row) => `${f.number(row.ready)} / ${f.number(row.desired)}`,
      },
    ],
    [t, f],
  );
  return (
    <Page
      title={t("monitoring.title")}
      badge={
        <>
          <StatusBadge state={health.data?.status} />
          <LiveBadge live={liveOf(health)} />
        </>
      }
      ask={health}
    >
      {(data) => {
        const services = Object.entries(data.services ?? {}).map(([id, one]) => {
          const [tenant = "", name = ""] = id.split("/");
          return { tenant, name, ...one };
        });
        const down = services.filter((one) => one.state !== "up");
        return (
          <>
            <Figures
              of={[
                {
                  name: t("monitoring.up"),
                  value: `${f.number(services.length - down.length)} / ${f.number(services.length)}`,
                  bad: down.length > 0,
                },
                {
                  name: t("monitoring.clusters"),
                  value: f.number(data.clusters?.length),
                  note: data.clusters?.map((one) => one.cluster).join(", "),
                  bad: data.clusters?.some((one) => one.failed) ?? false,
                },
                {
                  name: t("cluster.ready"),
                  value: `${f.number(sum(data.clusters, (one) => one.nodes?.ready))} / ${f.number(sum(data.clusters, (one) => one.nodes?.total))}`,
                },
                {
                  name: t("cluster.pods"),
                  value: f.number(sum(data.clusters, (one) => one.pods?.Running)),
                },
              ]}
            />
            <Panel title={t("monitoring.clusters")} flush>
              <div className={classes.scroll}>
                <table className={classes.table}>
                  <thead>
                    <tr>
                      <th scope="col">{t("cluster.choose")}</th>
                      <th scope="col">{t("clock.now")}</th>
                      <th scope="col">{t("cluster.ready")}</th>
                      <th scope="col">{t("cluster.cpu")}</th>
                      <th scope="col">{t("cluster.memory")}</th>
                      <th scope="col">{t("cluster.gpu")}</th>
                      <th scope="col">{t("monitoring.storage")}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {(data.clusters ?? []).map((one) => (
                      <tr key={one.cluster}>
                        <th scope="row">
                          <Link to="/" search={{ cluster: one.cluster } as never}>
                            {one.cluster}
                          </Link>
                        </th>
                        <td>{f.instant(one.clock?.now)}</td>
                        <td>{`${f.number(one.nodes?.ready)} / ${f.number(one.nodes?.total)}`}</td>
                        <td>{f.percent(one.cpu?.requested_percent, 1)}</td>
                        <td>{f.percent(one.memory?.requested_percent, 1)}</td>
                        <td>{f.percent(one.gpu?.requested_percent, 1)}</td>
                        <td>{f.percent(one.storage?.requested_percent, 1)}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            </Panel>
            <Columns>
              <DataTable<Service>
                label={t("monitoring.services")}
                rows={services}
                columns={columns}
                id={(row) => `${row.tenant}/${row.name}`}
                sort="state"
                height={420}
                empty={<Empty say={t("tenants.none")} sample="ecp deploy acme --wait" />}
              />
              <div>
                <AskedPanel title={t("monitoring.levels")} ask={levels} flush>
                  {(found) =>
                    found.tenants?.length ? (
                      <div className={classes.scroll}>
                        <table className={classes.table}>
                          <thead>
                            <tr>
                              <th scope="col">{t("tenant.name")}</th>
                              <th scope="col">{t("tenant.state")}</th>
                              <th scope="col">{t("tenant.uptime")}</th>
                              <th scope="col">{t("tenant.budget")}</th>
                            </tr>
                          </thead>
                          <tbody>
                            {found.tenants.map((one) => (
                              <tr key={`${one.cluster}/${one.tenant_id}`}>
                                <th scope="row">
                                  <Link
                                    to="/dashboard/$tenant"
                                    params={{ tenant: one.tenant_id } as never}
                                    search={{ cluster: one.cluster } as never}
                                  >
                                    {one.tenant_id}
                                  </Link>{" "}
                                  <small className="dim">{one.cluster}</small>
                                </th>
                                <td>
                                  <StatusBadge state={one.status} />
                                </td>
                                <td>{f.percent(one.uptime_percentage, 3)}</td>
                                <td>{f.duration(leftOf(one as Judged)?.remaining)}</td>
                              </tr>
                            ))}
                          </tbody>
                        </table>
                      </div>
                    ) : (
                      <Empty say={t("tenants.none")} />
                    )
                  }
                </AskedPanel>
                <Panel title={t("monitoring.sources")}>
                  <ul className={classes.sources}>
                    {SOURCES.map((path) => (
                      <li key={path}>
                        <a className="mono" href={path}>
                          {path}
                        </a>{" "}
                        <span className="dim">{t(`monitoring.source.${path}`)}</span>
                      </li>
                    ))}
                  </ul>
                </Panel>
              </div>
            </Columns>
          </>
        );
      }}
    </Page>
  );
}

function sum<T>(rows: readonly T[] | undefined, of: (row: T) => number | undefined): number {
  return (rows ?? []).reduce((total, row) => total + (of(row) ?? 0), 0);
}
