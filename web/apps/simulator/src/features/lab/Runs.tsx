/** What was injected into the cluster, or came by itself. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { Empty } from "@ecp/ui/layout/Empty";
import { type Asked, AskedPanel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { DataTable } from "@ecp/ui/table/DataTable";
import type { Column } from "@ecp/ui/table/order";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { Button, Switch } from "@mantine/core";
import { useMemo } from "react";
import { atSimulator } from "../../ask";
import { type Fault, MOST } from "../../faults";
import { useT } from "./words";

const VIEW = { mine: false };

export const stateOf = (one: Fault) => (one.state === "ended" ? "closed" : one.state);

export function Runs({
  cluster,
  faults,
  open,
  onOpen,
  onOlder,
}: {
  cluster: string;
  faults: Asked<readonly Fault[]> & { readonly total: number };
  open: string;
  onOpen: (id: string) => void;
  onOlder: () => void;
}) {
  const t = useT();
  const f = useFormat();
  const [view, setView] = useView(VIEW);
  const { refetch } = faults;
  const columns = useMemo<Column<Fault>[]>(
    () => [
      {
        id: "state",
        head: t("state"),
        width: "104px",
        by: (row) => row.state,
        cell: (row) => <StatusBadge state={stateOf(row)} />,
      },
      {
        id: "title",
        head: t("failure"),
        width: "minmax(140px, 1.3fr)",
        by: (row) => row.title,
        cell: (row) => row.title,
      },
      {
        id: "targets",
        head: t("targets"),
        width: "minmax(160px, 2fr)",
        by: (row) => row.targets.join(" "),
        cell: (row) => (
          <span className="mono" title={row.targets.join("\n")}>
            {row.targets.join(", ") || "–"}
          </span>
        ),
      },
      {
        id: "started",
        head: t("started"),
        width: "196px",
        by: (row) => row.started_at ?? row.planned_for,
        cell: (row) => f.instant(row.started_at ?? row.planned_for),
      },
      {
        id: "recovery",
        head: t("recovery"),
        numeric: true,
        width: "116px",
        by: (row) => row.recovery_seconds,
        cell: (row) => f.duration(row.recovery_seconds),
      },
      {
        id: "origin",
        head: t("origin"),
        width: "100px",
        by: (row) => row.origin.kind,
        cell: (row) => t(`origin.${row.origin.kind}`),
      },
      {
        id: "verdict",
        head: t("verdict"),
        width: "130px",
        by: (row) => row.verdict,
        cell: (row) => verdictOf(row, t),
      },
      {
        id: "end",
        head: "",
        width: "132px",
        cell: (row) =>
          ["running", "planned"].includes(row.state) ? (
            // biome-ignore lint/a11y/noStaticElementInteractions: the row opens; this button does not
            <span onClick={(click) => click.stopPropagation()}>
              <Mutation
                name="end"
                label={t("end")}
                cli={`ecp fault stop ${row.id} --cluster ${cluster}`}
                curl={curl("DELETE", `/api/v1/clusters/${cluster}/faults/${row.id}`)}
                run={async () => {
                  const { error } = await atSimulator.DELETE(
                    "/api/v1/clusters/{name}/faults/{fault_id}",
                    { params: { path: { name: cluster, fault_id: row.id } } },
                  );
                  if (error) throw error;
                  await refetch();
                }}
              />
            </span>
          ) : null,
      },
    ],
    [t, f, cluster, refetch],
  );
  return (
    <AskedPanel title={t("runs")} ask={faults} flush>
      {(all) => (
        <DataTable<Fault>
          label={t("runs")}
          rows={view.mine ? all.filter((one) => one.origin.kind !== "background") : all}
          total={all.length}
          columns={columns}
          id={(row) => row.id}
          sort="-started"
          height={380}
          {...(open ? { open } : {})}
          onOpen={(row) => onOpen(row.id)}
          chips={
            <>
              <Switch
                size="xs"
                label={t("only.mine")}
                checked={view.mine}
                onChange={(change) => setView({ mine: change.currentTarget.checked })}
              />
              {all.length < Math.min(faults.total, MOST) && (
                <Button size="xs" variant="subtle" data-do="older" onClick={onOlder}>
                  {t("older", { n: f.number(all.length), of: f.number(faults.total) })}
                </Button>
              )}
            </>
          }
          empty={<Empty say={t("runs.none")} sample="ecp fault inject cpu_spike" />}
        />
      )}
    </AskedPanel>
  );
}

const VERDICTS = ["confirmed", "mismatch", "inconclusive"] as const;

export function verdictOf(row: { verdict: string }, t: ReturnType<typeof useT>): string {
  const found = VERDICTS.find((one) => one === row.verdict);
  return found ? t(`verdict.${found}`) : "–";
}
