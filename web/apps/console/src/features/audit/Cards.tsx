/** Entries one below the other, where a table has no room: what, what came of it, when, who. */
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { FilterBox } from "@ecp/ui/table/FilterBox";
import { useTableView } from "@ecp/ui/table/view";
import { useFormat } from "@ecp/ui/view/format";
import type { ReactNode } from "react";
import classes from "./audit.module.css";
import { type Entry, STATES } from "./entries";
import { useT } from "./words";

export function Cards({
  rows,
  total,
  chips,
  empty,
  onOpen,
}: {
  rows: readonly Entry[];
  total: number;
  chips: ReactNode;
  empty: ReactNode;
  onOpen: (row: Entry) => void;
}) {
  const t = useT();
  const f = useFormat();
  const [view, setView] = useTableView();
  return (
    <>
      <div className={classes.filters}>
        <FilterBox value={view.q} onChange={(q) => setView({ q })} />
        {chips}
      </div>
      <p className="dim">
        {t("cards.shown", { shown: f.number(rows.length), total: f.number(total) })}
      </p>
      {rows.length === 0 && empty}
      <ol className={classes.cards} aria-label={t("title")}>
        {rows.map((row) => (
          <li key={row.id}>
            <button type="button" onClick={() => onOpen(row)}>
              {row.summary}
            </button>
            <div>
              <StatusBadge state={STATES[row.outcome]} word={t(`outcome.${row.outcome}`)} />{" "}
              {row.code && <code>{row.code}</code>}
            </div>
            <div className="dim">
              {f.instant(row.at)} · {row.actor}
              {row.target === "kubernetes" && (
                <span className={classes.real}> · {t("target.real")}</span>
              )}
            </div>
          </li>
        ))}
      </ol>
    </>
  );
}
