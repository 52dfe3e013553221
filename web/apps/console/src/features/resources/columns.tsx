/** What is said of each object, in the list and by its order. */
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import type { Column } from "@ecp/ui/table/order";
import { useFormat } from "@ecp/ui/view/format";
import { useMemo } from "react";
import { Sync } from "./Sync";
import { type Item, stateOf } from "./types";
import { useT } from "./words";

/** How the list is ordered when nobody has chosen. */
export const USUAL = "health";
/** What the service does: who has thousands of objects has a page of them. */
export const SERVED = {
  filter: true,
  sorts: ["name", "kind", "health", "reason", "sync", "ready", "restarts", "node", "created"],
};

export function useColumns(): readonly Column<Item>[] {
  const t = useT();
  const f = useFormat();
  return useMemo(
    () => [
      {
        id: "name",
        head: t("name"),
        by: (item) => item.name,
        cell: (item) => <span className="mono">{item.name}</span>,
        width: "minmax(190px, 2fr)",
      },
      {
        id: "kind",
        head: t("kind"),
        by: (item) => item.kind,
        cell: (item) => item.kind,
        width: "170px",
      },
      {
        id: "health",
        head: t("health"),
        by: stateOf,
        cell: (item) => <StatusBadge state={stateOf(item)} />,
        width: "110px",
      },
      {
        id: "reason",
        head: t("reason"),
        by: (item) => item.reason,
        cell: (item) => <span title={item.reason ?? undefined}>{item.reason}</span>,
        width: "minmax(140px, 2fr)",
      },
      {
        id: "sync",
        head: t("sync"),
        by: (item) => item.sync,
        cell: (item) => <Sync item={item} />,
        width: "150px",
      },
      {
        id: "ready",
        head: t("ready"),
        by: (item) => (item.desired === null ? null : (item.ready ?? 0) / (item.desired || 1)),
        cell: (item) => (item.desired === null ? "" : `${item.ready} / ${item.desired}`),
        width: "70px",
        numeric: true,
      },
      {
        id: "restarts",
        head: t("restarts"),
        by: (item) => item.restarts,
        cell: (item) => item.restarts ?? "",
        width: "74px",
        numeric: true,
      },
      {
        id: "node",
        head: t("node"),
        by: (item) => item.node,
        cell: (item) => item.node,
        width: "110px",
      },
      {
        id: "created",
        head: t("created"),
        by: (item) => item.created_at,
        cell: (item) => f.instant(item.created_at),
        width: "170px",
      },
    ],
    [t, f],
  );
}
