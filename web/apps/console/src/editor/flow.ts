/** Maps and lists in braces, as far as they are written. Pure. */
import type { Entry, Path, Place, Step } from "./tree";

export interface Range {
  readonly from: number;
  readonly to: number;
}
export type Emit = (entry: Entry) => void;
type Tell = (place: Omit<Place, "document">) => void;

export const opens = (letter: string | undefined) => letter === "{" || letter === "[";

/** Return the letters of the word around *offset*. */
export function word(text: string, offset: number): Range {
  const part = /[\w./@-]/;
  let from = offset;
  let to = offset;
  while (from > 0 && part.test(text[from - 1] ?? "")) from -= 1;
  while (to < text.length && part.test(text[to] ?? "")) to += 1;
  return { from, to };
}

/**
 * Tell what is in the collection that begins at *from*, and where *cursor* is in it; return the
 * offset after it. One that is not closed ends with its line, where a key of the lines below shows
 * that they are no part of it, or at *to*.
 */
export function flow(
  text: string,
  from: number,
  to: number,
  path: Path,
  emit: Emit,
  cursor: number,
  tell: Tell,
): number {
  const until = Math.min(closing(text, from, to), to);
  collection(text, from, until, path, emit, cursor, tell);
  return until;
}

/** Return the offset after the bracket that closes the one at *from*, or the end of its line. */
function closing(text: string, from: number, to: number): number {
  let depth = 0;
  let quote = "";
  for (let index = from; index < to; index += 1) {
    const letter = text[index] ?? "";
    if (quote) quote = letter === quote ? "" : quote;
    else if (letter === '"' || letter === "'") quote = letter;
    else if (opens(letter)) depth += 1;
    else if (letter === "}" || letter === "]") {
      depth -= 1;
      if (depth === 0) return index + 1;
    } else if (letter === "\n") {
      const next = text.slice(index + 1, to).split("\n", 1)[0] ?? "";
      // A line like `key: …` or `- …` is not of an unclosed collection.
      if (/^\s*(- |[\w./-]+:(\s|$))/.test(next) && !closes(text, index + 1, to, depth))
        return index;
    }
  }
  const end = text.indexOf("\n", from);
  return end < 0 || end > to ? to : end;
}

/** Tell whether *depth* open brackets are closed before brackets are opened that are never closed. */
function closes(text: string, from: number, to: number, depth: number): boolean {
  let left = depth;
  for (let index = from; index < to && index < from + 4000; index += 1) {
    if (opens(text[index])) left += 1;
    else if (text[index] === "}" || text[index] === "]") left -= 1;
    if (left === 0) return true;
  }
  return false;
}

/** Read one collection from its bracket; return the offset after it. */
function collection(
  text: string,
  from: number,
  to: number,
  path: Path,
  emit: Emit,
  cursor: number,
  tell: Tell,
): number {
  const isMap = text[from] === "{";
  let at = from + 1;
  let index = 0;
  while (at < to) {
    while (at < to && /\s/.test(text[at] ?? "")) at += 1;
    const part = isMap
      ? pair(text, at, to, path, emit, cursor, tell)
      : value(text, at, to, path, index, { from: at, to: at }, emit, cursor, tell);
    at = part;
    index += 1;
    while (at < to && !/[,}\]]/.test(text[at] ?? "")) at += 1;
    if (text[at] !== ",") return at + 1;
    at += 1;
  }
  return to;
}

function pair(
  text: string,
  from: number,
  to: number,
  path: Path,
  emit: Emit,
  cursor: number,
  tell: Tell,
): number {
  const match = /^("[^"]*"|'[^']*'|[^\s,{}[\]:]*)\s*(:(?=[\s,}]|$))?/.exec(text.slice(from, to));
  const raw = match?.[1] ?? "";
  const key = { from, to: from + raw.length };
  if (!match?.[2]) {
    if (cursor >= from - 1 && cursor <= key.to)
      tell({
        path,
        key: null,
        word: { from: Math.min(from, cursor), to: Math.max(key.to, cursor) },
      });
    return key.to;
  }
  if (cursor >= key.from && cursor <= key.to) tell({ path, key: null, word: key });
  const name = raw.replace(/^["']|["']$/g, "");
  return value(text, from + match[0].length, to, path, name, key, emit, cursor, tell);
}

function value(
  text: string,
  from: number,
  to: number,
  path: Path,
  step: Step,
  key: Range,
  emit: Emit,
  cursor: number,
  tell: Tell,
): number {
  let at = from;
  while (at < to && text[at] === " ") at += 1;
  if (opens(text[at])) {
    const inside: Entry[] = [];
    const done = collection(text, at, to, [...path, step], (one) => inside.push(one), cursor, tell);
    emit({ path: [...path, step], key, value: { from: at, to: Math.min(done, to) } });
    for (const one of inside) emit(one);
    return done;
  }
  const quote = /^("(?:[^"\\]|\\.)*"?|'[^']*'?)/.exec(text.slice(at, to))?.[0];
  let end = at;
  if (quote) end = at + quote.length;
  else while (end < to && !/[,}\]\n]/.test(text[end] ?? "")) end += 1;
  let last = end;
  while (last > at && text[last - 1] === " ") last -= 1;
  if (last > at || typeof step === "string")
    emit({ path: [...path, step], key, value: { from: at, to: last } });
  if (cursor >= Math.min(from, at) && cursor <= end && cursor > key.to - 1)
    tell({ path, key: step, word: { from: Math.min(at, cursor), to: Math.max(last, cursor) } });
  return end;
}
