/** How two instants differ: what appeared, changed and went, field by field. */
import { Detail } from "@ecp/ui/detail/Detail";
import { Empty } from "@ecp/ui/layout/Empty";
import { Figures } from "@ecp/ui/layout/Page";
import { Answer } from "@ecp/ui/layout/Panel";
import { DataTable } from "@ecp/ui/table/DataTable";
import type { Column } from "@ecp/ui/table/order";
import { useFormat } from "@ecp/ui/view/format";
import { useMemo, useState } from "react";
import { hooks } from "../../ask";
import { Fields } from "./Fields";
import { type FieldRow, type Filter, said } from "./useHistory";
import { useT } from "./words";

interface Differing {
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly how: "appeared" | "changed" | "went";
  readonly before: string | null;
  readonly after: string | null;
  readonly fields: readonly FieldRow[];
  readonly more: number;
}

interface Told {
  readonly from: string;
  readonly to: string;
  readonly counts: Readonly<Record<Differing["how"], number>>;
  readonly objects: readonly Differing[];
}

const SIGNS = { appeared: "+", changed: "~", went: "−" } as const;
const id = (row: Differing) => `${row.resource}/${row.namespace}/${row.name}`;

export function TwoInstants({
  cluster,
  from,
  to,
  filter,
}: {
  cluster: string;
  from: string;
  to: string;
  filter: Filter;
}) {
  const t = useT();
  const f = useFormat();
  const [open, setOpen] = useState("");
  const ask = hooks.useQuery(
    "get",
    "/api/v1/clusters/{name}/history/diff",
    {
      params: { path: { name: cluster }, query: { ...said({ ...filter, from, to }), limit: 300 } },
    },
    { enabled: from !== "", placeholderData: (old: unknown) => old as never },
  );
  const columns = useMemo<Column<Differing>[]>(
    () => [
      {
        id: "how",
        head: t("how"),
        width: "104px",
        by: (row) => row.how,
        cell: (row) => `${SIGNS[row.how]} ${t(`diff.${row.how}`)}`,
      },
      {
        id: "what",
        head: t("what"),
        width: "minmax(240px, 2fr)",
        by: id,
        cell: (row) => (
          <span className="mono">
            {row.resource.split(".")[0]}/{row.name}
          </span>
        ),
      },
      {
        id: "namespace",
        head: t("namespace"),
        by: (row) => row.namespace,
        cell: (row) => row.namespace || "–",
      },
      {
        id: "state",
        head: t("state"),
        cell: (row) => [row.before, row.after].map((one) => one || "–").join(" → "),
      },
      {
        id: "fields",
        head: t("fields"),
        numeric: true,
        width: "80px",
        by: (row) => row.fields.length + row.more,
        cell: (row) => (row.how === "changed" ? f.number(row.fields.length + row.more) : "–"),
      },
    ],
    [t, f],
  );
  if (from === "") return <Empty say={t("diff.pick")} />;
  return (
    <Answer ask={ask}>
      {(data) => {
        const told = data as unknown as Told;
        const chosen = told.objects.find((row) => id(row) === open);
        return (
          <>
            <p className="dim">
              {t("diff.of", { from: f.instant(told.from), to: f.instant(told.to) })}
            </p>
            <Figures
              of={(["appeared", "changed", "went"] as const).map((how) => ({
                name: t(`diff.${how}`),
                value: `${SIGNS[how]} ${f.number(told.counts[how])}`,
              }))}
            />
            <DataTable<Differing>
              label={t("tab.diff")}
              rows={told.objects}
              total={Object.values(told.counts).reduce((sum, one) => sum + one, 0)}
              columns={columns}
              id={id}
              height={420}
              onOpen={(row) => setOpen(id(row))}
              empty={<Empty say={t("diff.none")} />}
            />
            <Detail
              title={<span className="mono">{open}</span>}
              opened={chosen !== undefined}
              onClose={() => setOpen("")}
              tabs={[
                {
                  id: "fields",
                  name: t("tab.fields"),
                  show: () => chosen && <Fields rows={chosen.fields} more={chosen.more} />,
                },
              ]}
            />
          </>
        );
      }}
    </Answer>
  );
}
