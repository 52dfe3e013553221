/** What somebody needs who writes: keys, undo, completion, folding. Loaded when the editor is gone to. */
import { closeBracketsKeymap, completionKeymap, completionStatus } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  foldService,
  indentService,
  indentUnit,
} from "@codemirror/language";
import { lintKeymap } from "@codemirror/lint";
import type { Extension, Text } from "@codemirror/state";
import { type EditorView, keymap } from "@codemirror/view";
import { assist } from "./assist";

const UNIT = "  ";
const indent = (line: string) => line.length - line.trimStart().length;

/** Return where the part below line *number* ends: its lines stand further in; null: there is none. */
export function fold(doc: Text, number: number): number | null {
  const head = doc.line(number).text;
  if (!head.trim()) return null;
  const own = indent(head);
  // The items of a list may stand as far in as the key of it.
  const isKey = head.trimEnd().endsWith(":");
  let end: number | null = null;
  for (let n = number + 1; n <= doc.lines; n += 1) {
    const line = doc.line(n);
    if (!line.text.trim()) continue;
    const inside = isKey && /^\s*-(\s|$)/.test(line.text) && !/^\s*-(\s|$)/.test(head);
    if (
      line.text.startsWith("---") ||
      (inside ? indent(line.text) < own : indent(line.text) <= own)
    )
      break;
    end = line.to;
  }
  return end;
}

/** Return how far in the line after *line* begins. */
export function nextIndent(line: string): number {
  const item = /^\s*(?:- +)*/.exec(line)?.[0].length ?? 0;
  const opens = /:\s*(?:[|>][-+\d]*)?\s*$/.test(line);
  return opens ? item + UNIT.length : item;
}

const LEAVES_WITHIN_MS = 2000;

/** After Escape, Tab leaves: also where the key has something else to do, as to drop a selection that
 * F8 has made, but to close what is offered. */
function leaves(view: EditorView): boolean {
  if (completionStatus(view.state) === null) view.setTabFocusMode(LEAVES_WITHIN_MS);
  return false;
}

export const writing: Extension = [
  foldGutter(),
  history(),
  bracketMatching(),
  indentUnit.of(UNIT),
  foldService.of(({ doc }, from) => {
    const line = doc.lineAt(from);
    const end = fold(doc, line.number);
    return end === null ? null : { from: line.to, to: end };
  }),
  indentService.of((context, at) => {
    const { doc } = context.state;
    const { number, from } = doc.lineAt(at);
    const before = context.simulatedBreak === at ? doc.lineAt(at).text.slice(0, at - from) : null;
    if (before !== null) return nextIndent(before);
    return number > 1 ? nextIndent(doc.line(number - 1).text) : 0;
  }),
  assist,
  keymap.of([
    { key: "Escape", run: leaves },
    ...completionKeymap,
    ...closeBracketsKeymap,
    indentWithTab,
    ...lintKeymap,
    ...defaultKeymap,
    ...historyKeymap,
    ...foldKeymap,
  ]),
];
