/** Objects as a table; pods that are chosen have one log. */

import { DataTable } from "@ecp/ui/table/DataTable";
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { SERVED, USUAL, useColumns } from "./columns";
import type { Item } from "./types";
import { useT } from "./words";

export function List({
  rows,
  total,
  onView,
  chips,
  open,
  onOpen,
  onLogs,
  empty,
}: {
  rows: readonly (Item | undefined)[];
  total: number;
  onView: (first: number, last: number) => void;
  chips: ReactNode;
  open: string;
  onOpen: (id: string) => void;
  onLogs: (pods: readonly string[]) => void;
  empty: ReactNode;
}) {
  const t = useT();
  const columns = useColumns();
  return (
    <DataTable
      label={t("view.list")}
      rows={rows}
      total={total}
      columns={columns}
      id={(item) => item.id}
      sort={USUAL}
      open={open}
      onOpen={(item) => onOpen(item.id)}
      chips={chips}
      onView={onView}
      served={SERVED}
      empty={empty}
      height={640}
      bulk={(chosen) => {
        const pods = chosen.filter((item) => item.kind === "Pod").map((item) => item.name);
        return (
          <Button variant="default" disabled={!pods.length} onClick={() => onLogs(pods)}>
            {t("logs.choose", { count: pods.length })}
          </Button>
        );
      }}
    />
  );
}
