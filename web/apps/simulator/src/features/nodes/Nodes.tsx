/** The nodes of a cluster: what each has, what is requested and used of it; and the pools they come from. */
import { Empty } from "@ecp/ui/layout/Empty";
import { Page } from "@ecp/ui/layout/Page";
import { Panel } from "@ecp/ui/layout/Panel";
import { LiveBadge, liveOf } from "@ecp/ui/live/LiveBadge";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { DataTable } from "@ecp/ui/table/DataTable";
import { arranged, type Column } from "@ecp/ui/table/order";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { useMemo } from "react";
import { useCluster } from "../../clock/useCluster";
import { Bar, type Resource } from "../../objects/Bar";
import { type NodeRow, type Overview, useOverview } from "../../objects/inventory";
import { NodeDrawer } from "../../objects/NodeDrawer";
import { PodDrawer } from "../../objects/PodDrawer";
import { WorkloadDrawer } from "../../objects/WorkloadDrawer";
import { useT as useTitles } from "../../texts/texts";
import { Pools } from "./Pools";
import { useT } from "./words";

const VIEW = { node: "", q: "", sort: "" };
const BARS = [
  ["cpu", "cpu"],
  ["memory", "memory"],
  ["gpu", "nvidia.com/gpu"],
  ["pods", "pods"],
] as const satisfies readonly (readonly [string, Resource])[];

export default function Nodes() {
  const title = useTitles();
  const [cluster] = useCluster();
  const overview = useOverview(cluster);
  return (
    <Page title={title("nodes.title")} badge={<LiveBadge live={liveOf(overview)} />} ask={overview}>
      {(found) => (
        <>
          <Table cluster={cluster} of={found} />
          <Pools cluster={cluster} />
          <PodDrawer cluster={cluster} />
          <WorkloadDrawer cluster={cluster} />
        </>
      )}
    </Page>
  );
}

function Table({ cluster, of }: { cluster: string; of: Overview }) {
  const t = useT();
  const f = useFormat();
  const [view, setView] = useView(VIEW);
  const columns = useMemo<Column<NodeRow>[]>(
    () => [
      {
        id: "name",
        head: t("name"),
        by: (row) => row.name,
        width: "minmax(100px, 1fr)",
        cell: (row) => <span className="mono">{row.name}</span>,
      },
      {
        id: "state",
        head: t("state"),
        by: (row) => (row.ready ? (row.schedulable ? row.pressure.length : 2) : 3),
        width: "minmax(96px, 1fr)",
        cell: (row) => (
          <StatusBadge
            state={
              !row.ready
                ? "down"
                : row.pressure.length
                  ? "at_risk"
                  : row.schedulable
                    ? "ready"
                    : "paused"
            }
            word={
              !row.ready
                ? t("notready")
                : row.pressure.join(", ") || t(row.schedulable ? "ready" : "cordoned")
            }
          />
        ),
      },
      {
        id: "pool",
        head: t("pool"),
        by: (row) => row.pool,
        width: "84px",
        cell: (row) => row.pool ?? "–",
      },
      {
        id: "zone",
        head: t("zone"),
        by: (row) => row.zone,
        width: "80px",
        cell: (row) => row.zone ?? "–",
      },
      ...BARS.map(([id, resource]): Column<NodeRow> => {
        const total = (row: NodeRow) => row.allocatable[resource] ?? 0;
        return {
          id,
          head: t(id),
          by: (row) => (total(row) ? (row.requested[resource] ?? 0) / total(row) : null),
          width: "minmax(112px, 1fr)",
          cell: (row) =>
            total(row) ? (
              <Bar
                resource={resource}
                total={total(row)}
                requested={row.requested[resource] ?? 0}
                used={row.used[resource]}
                words={false}
              />
            ) : (
              <span className="dim">–</span>
            ),
        };
      }),
      {
        id: "taints",
        head: t("taints"),
        by: (row) => row.taints.length,
        width: "66px",
        numeric: true,
        cell: (row) => <span title={row.taints.join("\n")}>{f.number(row.taints.length)}</span>,
      },
      {
        id: "version",
        head: t("version"),
        by: (row) => row.version,
        width: "80px",
        cell: (row) => row.version ?? "–",
      },
    ],
    [t, f],
  );
  const neighbours = useMemo(
    () => arranged(of.nodes, columns, view.q, view.sort || "name").map((row) => row.name),
    [of.nodes, columns, view.q, view.sort],
  );
  return (
    <Panel title={t("nodes")} flush aside={<span className="dim">{t("legend")}</span>}>
      <DataTable
        label={t("nodes")}
        rows={of.nodes}
        columns={columns}
        id={(row) => row.name}
        sort="name"
        open={view.node}
        onOpen={(row) => setView({ node: row.name })}
        height={520}
        empty={<Empty say={t("none")} />}
      />
      <NodeDrawer cluster={cluster} neighbours={neighbours} />
    </Panel>
  );
}
