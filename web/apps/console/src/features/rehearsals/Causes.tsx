/** What down time follows from, the most of it first. */
import { Panel } from "@ecp/ui/layout/Panel";
import { useFormat } from "@ecp/ui/view/format";
import classes from "./rehearsals.module.css";
import { useT } from "./words";

export interface Cause {
  readonly kind: string;
  readonly name: string;
  /** Of all down time, 0 to 1; two that met in the same slots both have their share. */
  readonly share: number;
  readonly said: string;
}

/** Name a cause: a fault as the catalogue does, the rest in words. */
export function useCauseName() {
  const t = useT();
  return (kind: string, name: string) => {
    if (kind === "load") return t("cause.load");
    if (kind === "unknown" || !name) return t("cause.unknown");
    return name === "release" ? t("cause.release") : name;
  };
}

export function Causes({ rows }: { rows: readonly Cause[] }) {
  const t = useT();
  const f = useFormat();
  const named = useCauseName();
  const sorted = [...rows].sort((a, b) => b.share - a.share);
  return (
    <Panel title={t("ranking")}>
      {rows.length === 0 && <p className={classes.note}>{t("ranking.none")}</p>}
      <ul className={classes.shares}>
        {sorted.map((row) => (
          <li key={`${row.kind} ${row.name}`}>
            <span className={row.kind === "fault" ? "mono" : undefined}>
              {named(row.kind, row.name)}
            </span>
            <progress max={1} value={row.share} aria-label={named(row.kind, row.name)} />
            <span>
              {f.percent(100 * row.share, 0)} <small className="dim">{row.said}</small>
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
