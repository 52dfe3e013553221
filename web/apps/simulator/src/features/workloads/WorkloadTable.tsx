/** Deployments, StatefulSets, DaemonSets, Jobs: how many replicas each has, and what stands in the way. */
import { Empty } from "@ecp/ui/layout/Empty";
import { AskedPanel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { DataTable } from "@ecp/ui/table/DataTable";
import { arranged, type Column } from "@ecp/ui/table/order";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { NativeSelect } from "@mantine/core";
import { useMemo } from "react";
import { Elsewhere } from "../../clock/Elsewhere";
import { useWorkloads, type WorkloadRow, type Workloads } from "../../objects/inventory";
import { PodDrawer } from "../../objects/PodDrawer";
import { age } from "../../objects/rows";
import { WorkloadDrawer } from "../../objects/WorkloadDrawer";
import { Chips } from "./Chips";
import { useT } from "./words";

const VIEW = { ns: "", status: "", workload: "", q: "", sort: "" };
const idOf = (row: WorkloadRow) => `${row.kind}/${row.namespace}/${row.name}`;

export function WorkloadTable({
  cluster,
  choices,
}: {
  cluster: string;
  choices: readonly { readonly value: string; readonly label: string }[];
}) {
  const t = useT();
  const [view, setView] = useView(VIEW);
  const ask = useWorkloads(cluster, view.ns);
  return (
    <AskedPanel
      title={t("show.workloads")}
      flush
      ask={ask}
      aside={
        <NativeSelect
          size="xs"
          aria-label={t("namespace")}
          value={view.ns}
          onChange={(change) => setView({ ns: change.currentTarget.value })}
          data={[...choices]}
        />
      }
    >
      {(found) => <Table cluster={cluster} of={found} />}
    </AskedPanel>
  );
}

function Table({ cluster, of }: { cluster: string; of: Workloads }) {
  const t = useT();
  const f = useFormat();
  const [view, setView] = useView(VIEW);
  const { tenants } = of;
  const tens = of.clock.now.slice(0, 18);
  const kinds = useMemo(() => {
    const found = new Map<string, number>();
    for (const row of of.workloads) found.set(row.kind, (found.get(row.kind) ?? 0) + 1);
    return [...found].map(([value, count]) => ({ value, count }));
  }, [of.workloads]);
  const rows = useMemo(
    () => of.workloads.filter((row) => !view.status || row.kind === view.status),
    [of.workloads, view.status],
  );
  const columns = useMemo<Column<WorkloadRow>[]>(
    () => [
      {
        id: "name",
        head: t("name"),
        by: (row) => row.name,
        width: "minmax(150px, 1.4fr)",
        cell: (row) => <span className="mono">{row.name}</span>,
      },
      {
        id: "namespace",
        head: t("namespace"),
        by: (row) => row.namespace,
        width: "minmax(140px, 1fr)",
        cell: (row) => row.namespace,
      },
      {
        id: "status",
        head: t("status"),
        by: (row) => row.health,
        width: "minmax(110px, 1fr)",
        cell: (row) => (
          <span title={row.complaint ?? undefined}>
            <StatusBadge state={row.health} />
          </span>
        ),
      },
      {
        id: "ready",
        head: t("ready"),
        by: (row) => row.ready,
        width: "80px",
        numeric: true,
        cell: (row) => `${f.number(row.ready)}/${f.number(row.desired)}`,
      },
      {
        id: "updated",
        head: t("updated"),
        by: (row) => row.updated,
        width: "84px",
        numeric: true,
        cell: (row) => f.number(row.updated),
      },
      {
        id: "kind",
        head: t("kind"),
        by: (row) => row.kind,
        width: "110px",
        cell: (row) => row.kind,
      },
      {
        id: "age",
        head: t("age"),
        by: (row) => -Date.parse(row.created_at),
        width: "110px",
        cell: (row) => f.duration(age(row.created_at, `${tens}0Z`)),
      },
      {
        id: "tenant",
        head: t("tenant"),
        by: (row) => tenants[row.namespace],
        width: "minmax(100px, 1fr)",
        cell: (row) => tenants[row.namespace] ?? "–",
      },
      {
        id: "image",
        head: t("image"),
        by: (row) => row.images.join(" "),
        width: "minmax(180px, 2fr)",
        cell: (row) => (
          <span className="mono" title={row.images.join("\n")}>
            {row.images.map((image) => image.split("/").pop()).join(", ")}
          </span>
        ),
      },
    ],
    [t, f, tenants, tens],
  );
  const neighbours = useMemo(
    () => (view.workload ? arranged(rows, columns, view.q, view.sort || "name").map(idOf) : []),
    [rows, columns, view.q, view.sort, view.workload],
  );
  return (
    <>
      <DataTable
        label={t("show.workloads")}
        rows={rows}
        total={of.workloads.length}
        columns={columns}
        id={idOf}
        sort="name"
        open={view.workload}
        onOpen={(row) => setView({ workload: idOf(row) })}
        height={640}
        chips={
          <Chips
            label={t("kind")}
            of={kinds}
            chosen={view.status}
            onChoose={(status) => setView({ status })}
          />
        }
        empty={<Empty say={t("none")} action={<Elsewhere />} sample="ecp deploy acme --wait" />}
      />
      <WorkloadDrawer cluster={cluster} neighbours={neighbours} />
      <PodDrawer cluster={cluster} />
    </>
  );
}
