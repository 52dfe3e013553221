/**
 * Where in a manifest something stands: documents, entries with their letters, the path at a cursor.
 * Reads text that is still being written: a line is understood by its indent, whatever stands around
 * it; what cannot be read is skipped. Pure.
 */
import { type Emit, flow, opens, type Range, word } from "./flow";

export type Step = string | number;
export type Path = readonly Step[];

/** A key, or an item of a list, with what is written beside it. */
export interface Entry {
  /** Ends with its own key or index. */
  readonly path: Path;
  readonly key: Range;
  /** Of a scalar its letters, of a flow collection all of it; of what stands below it, nothing. */
  readonly value: Range;
}

export interface Document {
  readonly index: number;
  readonly from: number;
  readonly to: number;
  /** Read when they are first asked for: of a megabyte, one document is of interest at a time. */
  readonly entries: readonly Entry[];
}

export interface Place {
  readonly document: Document;
  /** Of the map or the list that the cursor is in. */
  readonly path: Path;
  /** Whose value is being written; null: a key is. An item of a list may still become a map: `- na`
   * is the value of its index. Empty where there is nothing to say: words in a comment, in a block. */
  readonly key: Step | null;
  /** The letters of the word at the cursor. */
  readonly word: Range;
}

interface Level {
  readonly column: number;
  readonly step: Step;
}

const SEPARATOR = /^---(?=\s|$)/gm;
/** A line that is neither empty nor a comment. */
const WRITTEN = /^[^\S\n]*[^#\s]/m;
const KEY = /^("(?:[^"\\]|\\.)*"|'[^']*'|[^\s#&*!|>'"%@`{}[\],][^#]*?)\s*:(?=\s|$)/;
const BLOCK = /^[|>][+-]?\d?[+-]?\s*(#.*)?$/;

/** The text that was read last: a report asks for the same one for each of its findings. */
let last: { readonly text: string; readonly found: readonly Document[] } = { text: "", found: [] };

/** Return the documents of *text*; comments alone are none. */
export function documents(text: string): readonly Document[] {
  if (last.text !== text) last = { text, found: read(text) };
  return last.found;
}

/** Return where each part between two separators begins and ends, whatever is in it. */
function* cut(text: string): Generator<Range> {
  let from = 0;
  for (const { index } of text.matchAll(SEPARATOR)) {
    yield { from, to: index };
    from = Math.min(ending(text, index, text.length) + 1, text.length);
  }
  yield { from, to: text.length };
}

function read(text: string): Document[] {
  const found: Document[] = [];
  for (const { from, to } of cut(text))
    if (WRITTEN.test(text.slice(from, to))) found.push(document(found.length, text, from, to));
  return found;
}

function document(index: number, text: string, from: number, to: number): Document {
  let held: Entry[] | null = null;
  return {
    index,
    from,
    to,
    get entries() {
      held ??= entries(text, from, to);
      return held;
    },
  };
}

/** Return the part of *text* that the document at *offset* is in. */
export function around(text: string, offset: number): Range {
  for (const part of cut(text)) if (part.to >= offset && part.to > part.from) return part;
  return { from: text.length, to: text.length };
}

function entries(text: string, from: number, to: number): Entry[] {
  const found: Entry[] = [];
  walk(text, from, to, (entry) => found.push(entry));
  return found;
}

/** Return what the cursor at *offset* is in. */
export function at(text: string, offset: number): Place {
  const { from, to } = around(text, offset);
  const own = document(0, text, from, to);
  let place: Omit<Place, "document"> | null = null;
  walk(
    text,
    from,
    to,
    () => {},
    offset,
    (found) => {
      place ??= found;
    },
  );
  return { document: own, ...(place ?? { path: [], key: "", word: word(text, offset) }) };
}

type Tell = (place: Omit<Place, "document">) => void;

/** Go through the lines of a document; tell each entry, and where *cursor* is. */
function walk(text: string, from: number, to: number, emit: Emit, cursor = -1, tell?: Tell): void {
  let levels: Level[] = [];
  let block = -1;
  let start = from;
  while (start < to || (start === to && cursor === to)) {
    const end = ending(text, start, to);
    const line = text.slice(start, end);
    const here = cursor >= start && cursor <= end;
    const indent = line.length - line.trimStart().length;
    const blank = line.trim() === "";
    if (block >= 0 && (blank || indent > block)) {
      // Letters of a block scalar: nothing is completed there.
      if (here && !(blank && cursor - start <= block))
        tell?.({ path: levels.map((level) => level.step), key: "", word: word(text, cursor) });
      start = end + 1;
      continue;
    }
    block = -1;
    if (blank || line[indent] === "#") {
      if (here && blank) {
        const column = cursor - start;
        tell?.({ path: below(levels, column), key: null, word: { from: cursor, to: cursor } });
      }
      start = end + 1;
      continue;
    }
    let at = start + indent;
    while (text[at] === "-" && /[\s]|$/.test(text[at + 1] ?? "")) {
      const column = at - start;
      const item = levels.findLast((level) => level.column >= column && isItem(level));
      const index = item?.column === column && typeof item.step === "number" ? item.step + 1 : 0;
      levels = levels.filter(
        (level) => level.column < column || (level.column === column && !isItem(level)),
      );
      levels.push({ column, step: index });
      let next = at + 1;
      while (next < end && text[next] === " ") next += 1;
      const path = levels.map((level) => level.step);
      if (here && cursor > at && cursor <= next && next >= end)
        tell?.({ path, key: null, word: { from: cursor, to: cursor } });
      const rest = text.slice(next, end);
      if (next < end && !KEY.test(rest) && !(rest.startsWith("- ") || rest === "-")) {
        const done = scalar(
          text,
          next,
          end,
          to,
          path,
          { from: at, to: at + 1 },
          emit,
          cursor,
          tell,
        );
        start = done + 1;
        at = -1;
        break;
      }
      at = next;
    }
    if (at < 0) continue;
    if (at >= end) {
      emit({
        path: levels.map((level) => level.step),
        key: { from: end - 1, to: end },
        value: { from: end, to: end },
      });
      start = end + 1;
      continue;
    }
    const column = at - start;
    const match = KEY.exec(text.slice(at, end));
    levels = levels.filter((level) => level.column < column);
    if (!match) {
      if (here && cursor >= at)
        tell?.({ path: levels.map((level) => level.step), key: null, word: word(text, cursor) });
      start = end + 1;
      continue;
    }
    const raw = match[1] ?? "";
    const key = { from: at, to: at + raw.length };
    const parent = levels.map((level) => level.step);
    const name = raw.replace(/^["']|["']$/g, "");
    levels.push({ column, step: name });
    let value = at + match[0].length;
    while (value < end && text[value] === " ") value += 1;
    if (here && cursor >= key.from && cursor <= key.to)
      tell?.({ path: parent, key: null, word: key });
    const rest = text.slice(value, end);
    if (BLOCK.test(rest)) block = Math.max(indent, column);
    const done = scalar(text, value, end, to, [...parent, name], key, emit, cursor, tell);
    start = done + 1;
  }
}

/** Tell a scalar or a flow collection that begins at *from*; return where its last line ends. */
function scalar(
  text: string,
  from: number,
  end: number,
  to: number,
  path: Path,
  key: Range,
  emit: Emit,
  cursor: number,
  tell?: Tell,
): number {
  if (opens(text[from])) {
    const inner: { path: Path; key: Step | null; word: Range }[] = [];
    const found: Parameters<Emit>[0][] = [];
    const done = flow(
      text,
      from,
      to,
      path,
      (entry) => found.push(entry),
      cursor,
      (place) => {
        inner.push(place);
      },
    );
    emit({ path, key, value: { from, to: done } });
    for (const entry of found) emit(entry);
    const [place] = inner;
    if (place) tell?.(place);
    else if (cursor > key.to && cursor <= from)
      tell?.({
        path: path.slice(0, -1),
        key: path.at(-1) ?? "",
        word: { from: cursor, to: cursor },
      });
    return ending(text, Math.max(done, from), to);
  }
  let until = end;
  const comment = /\s#/.exec(text.slice(from, end));
  if (comment) until = from + comment.index;
  while (until > from && text[until - 1] === " ") until -= 1;
  emit({ path, key, value: { from, to: until } });
  if (cursor > key.to && cursor <= end && cursor <= Math.max(until, from)) {
    const own = path.at(-1) ?? null;
    tell?.({
      path: path.slice(0, -1),
      key: own,
      word: { from: Math.min(from, cursor), to: until },
    });
  }
  return end;
}

function ending(text: string, from: number, to: number): number {
  const found = text.indexOf("\n", from);
  return found < 0 || found > to ? to : found;
}

const isItem = (level: Level) => typeof level.step === "number";

/** Of a line that is empty yet: what would be written at *column* belongs to this. */
function below(levels: readonly Level[], column: number): Path {
  return levels.filter((level) => level.column < column).map((level) => level.step);
}

/** Return the entry at *path*. */
export function entryAt(document: Document, path: Path): Entry | undefined {
  return document.entries.find((entry) => same(entry.path, path));
}

export function same(one: Path, other: Path): boolean {
  return one.length === other.length && one.every((step, index) => step === other[index]);
}

/** Return the scalar at *path* as it is meant: without quotes. */
export function valueAt(text: string, document: Document, path: Path): string {
  const entry = entryAt(document, path);
  return entry ? plain(text.slice(entry.value.from, entry.value.to)) : "";
}

export function plain(written: string): string {
  return written.trim().replace(/^(["'])(.*)\1$/s, "$2");
}

/** Return the keys that stand at *path* already. */
export function keysAt(document: Document, path: Path): string[] {
  return document.entries.flatMap((entry) => {
    const own = entry.path.at(-1);
    return typeof own === "string" && same(entry.path.slice(0, -1), path) ? [own] : [];
  });
}

/** Return a path as findings write it: spec.containers[0].name → steps. */
export function steps(path: string): Step[] {
  return [...path.matchAll(/\[(\d+)\]|\["?([^\]"]+)"?\]|([^.[\]]+)/g)].map(
    ([, index, quoted, name]) => (index === undefined ? (quoted ?? name ?? "") : Number(index)),
  );
}
