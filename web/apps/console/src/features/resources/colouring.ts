/** A line of YAML in pieces that are coloured. Pure. */

type Piece = readonly ["key" | "text" | "plain" | "mark" | "note", string];
const LINE = /^(\s*(?:- )*)(?:("(?:[^"\\]|\\.)*"|[^\s"'#:][^:]*?)(:)(?=\s|$))?(.*)$/s;
const VALUE = /^\s*(?:-?\d[\d._]*(?:e[+-]?\d+)?|true|false|null|~)\s*$/i;

/** Return a line's pieces: marks (dashes, colons), a key, a value (text, or plain: numbers, words of the
 * language), a note. */
export function pieces(line: string): Piece[] {
  if (/^\s*#/.test(line)) return [["note", line]];
  const found = LINE.exec(line);
  if (!found) return [["text", line]];
  const [, lead = "", key, colon, rest = ""] = found;
  const parts: Piece[] = [];
  if (lead) parts.push(["mark", lead]);
  if (key !== undefined && colon) parts.push(["key", key], ["mark", colon]);
  if (rest) parts.push([VALUE.test(rest) ? "plain" : "text", rest]);
  return parts;
}
