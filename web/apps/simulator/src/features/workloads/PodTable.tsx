/** Pods of any number: asked for as rows once, then for what became another. */
import { Empty } from "@ecp/ui/layout/Empty";
import { Answer, Panel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { DataTable } from "@ecp/ui/table/DataTable";
import { arranged, type Column } from "@ecp/ui/table/order";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { Button, Group, NativeSelect, TextInput } from "@mantine/core";
import { useMemo, useState } from "react";
import { Elsewhere } from "../../clock/Elsewhere";
import { keyOf, type PodRow, type Pods, usePods } from "../../objects/inventory";
import { PodDrawer } from "../../objects/PodDrawer";
import { age, podState, statuses } from "../../objects/rows";
import { WorkloadDrawer } from "../../objects/WorkloadDrawer";
import { Chips } from "./Chips";
import { useT } from "./words";

const VIEW = { ns: "", selector: "", on: "", status: "", pod: "", tab: "", q: "", sort: "" };
/** More chips than these say nothing any more. */
const MOST_CHIPS = 6;

interface Choice {
  readonly value: string;
  readonly label: string;
}

export function PodTable({ cluster, choices }: { cluster: string; choices: readonly Choice[] }) {
  const t = useT();
  const [view, setView] = useView(VIEW);
  const [selector, write] = useState(view.selector);
  const filter = useMemo(
    () => ({ namespace: view.ns, node: view.on, selector: view.selector }),
    [view.ns, view.on, view.selector],
  );
  const pods = usePods(cluster, filter);
  return (
    <Panel
      title={t("show.pods")}
      flush
      aside={
        <Group gap={8}>
          {view.on && (
            <Button variant="default" onClick={() => setView({ on: "" })}>
              {t("node.only", { node: view.on })} ×
            </Button>
          )}
          <NativeSelect
            size="xs"
            aria-label={t("namespace")}
            value={view.ns}
            onChange={(change) => setView({ ns: change.currentTarget.value })}
            data={[...choices]}
          />
          <form
            onSubmit={(event) => {
              event.preventDefault();
              setView({ selector });
            }}
          >
            <TextInput
              size="xs"
              w={230}
              aria-label={t("selector")}
              placeholder={t("selector")}
              value={selector}
              onChange={(change) => write(change.currentTarget.value)}
              onBlur={() => setView({ selector })}
            />
          </form>
        </Group>
      }
    >
      <Answer ask={pods} rows={10}>
        {(found) => <Table cluster={cluster} of={found} />}
      </Answer>
    </Panel>
  );
}

function Table({ cluster, of }: { cluster: string; of: Pods }) {
  const t = useT();
  const [view, setView] = useView(VIEW);
  const counted = useMemo(() => statuses(of.rows), [of.rows]);
  const rows = useMemo(
    () => (view.status ? of.rows.filter((row) => row.status === view.status) : of.rows),
    [of.rows, view.status],
  );
  const columns = useColumns(of);
  // The order of the list is worked out once more only while a pod is open.
  const neighbours = useMemo(
    () => (view.pod ? arranged(rows, columns, view.q, view.sort).map(keyOf) : []),
    [rows, columns, view.q, view.sort, view.pod],
  );
  return (
    <>
      <DataTable
        label={t("show.pods")}
        rows={rows}
        total={of.total}
        columns={columns}
        id={keyOf}
        open={view.pod}
        // Of one that waits everybody asks why.
        onOpen={(row) => setView({ pod: keyOf(row), tab: row.waits === null ? "" : "why" })}
        height={640}
        chips={
          <Chips
            label={t("status")}
            of={counted
              .slice(0, MOST_CHIPS)
              .map(({ word, state, count }) => ({ value: word, state, count }))}
            chosen={view.status}
            onChoose={(status) => setView({ status })}
          />
        }
        empty={<Empty say={t("none.pods")} action={<Elsewhere />} />}
      />
      <PodDrawer cluster={cluster} neighbours={neighbours} />
      <WorkloadDrawer cluster={cluster} />
    </>
  );
}

function useColumns({ tenants, now }: Pods): Column<PodRow>[] {
  const t = useT();
  const f = useFormat();
  // By ten seconds: so many thousand rows are not drawn anew for a second's sake.
  const tens = now.slice(0, 18);
  return useMemo<Column<PodRow>[]>(
    () => [
      {
        id: "name",
        head: t("name"),
        by: (row) => row.name,
        width: "minmax(210px, 2fr)",
        cell: (row) => <span className="mono">{row.name}</span>,
      },
      {
        id: "status",
        head: t("status"),
        by: (row) => row.status,
        width: "minmax(112px, 1fr)",
        cell: (row) => <StatusBadge state={podState(row)} word={row.status} />,
      },
      {
        id: "ready",
        head: t("ready"),
        by: (row) => row.ready / Math.max(1, row.containers),
        width: "54px",
        cell: (row) => `${row.ready}/${row.containers}`,
      },
      {
        id: "restarts",
        head: t("restarts"),
        by: (row) => row.restarts,
        width: "74px",
        numeric: true,
        cell: (row) => f.number(row.restarts),
      },
      {
        id: "node",
        head: t("node"),
        by: (row) => row.node ?? "",
        width: "minmax(90px, 0.8fr)",
        cell: (row) => row.node ?? <span className="dim">{t("waits")}</span>,
      },
      {
        id: "age",
        head: t("age"),
        by: (row) => -Date.parse(row.created_at),
        width: "96px",
        cell: (row) => f.duration(age(row.created_at, `${tens}0Z`)),
      },
      {
        id: "owner",
        head: t("owner"),
        by: (row) => row.owner,
        width: "minmax(120px, 1fr)",
        cell: (row) => row.owner ?? "–",
      },
      {
        id: "namespace",
        head: t("namespace"),
        by: (row) => row.namespace,
        width: "minmax(124px, 1fr)",
        cell: (row) => row.namespace,
      },
      {
        id: "tenant",
        head: t("tenant"),
        by: (row) => tenants[row.namespace],
        width: "minmax(90px, 1fr)",
        cell: (row) => tenants[row.namespace] ?? "–",
      },
    ],
    [t, f, tenants, tens],
  );
}
