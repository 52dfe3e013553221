/** The changes up to an instant, newest first, a page at a time. */
import { Empty } from "@ecp/ui/layout/Empty";
import { Answer } from "@ecp/ui/layout/Panel";
import { DataTable } from "@ecp/ui/table/DataTable";
import type { Column } from "@ecp/ui/table/order";
import { useFormat } from "@ecp/ui/view/format";
import { Button } from "@mantine/core";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { atSimulator } from "../../ask";
import { causeOf } from "./causes";
import { type Change, type Filter, said } from "./useHistory";
import { useT } from "./words";

const PAGE = 200;
const MARKS = new Set([
  "release",
  "scaling",
  "ready",
  "unready",
  "node",
  "node-lost",
  "node-gone",
  "gone",
  "warning",
]); // prettier-ignore
export type MarkName =
  `mark.${"release" | "scaling" | "ready" | "unready" | "node" | "node-lost" | "node-gone" | "gone" | "warning"}`;

export const markOf = (mark: string | null): MarkName | null =>
  mark !== null && MARKS.has(mark) ? (`mark.${mark}` as MarkName) : null;

interface Paged {
  readonly changes: readonly Change[];
  readonly next: number | null;
}

export function Changes({
  cluster,
  from,
  to,
  filter,
  mark,
  open,
  onOpen,
}: {
  cluster: string;
  from: string;
  to: string;
  filter: Filter;
  mark: string;
  open: number;
  onOpen: (change: Change) => void;
}) {
  const t = useT();
  const f = useFormat();
  const pages = useInfiniteQuery({
    queryKey: ["changes", cluster, from, to, filter, mark],
    placeholderData: keepPreviousData,
    initialPageParam: null as number | null,
    getNextPageParam: (last: Paged) => last.next,
    queryFn: async ({ pageParam }): Promise<Paged> => {
      const { data, error } = await atSimulator.GET("/api/v1/clusters/{name}/history/changes", {
        params: {
          path: { name: cluster },
          query: {
            ...said({ from, to, ...filter }),
            ...(mark ? { mark: [mark] } : {}),
            ...(pageParam === null ? {} : { before: pageParam }),
            limit: PAGE,
          },
        },
      });
      if (error) throw error;
      return data as unknown as Paged;
    },
  });
  const columns = useMemo<Column<Change>[]>(
    () => [
      {
        id: "version",
        head: t("version"),
        numeric: true,
        width: "84px",
        by: (row) => row.version,
        cell: (row) => row.version,
      },
      {
        id: "at",
        head: t("when"),
        width: "196px",
        by: (row) => row.at,
        cell: (row) => f.instant(row.at),
      },
      {
        id: "mark",
        head: t("meaning"),
        width: "minmax(110px, 1fr)",
        by: (row) => row.mark,
        cell: (row) => {
          const name = markOf(row.mark);
          const move = [row.was, row.is].filter(Boolean).join(" → ");
          return name ? <span title={move}>{`${t(name)} ${move}`}</span> : t(`type.${row.type}`);
        },
      },
      {
        id: "what",
        head: t("what"),
        width: "minmax(220px, 2fr)",
        by: (row) => `${row.resource}/${row.namespace}/${row.name}`,
        cell: (row) => (
          <span className="mono" title={`${row.resource} ${row.namespace}/${row.name}`}>
            {row.resource.split(".")[0]}/{row.name}
          </span>
        ),
      },
      {
        id: "namespace",
        head: t("namespace"),
        width: "minmax(100px, 1fr)",
        by: (row) => row.namespace,
        cell: (row) => row.namespace || "–",
      },
      {
        id: "actor",
        head: t("who"),
        width: "minmax(120px, 1fr)",
        by: (row) => row.actor,
        cell: (row) => row.actor,
      },
      {
        id: "cause",
        head: t("cause"),
        width: "minmax(90px, 1fr)",
        by: (row) => causeOf(t, row.cause),
        cell: (row) => causeOf(t, row.cause),
      },
    ],
    [t, f],
  );
  return (
    <Answer ask={pages}>
      {(data) => {
        const rows = data.pages.flatMap((page) => page.changes);
        return (
          <>
            <DataTable<Change>
              label={t("tab.changes")}
              rows={rows}
              columns={columns}
              id={(row) => String(row.version)}
              height={420}
              {...(open ? { open: String(open) } : {})}
              onOpen={onOpen}
              empty={<Empty say={t("none")} />}
            />
            {pages.hasNextPage && (
              <Button
                variant="default"
                mt="xs"
                loading={pages.isFetchingNextPage}
                onClick={() => void pages.fetchNextPage()}
              >
                {t("older")}
              </Button>
            )}
          </>
        );
      }}
    </Answer>
  );
}
