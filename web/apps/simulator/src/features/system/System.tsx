/** How the simulator itself is: checks, lag, memory, what each cluster holds and writes. */
import { Empty } from "@ecp/ui/layout/Empty";
import { Columns, Figures, Page } from "@ecp/ui/layout/Page";
import { Panel } from "@ecp/ui/layout/Panel";
import { LiveBadge, liveOf } from "@ecp/ui/live/LiveBadge";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { DataTable } from "@ecp/ui/table/DataTable";
import type { Column } from "@ecp/ui/table/order";
import { useFormat } from "@ecp/ui/view/format";
import { useMemo } from "react";
import { EVERY_MS, hooks } from "../../ask";
import { useT as usePages } from "../../texts/texts";
import { Ingest } from "./Ingest";
import classes from "./system.module.css";
import { useT } from "./words";

interface Cluster {
  readonly name: string;
  readonly failure: string | null;
  readonly objects: number;
  readonly largest: readonly (readonly [string, number])[];
  readonly log: { readonly changes: number; readonly most: number };
  readonly version: number;
  readonly committed: number;
  readonly journal_bytes: number;
  readonly timers: number;
  readonly faults: number;
  readonly behind_seconds: number;
}

interface Told {
  readonly version: string;
  readonly engine_version: string;
  readonly python: string;
  readonly pid: number;
  readonly storage: { readonly place: string; readonly free_bytes: number | null };
  readonly memory_bytes: number | null;
  readonly uptime_seconds: number;
  readonly event_loop_lag_ms: Readonly<Record<"mean" | "p95" | "worst", number>> | null;
  readonly open: { readonly requests: number; readonly websockets: number };
  readonly checks: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly detail?: string | null;
  }[];
  readonly clusters: readonly Cluster[];
}

const LINKS = ["/metrics", "/docs", "/openapi.json", "/healthz"] as const;

export default function System() {
  const p = usePages();
  const t = useT();
  const f = useFormat();
  const ask = hooks.useQuery("get", "/api/v1/system", {}, { refetchInterval: EVERY_MS });
  const columns = useMemo<Column<Cluster>[]>(() => {
    const number = (
      id: string,
      head: string,
      of: (row: Cluster) => number,
      show: (value: number) => string = (value) => f.number(value),
      width = "84px",
    ): Column<Cluster> => ({
      id,
      head,
      numeric: true,
      width,
      by: of,
      cell: (row) => show(of(row)),
    });
    return [
      {
        id: "name",
        head: t("name"),
        width: "minmax(80px, 0.6fr)",
        by: (row) => row.name,
        cell: (row) => row.name,
      },
      {
        id: "state",
        head: t("state"),
        width: "96px",
        by: (row) => row.failure ?? "",
        cell: (row) => <StatusBadge state={row.failure ? "failed" : "running"} />,
      },
      number("objects", t("objects"), (row) => row.objects),
      {
        id: "log",
        head: t("log"),
        numeric: true,
        width: "142px",
        by: (row) => row.log.changes,
        cell: (row) =>
          t("log.of", { changes: f.number(row.log.changes), most: f.number(row.log.most) }),
      },
      number("journal", t("journal"), (row) => row.journal_bytes, f.bytes),
      number("uncommitted", t("uncommitted"), (row) => row.version - row.committed),
      number("timers", t("timers"), (row) => row.timers, undefined, "100px"),
      number("behind", t("behind"), (row) => row.behind_seconds, f.duration, "104px"),
      number("faults", t("faults"), (row) => row.faults, undefined, "62px"),
      {
        id: "largest",
        head: t("largest"),
        width: "minmax(120px, 1.4fr)",
        cell: (row) => {
          const said = row.largest.map(([kind, count]) => `${kind.split(".")[0]} ${count}`);
          return <span title={said.join("\n")}>{said.join(", ")}</span>;
        },
      },
    ];
  }, [t, f]);
  return (
    <Page title={p("system.title")} badge={<LiveBadge live={liveOf(ask)} />} ask={ask}>
      {(data) => {
        const told = data as unknown as Told;
        const lag = told.event_loop_lag_ms;
        return (
          <>
            <Figures
              of={[
                {
                  name: t("lag"),
                  value: lag ? `${f.number(lag.p95, 1)} ms` : "–",
                  note: lag
                    ? t("lag.note", {
                        worst: f.number(lag.worst, 0),
                        mean: f.number(lag.mean, 1),
                      })
                    : "–",
                  bad: (lag?.p95 ?? 0) > 50,
                },
                { name: t("memory"), value: f.bytes(told.memory_bytes) },
                { name: t("uptime"), value: f.duration(told.uptime_seconds) },
                {
                  name: t("connections"),
                  value: f.number(told.open.requests + told.open.websockets),
                  note: t("connections.note", {
                    sockets: told.open.websockets,
                    requests: told.open.requests,
                  }),
                },
                { name: t("free"), value: f.bytes(told.storage.free_bytes) },
              ]}
            />
            <Columns>
              <Panel title={t("checks")}>
                <ul className={classes.checks}>
                  {told.checks.map((one) => (
                    <li key={one.name}>
                      <StatusBadge
                        state={one.ok ? "healthy" : "failed"}
                        word={t(one.ok ? "check.ok" : "check.bad")}
                      />
                      <span>{checkOf(one.name, t)}</span>
                      {one.detail && <span className="dim">{one.detail}</span>}
                    </li>
                  ))}
                </ul>
              </Panel>
              <Panel title={t("build")}>
                <dl className={classes.build}>
                  <dt>{t("version")}</dt>
                  <dd>{told.version}</dd>
                  <dt>{t("engine")}</dt>
                  <dd>
                    <span className="mono">{told.engine_version}</span>{" "}
                    <small className="dim">{t("engine.say")}</small>
                  </dd>
                  <dt>{t("python")}</dt>
                  <dd>{told.python}</dd>
                  <dt>{t("pid")}</dt>
                  <dd>{told.pid}</dd>
                  <dt>{t("place")}</dt>
                  <dd className="mono">{told.storage.place}</dd>
                </dl>
              </Panel>
            </Columns>
            <Panel title={t("clusters")} flush>
              <DataTable<Cluster>
                label={t("clusters")}
                rows={told.clusters}
                columns={columns}
                id={(row) => row.name}
                sort="name"
                empty={<Empty say={t("ingest.none")} />}
              />
            </Panel>
            <Columns>
              <Ingest />
              <Panel title={t("links")}>
                <ul className={classes.checks}>
                  {LINKS.map((path) => (
                    <li key={path}>
                      <a href={path} className="mono">
                        {path}
                      </a>
                      <span className="dim">{t(`link.${path}`)}</span>
                    </li>
                  ))}
                </ul>
                <h3>{t("bundle")}</h3>
                <p className="dim">
                  {t("bundle.say")} <code className="mono">ecp doctor</code>
                </p>
              </Panel>
            </Columns>
          </>
        );
      }}
    </Page>
  );
}

function checkOf(name: string, t: ReturnType<typeof useT>): string {
  if (name === "loop" || name === "storage") return t(`check.${name}`);
  return t("check.cluster", { name: name.replace("cluster/", "") });
}
