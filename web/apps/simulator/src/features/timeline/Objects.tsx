/** What was there at an instant, and how two instants differ. */
import { Detail } from "@ecp/ui/detail/Detail";
import { Empty } from "@ecp/ui/layout/Empty";
import { Answer } from "@ecp/ui/layout/Panel";
import { DataTable } from "@ecp/ui/table/DataTable";
import type { Column } from "@ecp/ui/table/order";
import { useFormat } from "@ecp/ui/view/format";
import { Button, Code } from "@mantine/core";
import { useMemo, useState } from "react";
import { hooks } from "../../ask";
import classes from "./timeline.module.css";
import { type Filter, said } from "./useHistory";
import { useT } from "./words";

interface Thing {
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly state: string;
  readonly version: string;
  readonly created_at: string | null;
}

interface Then {
  readonly at: string;
  readonly kinds: Readonly<Record<string, number>>;
  readonly objects: readonly Thing[];
  readonly total: number;
}

/** Kinds that a reader looks for first; all others come after them. */
const FIRST = ["pods", "deployments.apps", "replicasets.apps", "services", "nodes"];
const rank = (kind: string) => (FIRST.includes(kind) ? FIRST.indexOf(kind) : FIRST.length);

export function Objects({
  cluster,
  at,
  filter,
  onKind,
}: {
  cluster: string;
  at: string;
  filter: Filter;
  onKind: (resource: string) => void;
}) {
  const t = useT();
  const f = useFormat();
  const [open, setOpen] = useState<Thing | null>(null);
  const resource = filter.resource || "pods";
  const ask = hooks.useQuery(
    "get",
    "/api/v1/clusters/{name}/history/objects",
    {
      params: {
        path: { name: cluster },
        query: { ...said(filter), ...said({ at }), resource, limit: 500 },
      },
    },
    { placeholderData: (old: unknown) => old as never },
  );
  const columns = useMemo<Column<Thing>[]>(
    () => [
      {
        id: "name",
        head: t("name"),
        width: "minmax(220px, 2fr)",
        by: (row) => row.name,
        cell: (row) => <span className="mono">{row.name}</span>,
      },
      {
        id: "namespace",
        head: t("namespace"),
        by: (row) => row.namespace,
        cell: (row) => row.namespace || "–",
      },
      { id: "state", head: t("state"), by: (row) => row.state, cell: (row) => row.state || "–" },
      {
        id: "version",
        head: t("version"),
        numeric: true,
        width: "90px",
        by: (row) => Number(row.version),
        cell: (row) => row.version,
      },
      {
        id: "created",
        head: t("created"),
        width: "196px",
        by: (row) => row.created_at,
        cell: (row) => f.instant(row.created_at),
      },
    ],
    [t, f],
  );
  return (
    <Answer ask={ask}>
      {(data) => {
        const then = data as unknown as Then;
        const kinds = Object.entries(then.kinds).sort(
          ([a], [b]) => rank(a) - rank(b) || a.localeCompare(b),
        );
        return (
          <>
            <p className="dim">
              {t("objects.total", { total: f.number(then.total), at: f.instant(then.at) })}
              {then.total > then.objects.length &&
                ` · ${t("objects.shown", { shown: f.number(then.objects.length) })}`}
            </p>
            <div className={classes.kinds}>
              {kinds.map(([kind, count]) => (
                <Button
                  key={kind}
                  size="compact-xs"
                  variant={kind === resource ? "light" : "default"}
                  color="ink"
                  aria-pressed={kind === resource}
                  onClick={() => onKind(kind)}
                >
                  {kind.split(".")[0]} {f.number(count)}
                </Button>
              ))}
            </div>
            <DataTable<Thing>
              label={t("tab.objects")}
              rows={then.objects}
              total={then.total}
              columns={columns}
              id={(row) => `${row.namespace}/${row.name}`}
              height={420}
              onOpen={setOpen}
              empty={<Empty say={t("objects.none")} />}
            />
            <Detail
              title={`${open?.name ?? ""} · ${f.instant(then.at)}`}
              opened={open !== null}
              onClose={() => setOpen(null)}
              tabs={[
                {
                  id: "object",
                  name: t("tab.object"),
                  key: "y",
                  show: () => open && <Whole cluster={cluster} at={at} thing={open} />,
                },
              ]}
            />
          </>
        );
      }}
    </Answer>
  );
}

function Whole({ cluster, at, thing }: { cluster: string; at: string; thing: Thing }) {
  const { resource, namespace, name } = thing;
  const ask = hooks.useQuery("get", "/api/v1/clusters/{name}/history/object", {
    params: {
      path: { name: cluster },
      query: { resource, named: name, ...said({ namespace, at }) },
    },
  });
  return (
    <Answer ask={ask}>
      {(data) => (
        <Code block>
          {JSON.stringify((data as unknown as { object: unknown }).object, null, 2)}
        </Code>
      )}
    </Answer>
  );
}
