/** The documents of a manifest: a way through it. */
import { Panel } from "@ecp/ui/layout/Panel";
import { useMemo } from "react";
import classes from "./editor.module.css";
import type { Finding } from "./findings";
import { outline } from "./offers";
import { useT } from "./words";

export function Outline({
  text,
  findings,
  onGo,
}: {
  text: string;
  findings: readonly Finding[];
  onGo: (at: { offset: number }) => void;
}) {
  const t = useT();
  const rows = useMemo(() => outline(text), [text]);
  const wrong = useMemo(() => {
    const held = new Map<string, number>();
    for (const { object } of findings) {
      const key = `${object?.kind} ${object?.name}`;
      held.set(key, (held.get(key) ?? 0) + 1);
    }
    return held;
  }, [findings]);
  return (
    <Panel title={`${t("outline")} · ${rows.length}`} flush>
      {rows.length === 0 ? (
        <p className={classes.same}>{t("outline.none")}</p>
      ) : (
        <ol className={classes.outline}>
          {rows.map((row) => {
            const count = wrong.get(`${row.kind} ${row.name}`) ?? 0;
            return (
              <li key={row.index}>
                <button type="button" onClick={() => onGo({ offset: row.from })}>
                  <span className="dim">{row.kind || t("outline.unnamed")}</span>
                  <b>{row.name}</b>
                  {count > 0 && <mark>{count}</mark>}
                </button>
              </li>
            );
          })}
        </ol>
      )}
    </Panel>
  );
}
