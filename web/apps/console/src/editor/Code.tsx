/** CodeMirror for YAML: findings where they are. Loaded when it is needed; what writes comes when it is gone to. */
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { Annotation, Compartment, EditorState } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  gutter,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import type { EditorProps } from "./Editor";
import { said, span } from "./findings";
import { fixesOf, fixOf } from "./fixes";
import { look, phrases } from "./look";
import { useT } from "./words";

/** Not written here: the page gave another text. */
const GIVEN = Annotation.define<true>();

/** One edit of the letters that differ: cursor, folds and what can be undone stay. */
function difference(before: string, after: string) {
  const most = Math.min(before.length, after.length);
  let from = 0;
  while (from < most && before[from] === after[from]) from += 1;
  let end = 0;
  while (end < most - from && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  return { from, to: before.length - end, insert: after.slice(from, after.length - end) };
}

export default function Code(
  props: EditorProps & { language: string; onCursor: (at: number) => void },
) {
  const { text, findings, at, stale = false } = props;
  const t = useT();
  const scheme = useComputedColorScheme("light");
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const looks = useRef(new Compartment());
  const first = useRef({ ...props, scheme });
  const latest = useRef({ ...props, t });
  /** What is written as it was told last: a long text is not put together again to compare it. */
  const told = useRef(text);
  useEffect(() => {
    latest.current = { ...props, t };
  });

  useEffect(() => {
    if (!place.current) return undefined;
    const given = first.current;
    /** Apply the fix of the finding at the cursor. */
    const mend = (here: EditorView): boolean => {
      if (latest.current.stale) return false;
      const whole = told.current;
      const { head } = here.state.selection.main;
      const line = here.state.doc.lineAt(head);
      for (const one of latest.current.findings) {
        const where = span(one, whole);
        const fix = where && where.from >= line.from && where.from <= line.to && fixOf(one, whole);
        if (fix) {
          here.dispatch({ changes: [...fix.changes], userEvent: "input.fix" });
          return true;
        }
      }
      return false;
    };
    const tools = new Compartment();
    const made = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: given.text,
        extensions: [
          lineNumbers(),
          // Its place is kept: nothing moves when what fills it comes.
          tools.of(gutter({ class: "cm-foldGutter" })),
          lintGutter(),
          drawSelection(),
          highlightActiveLine(),
          highlightActiveLineGutter(),
          phrases(given.language),
          looks.current.of(look(given.scheme === "dark")),
          EditorState.readOnly.of(given.readOnly ?? false),
          keymap.of([{ key: "Mod-.", run: mend }]),
          EditorView.contentAttributes.of({ "aria-label": given.label, tabindex: "0" }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) {
              told.current = update.state.doc.toString();
              if (!update.transactions.some((one) => one.annotation(GIVEN)))
                latest.current.onChange?.(told.current);
            }
            if (update.docChanged || update.selectionSet)
              latest.current.onCursor(update.state.selection.main.head);
          }),
        ],
      }),
    });
    view.current = made;
    const before = place.current;
    const events = ["focusin", "pointerover"] as const;
    const arm = () => {
      for (const event of events) before.removeEventListener(event, arm);
      import("./writing").then(
        ({ writing }) => {
          if (view.current === made) made.dispatch({ effects: tools.reconfigure(writing) });
        },
        // One writes without; it is tried again when one comes again.
        () => listen(),
      );
    };
    const listen = () => {
      for (const event of events) before.addEventListener(event, arm);
    };
    listen();
    return () => {
      for (const event of events) before.removeEventListener(event, arm);
      made.destroy();
      view.current = null;
    };
  }, []);

  useEffect(() => {
    view.current?.dispatch({ effects: looks.current.reconfigure(look(scheme === "dark")) });
  }, [scheme]);

  useEffect(() => {
    const here = view.current;
    if (here && told.current !== text)
      here.dispatch({
        changes: difference(told.current, text),
        annotations: GIVEN.of(true),
      });
  }, [text]);

  useEffect(() => {
    view.current?.dom.classList.toggle("ecp-stale", stale);
  }, [stale]);

  useEffect(() => {
    const here = view.current;
    if (!here || stale) return;
    const whole = told.current;
    const say = latest.current.t;
    const fixes = latest.current.readOnly ? null : fixesOf(findings, whole);
    const marks = findings.flatMap((one): Diagnostic[] => {
      const where = span(one, whole);
      if (where === null) return [];
      const fix = fixes?.get(one);
      return [
        {
          ...where,
          severity: one.severity === "warning" ? "warning" : "error",
          message: [
            [one.rule, one.title ?? said(one, latest.current.language)].filter(Boolean).join(": "),
            one.remedy && `→ ${one.remedy}`,
          ]
            .filter(Boolean)
            .join("\n"),
          ...(fix
            ? {
                actions: [
                  {
                    name: say("fix", { says: fix.says }),
                    apply: (target: EditorView) => {
                      // Of a text that was changed since, nobody knows the letters.
                      if (told.current !== whole) return;
                      target.dispatch({ changes: [...fix.changes], userEvent: "input.fix" });
                    },
                  },
                ],
              }
            : {}),
        },
      ];
    });
    here.dispatch(setDiagnostics(here.state, marks));
  }, [findings, stale]);

  useEffect(() => {
    const here = view.current;
    if (!here || at === null || at === undefined) return;
    const where = "offset" in at ? { from: at.offset } : span(at, told.current);
    if (where === null || where.from > here.state.doc.length) return;
    here.dispatch({
      selection: { anchor: where.from },
      effects: EditorView.scrollIntoView(where.from, { y: "center" }),
    });
    here.focus();
  }, [at]);

  return <div ref={place} style={{ height: "100%", minHeight: 0 }} data-editor />;
}
