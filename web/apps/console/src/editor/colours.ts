/** The colours of YAML, line by line as lines come into view: no parser, whose grammar weighs as much as a page. */
import { type Extension, RangeSetBuilder, type Text } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  EditorView,
  ViewPlugin,
  type ViewUpdate,
} from "@codemirror/view";

export type Part = "key" | "string" | "atom" | "comment" | "mark";
export type Span = readonly [from: number, to: number, part: Part];

/** Above what is seen: a text is not searched further for where its block began. */
const LINES_ABOVE = 1000;
const QUOTED = /"(?:[^"\\]|\\.)*"?|'(?:[^']|'')*'?/y;
const KEY = /[^\s#"'{}[\],&*!|>][^#"'{}[\],]*?(?=\s*:(?:\s|$))/y;
const COLON = /\s*:(?=\s|$)/y;
const MARK = /[-?](?=\s|$)|[{}[\],:]|[|>][-+\d]*(?=\s|$)|---(?=\s|$)|[&*!][^\s,\]}]*/y;
const PLAIN = /[^\s#,[\]{}](?:[^#,[\]{}:]|:(?=\S)|(?<=\S)#)*/y;
const ATOM = /^(?:true|false|null|~|yes|no|[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)$/;
const OPENS_BLOCK = /(?:^|[\s:-])[|>][-+\d]*\s*(?:#.*)?$/;

const indent = (line: string) => line.length - line.trimStart().length;

/** Tell whether a block of letters (`|`, `>`) begins below *line*. */
export function opensBlock(line: string): boolean {
  return OPENS_BLOCK.test(line) && !line.trimStart().startsWith("#");
}

/** The first that fits; a key is what a colon follows, in quotes or without. */
const KINDS: readonly (readonly [RegExp, Part])[] = [
  [QUOTED, "string"],
  [MARK, "mark"],
  [KEY, "key"],
  [PLAIN, "string"],
];

/** Return how many letters of *line* at *at* fit *pattern*. */
function size(pattern: RegExp, line: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(line)?.[0].length ?? 0;
}

/** Return the parts of a line that is in no block. */
export function parts(line: string): Span[] {
  const found: Span[] = [];
  let at = 0;
  while (at < line.length) {
    if (line[at] === "#" && (at === 0 || /\s/.test(line[at - 1] ?? ""))) {
      found.push([at, line.length, "comment"]);
      break;
    }
    const fits = KINDS.find(([pattern]) => size(pattern, line, at) > 0);
    if (!fits) {
      at += 1;
      continue;
    }
    let [, part] = fits;
    const word = line.slice(at, at + size(fits[0], line, at)).trimEnd();
    const end = at + word.length;
    if (fits[0] === QUOTED && size(COLON, line, end) > 0) part = "key";
    if (fits[0] === PLAIN && ATOM.test(word)) part = "atom";
    found.push([at, end, part]);
    at = end;
  }
  return found;
}

/** Return the indentation of the block that line *number* stands in; −1: it stands in none. */
export function blockAt(doc: Text, number: number): number {
  let least = Number.POSITIVE_INFINITY;
  const first = doc.line(number).text;
  if (first.trim()) least = indent(first);
  for (let n = number - 1; n >= 1 && n > number - LINES_ABOVE && least > 0; n -= 1) {
    const { text } = doc.line(n);
    if (!text.trim() || indent(text) >= least) continue;
    least = indent(text);
    if (opensBlock(text)) return least;
  }
  return -1;
}

const MARKS = Object.fromEntries(
  (["key", "string", "atom", "comment", "mark"] as const).map((part) => [
    part,
    Decoration.mark({ class: `ecp-${part}` }),
  ]),
) as Record<Part, Decoration>;

/** Return the colours of what is in view. A very long line is in view in pieces: it is coloured once. */
export function coloured(
  doc: Text,
  inView: readonly { readonly from: number; readonly to: number }[],
): DecorationSet {
  const made = new RangeSetBuilder<Decoration>();
  let next = 1;
  for (const { from, to } of inView) {
    const first = Math.max(doc.lineAt(from).number, next);
    const last = doc.lineAt(to).number;
    if (first > last) continue;
    next = last + 1;
    let block = blockAt(doc, first);
    for (let n = first; n <= last; n += 1) {
      const line = doc.line(n);
      if (block >= 0 && line.text.trim() && indent(line.text) <= block) block = -1;
      if (block >= 0) {
        if (line.length) made.add(line.from, line.to, MARKS.string);
        continue;
      }
      for (const [start, end, part] of parts(line.text))
        made.add(line.from + start, line.from + end, MARKS[part]);
      if (opensBlock(line.text)) block = indent(line.text);
    }
  }
  return made.finish();
}

export const colours: Extension = [
  ViewPlugin.fromClass(
    class {
      decorations: DecorationSet;
      constructor(view: EditorView) {
        this.decorations = coloured(view.state.doc, view.visibleRanges);
      }
      update(update: ViewUpdate) {
        if (update.docChanged || update.viewportChanged) {
          const { view } = update;
          this.decorations = coloured(view.state.doc, view.visibleRanges);
        }
      }
    },
    { decorations: (plugin) => plugin.decorations },
  ),
  EditorView.baseTheme({
    ".ecp-key": { color: "light-dark(#27439a, #9db8ff)" },
    ".ecp-string": { color: "light-dark(#2b3138, #d5dbe2)" },
    ".ecp-atom": { color: "light-dark(#9c4a00, #ffc078)" },
    ".ecp-comment": { color: "light-dark(#5b6570, #9aa4af)" },
    ".ecp-mark": { color: "light-dark(#0b6b52, #8ce0c4)" },
  }),
];
