/** A YAML editor that shows findings where they are. */
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import {
  bracketMatching,
  defaultHighlightStyle,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  syntaxHighlighting,
} from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { Compartment, EditorState } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import { type Finding, span } from "./findings";

const DARK = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "#9db8ff" },
  { tag: [tags.string, tags.content], color: "#d5dbe2" },
  { tag: [tags.number, tags.bool, tags.null], color: "#ffc078" },
  { tag: tags.comment, color: "#9aa4af" },
  { tag: [tags.punctuation, tags.separator, tags.meta], color: "#8ce0c4" },
]);

const look = (dark: boolean) => [
  EditorView.theme(
    {
      "&": { height: "100%", fontSize: "12.5px", backgroundColor: "var(--ecp-surface)" },
      ".cm-scroller": { fontFamily: "var(--mantine-font-family-monospace)", lineHeight: "1.55" },
      ".cm-gutters": {
        backgroundColor: "var(--ecp-ground)",
        color: "var(--ecp-dim)",
        border: "none",
      },
      ".cm-activeLine": { backgroundColor: dark ? "#ffffff0a" : "#0000000a" },
      ".cm-activeLineGutter": { backgroundColor: "transparent" },
      ".cm-tooltip": {
        backgroundColor: "var(--ecp-surface)",
        border: "1px solid var(--ecp-line)",
        fontFamily: "var(--mantine-font-family)",
        maxWidth: "520px",
      },
    },
    { dark },
  ),
  syntaxHighlighting(dark ? DARK : defaultHighlightStyle),
];

export function Editor({
  label,
  text,
  findings,
  at,
  onChange,
}: {
  label: string;
  /** Another text replaces what is written; what is written is told by *onChange*. */
  text: string;
  findings: readonly Finding[];
  /** The finding to go to; another object goes there again. */
  at: Finding | null;
  onChange: (text: string) => void;
}) {
  const scheme = useComputedColorScheme("light");
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const looks = useRef(new Compartment());
  const first = useRef({ text, scheme, label });
  const tell = useRef(onChange);
  useEffect(() => {
    tell.current = onChange;
  });

  useEffect(() => {
    if (!place.current) return undefined;
    const made = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: first.current.text,
        extensions: [
          lineNumbers(),
          foldGutter(),
          lintGutter(),
          history(),
          drawSelection(),
          bracketMatching(),
          highlightActiveLine(),
          highlightActiveLineGutter(),
          yaml(),
          looks.current.of(look(first.current.scheme === "dark")),
          keymap.of([indentWithTab, ...defaultKeymap, ...historyKeymap, ...foldKeymap]),
          EditorView.contentAttributes.of({ "aria-label": first.current.label, tabindex: "0" }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) tell.current(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = made;
    return () => {
      made.destroy();
      view.current = null;
    };
  }, []);

  useEffect(() => {
    view.current?.dispatch({ effects: looks.current.reconfigure(look(scheme === "dark")) });
  }, [scheme]);

  useEffect(() => {
    const here = view.current;
    if (here && here.state.doc.toString() !== text)
      here.dispatch({ changes: { from: 0, to: here.state.doc.length, insert: text } });
  }, [text]);

  useEffect(() => {
    const here = view.current;
    if (!here) return;
    const doc = here.state.doc;
    const marks = findings.flatMap((one): Diagnostic[] => {
      const where = span(one, doc.toString());
      if (where === null) return [];
      const severity = one.severity === "error" ? "error" : "warning";
      return [{ ...where, severity, message: `${one.rule}: ${one.title ?? one.message}` }];
    });
    here.dispatch(setDiagnostics(here.state, marks));
  }, [findings]);

  useEffect(() => {
    const here = view.current;
    if (!here || at === null) return;
    const where = span(at, here.state.doc.toString());
    if (where === null) return;
    here.dispatch({
      selection: { anchor: where.from },
      effects: EditorView.scrollIntoView(where.from, { y: "center" }),
    });
    here.focus();
  }, [at]);

  return <div ref={place} style={{ height: "100%", minHeight: 0 }} />;
}
