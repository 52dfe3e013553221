/** The documents of a manifest: a way through it. */
import { Panel } from "@ecp/ui/layout/Panel";
import { useFormat } from "@ecp/ui/view/format";
import { useMemo, useState } from "react";
import classes from "./editor.module.css";
import type { Finding } from "./findings";
import { More } from "./More";
import { outline } from "./offers";
import { useT } from "./words";

/** Thousands of rows would be drawn anew with each letter. */
const AT_FIRST = 300;
const MORE = 1000;
const keyOf = (row: { kind?: string; name?: string } | undefined) => `${row?.kind} ${row?.name}`;

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
  const f = useFormat();
  const [most, show] = useState(AT_FIRST);
  const rows = useMemo(() => outline(text), [text]);
  const wrong = useMemo(() => {
    const held = new Map<string, number>();
    for (const { object } of findings) {
      const key = keyOf(object);
      held.set(key, (held.get(key) ?? 0) + 1);
    }
    return held;
  }, [findings]);
  // What is wrong is there, however far below.
  const shown = rows.filter((row, at) => at < most || wrong.has(keyOf(row)));
  const left = rows.length - shown.length;
  return (
    <Panel title={`${t("outline")} · ${f.number(rows.length)}`} flush>
      {rows.length === 0 ? (
        <p className={classes.same}>{t("outline.none")}</p>
      ) : (
        <ol className={classes.outline}>
          {shown.map((row) => {
            const count = wrong.get(keyOf(row)) ?? 0;
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
          {left > 0 && (
            <li>
              <More
                step={MORE}
                left={left}
                name="more-documents"
                onMore={() => show(most + MORE)}
              />
            </li>
          )}
        </ol>
      )}
    </Panel>
  );
}
