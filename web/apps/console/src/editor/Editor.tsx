/** A manifest to read and to write. The text is there at once; what edits it comes after the first
 * paint, and says below which field the cursor is in. */
import { useFormat } from "@ecp/ui/view/format";
import { lazy, Suspense, useEffect, useState } from "react";
import classes from "./editor.module.css";
import type { Explained } from "./explained";
import type { Finding } from "./findings";
import { useT } from "./words";

export interface EditorProps {
  readonly label: string;
  /** Another text replaces what is written; what is written is told by *onChange*. */
  readonly text: string;
  readonly findings: readonly Finding[];
  /** The findings are of an earlier text. */
  readonly stale?: boolean;
  /** Where to go: a finding, or letters; another object goes there again. */
  readonly at?: Finding | { readonly offset: number } | null;
  readonly readOnly?: boolean;
  readonly onChange?: (text: string) => void;
}

/** What is large comes when the page has been painted. */
const painted = () =>
  new Promise<void>((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve, 0));
  });
const code = () => import("./Code");
const Code = lazy(() => painted().then(code));

/** Have what edits on its way, where the text is still asked for. */
export function useCode(): void {
  useEffect(() => void code().catch(() => {}), []);
}

const PAUSE_MS = 150;
/** More than a screen of it: laying out a megabyte holds the page up, and what edits it is on its way. */
const AT_FIRST = 20_000;

export function Editor(props: EditorProps) {
  const t = useT();
  const { language } = useFormat();
  const [cursor, setCursor] = useState(-1);
  return (
    <div className={classes.whole} role="group" aria-label={props.label}>
      <div className={classes.code}>
        <Suspense fallback={<Plain text={props.text} label={t("loading")} />}>
          <Code {...props} language={language} onCursor={setCursor} />
        </Suspense>
      </div>
      <FieldBar text={props.text} cursor={cursor} />
      {!props.readOnly && <p className={classes.keys}>{t("keys")}</p>}
    </div>
  );
}

function Plain({ text, label }: { text: string; label: string }) {
  return (
    <pre className={classes.plain} role="group" aria-label={label} tabIndex={0}>
      {text.slice(0, AT_FIRST)}
    </pre>
  );
}

/** The field that the cursor is in: kind and path, type, what it is for. */
function FieldBar({ text, cursor }: { text: string; cursor: number }) {
  const t = useT();
  const [found, setFound] = useState<Explained | null>(null);
  useEffect(() => {
    if (cursor < 0) return undefined;
    let gone = false;
    const timer = setTimeout(() => {
      void import("./explained")
        .then(({ explained }) => explained(text, cursor))
        .then((told) => {
          if (!gone) setFound(told);
        });
    }, PAUSE_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [text, cursor]);
  if (!found) return null;
  const { field, path } = found;
  return (
    <div className={classes.field} data-field={path} role="region" aria-label={path} tabIndex={0}>
      <code>{path}</code> <b>{field.type}</b>
      {field.required && <em> {t("required")}</em>}
      {field.enum.length > 0 && <span> · {t("values", { values: field.enum.join(", ") })}</span>}
      {field.default !== null && (
        <span> · {t("default", { value: JSON.stringify(field.default) })}</span>
      )}
      <span className="dim"> · {t("source", { version: field.kubernetes_version })}</span>
      <p>{field.description.split("\n\nPossible enum values")[0]}</p>
    </div>
  );
}
