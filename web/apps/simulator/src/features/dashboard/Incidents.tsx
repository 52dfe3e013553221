/** Times at which the tenant's promise was not kept, each with its cause, link by link. */
import { Detail } from "@ecp/ui/detail/Detail";
import { Empty } from "@ecp/ui/layout/Empty";
import { Answer, AskedPanel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { DataTable } from "@ecp/ui/table/DataTable";
import type { Column } from "@ecp/ui/table/order";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { useEffect, useMemo, useRef } from "react";
import { EVERY_MS, hooks } from "../../ask";
import { MOST, useFaults } from "../../faults";
import { useT } from "../../texts/texts";
import classes from "./dashboard.module.css";
import { useNamespace } from "./useNamespace";

const PERIOD = "7d";
const VIEW = { incident: "" };

interface Incident {
  readonly started_at: string;
  readonly duration_seconds?: number | null;
  readonly age_seconds?: number | null;
  readonly state?: string;
  readonly causes?: readonly { readonly kind?: string; readonly id?: string }[];
}

export function Incidents({
  tenant,
  cluster,
  told,
}: {
  tenant: string;
  cluster: string;
  /** Other when there may be other incidents, as the stream tells it. */
  told: string;
}) {
  const t = useT();
  const f = useFormat();
  const [view, setView] = useView(VIEW);
  const namespace = useNamespace(cluster, tenant);
  const faults = useFaults(cluster, { namespace, over: MOST });
  const sla = hooks.useQuery(
    "get",
    "/api/v1/clusters/{name}/tenants/{tenant}/sla",
    { params: { path: { name: cluster, tenant }, query: { period: PERIOD } } },
    { refetchInterval: EVERY_MS * 12 },
  );
  const { refetch } = sla;
  const seen = useRef(told);
  useEffect(() => {
    if (seen.current !== told) void refetch();
    seen.current = told;
  }, [told, refetch]);
  const known = faults.data;
  const columns = useMemo<Column<Incident>[]>(() => {
    const causes = (row: Incident) =>
      (row.causes ?? []).map((one) => {
        const fault = known?.find(({ id }) => one.kind === "fault" && id === one.id);
        return fault ? `${fault.title} (${fault.targets?.join(", ")})` : `${one.kind} ${one.id}`;
      });
    return [
      {
        id: "from",
        head: t("incident.from"),
        width: "196px",
        by: (row) => row.started_at,
        cell: (row) => f.instant(row.started_at),
      },
      {
        id: "lasted",
        head: t("incident.lasted"),
        numeric: true,
        width: "110px",
        by: (row) => row.duration_seconds ?? row.age_seconds,
        cell: (row) => f.duration(row.duration_seconds ?? row.age_seconds),
      },
      {
        id: "state",
        head: t("workload.state"),
        width: "110px",
        by: (row) => row.state,
        cell: (row) => <StatusBadge state={row.state} />,
      },
      {
        id: "cause",
        head: t("incident.cause"),
        width: "minmax(200px, 3fr)",
        by: (row) => causes(row).join(" "),
        cell: (row) => causes(row).join(", ") || "–",
      },
    ];
  }, [t, f, known]);
  return (
    <AskedPanel title={t("incident.title")} ask={sla} flush>
      {(data) => {
        const rows = (data.incidents ?? []) as unknown as Incident[];
        const open = rows.find((row) => row.started_at === view.incident);
        return (
          <>
            <DataTable<Incident>
              label={t("incident.title")}
              rows={rows}
              columns={columns}
              id={(row) => row.started_at}
              sort="-from"
              height={300}
              {...(open ? { open: open.started_at } : {})}
              onOpen={(row) => setView({ incident: row.started_at })}
              empty={<Empty say={t("incident.none")} />}
            />
            <Detail
              title={t("incident.why", { at: f.instant(open?.started_at) })}
              opened={open !== undefined}
              onClose={() => setView({ incident: "" })}
              tabs={[
                {
                  id: "why",
                  name: t("incident.cause"),
                  show: () => (
                    <Why tenant={tenant} cluster={cluster} slot={open?.started_at ?? ""} />
                  ),
                },
              ]}
            />
          </>
        );
      }}
    </AskedPanel>
  );
}

function Why({ tenant, cluster, slot }: { tenant: string; cluster: string; slot: string }) {
  const why = hooks.useQuery("get", "/api/v1/clusters/{name}/tenants/{tenant}/why", {
    params: { path: { name: cluster, tenant }, query: { slot } },
  });
  return (
    <Answer ask={why}>
      {(data) => (
        <div className={classes.why}>
          <p>{data.sentence}</p>
          <ol>
            {((data.links ?? []) as readonly { object?: string; text?: string }[]).map((link) => (
              <li key={link.text}>{link.text}</li>
            ))}
          </ol>
        </div>
      )}
    </Answer>
  );
}
