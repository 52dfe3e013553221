/**
 * Changes of the text that carry out a remedy, where the finding says all that is needed. By what the
 * server said, not by rule: one sentence, one change. Pure.
 */
import { type Finding, span } from "./findings";
import { type Document, documents, entryAt, type Path, steps, valueAt } from "./tree";

export interface Change {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
}
/** What is written there afterwards, for people, and the changes. */
export interface Fix {
  readonly says: string;
  readonly changes: readonly Change[];
}

interface Case {
  readonly finding: Finding;
  readonly text: string;
  readonly span: { readonly from: number; readonly to: number };
  readonly document: Document;
}
type Maker = (match: RegExpExecArray, given: Case) => Fix | null;

/** Of a sentence in the message or in the remedy: the change. */
const MAKERS: readonly (readonly ["message" | "remedy", RegExp, Maker])[] = [
  [
    "message",
    /must be less than or equal to \S+ limit of (\S+)/,
    ([, limit], at) => over(limit, at),
  ],
  ["message", /`selector` does not match template `labels`/, (_, at) => labelled(at)],
  ["message", /Unsupported value: "?(.*?)"?: supported values: (.+)$/, supported],
  ["remedy", /(?:Did you mean|혹시) "([^"]+)"/, ([, name], at) => renamed(name, at)],
  [
    "message",
    /cannot unmarshal string into .* of type (u?int|float|bool)/,
    (_, at) => unquoted(at),
  ],
  ["message", /cannot unmarshal (number|bool) into .* of type string/, (_, at) => quoted(at)],
  ["remedy", /"([a-z0-9.-]+\/v\w+)"/, ([, version], at) => moved(version, at)],
];

/** Return the change that carries out what a finding asks for; null: a person has to think. */
export function fixOf(finding: Finding, text: string): Fix | null {
  const where = span(finding, text);
  if (!where) return null;
  const document = documents(text).find((one) => one.from <= where.from && where.from <= one.to);
  if (!document) return null;
  for (const [part, pattern, make] of MAKERS) {
    const match = pattern.exec(finding[part] ?? "");
    const made = match && make(match, { finding, text, span: where, document });
    if (made) return made;
  }
  return null;
}

type Fixes = ReadonlyMap<Finding, Fix | null>;
let made: { findings: readonly Finding[]; text: string; fixes: Fixes } | null = null;

/** Return the fix of each: the editor and the report beside it ask for the same ones. */
export function fixesOf(findings: readonly Finding[], text: string): Fixes {
  if (made?.findings !== findings || made.text !== text)
    made = { findings, text, fixes: new Map(findings.map((one) => [one, fixOf(one, text)])) };
  return made.fixes;
}

/** Apply changes that do not overlap. */
export function changed(text: string, changes: readonly Change[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const one of [...changes].sort((a, b) => a.from - b.from)) {
    parts.push(text.slice(at, one.from), one.insert);
    at = one.to;
  }
  return parts.join("") + text.slice(at);
}

function written(given: Case, insert: string): Fix {
  return { says: insert, changes: [{ ...given.span, insert }] };
}

/** A request above its limit becomes the limit. */
function over(limit: string | undefined, given: Case): Fix | null {
  return limit ? written(given, limit) : null;
}

/** The template gets the labels that the selector asks for; what else it has stays. */
function labelled(given: Case): Fix | null {
  const { text, document, finding } = given;
  const wanted = pairs(text, document, ["spec", "selector", "matchLabels"]);
  const path = steps(finding.path ?? "");
  const entry = entryAt(document, path);
  if (!entry || wanted.length === 0) return null;
  const held = pairs(text, document, path);
  const missing = wanted.filter(
    ([name, value]) => !held.some((h) => h[0] === name && h[1] === value),
  );
  const says = missing.map(([name, value]) => `${name}: ${value}`).join(", ");
  const inserted: Change[] = [];
  const fresh: string[] = [];
  for (const [name, value] of missing) {
    const own = entryAt(document, [...path, name]);
    if (own) inserted.push({ from: own.value.from, to: own.value.to, insert: value });
    else fresh.push(`${name}: ${value}`);
  }
  if (fresh.length > 0) {
    if (text[entry.value.from] === "{") {
      const comma = held.length > 0 ? ", " : "";
      const from = entry.value.from + 1;
      inserted.push({ from, to: from, insert: fresh.join(", ") + comma });
    } else {
      const first = document.entries.find(
        (one) => one.path.length === path.length + 1 && path.every((s, i) => one.path[i] === s),
      );
      if (!first) return null;
      const start = text.lastIndexOf("\n", first.key.from) + 1;
      const indent = " ".repeat(first.key.from - start);
      inserted.push({
        from: start,
        to: start,
        insert: fresh.map((f) => `${indent}${f}\n`).join(""),
      });
    }
  }
  return { says, changes: inserted };
}

function pairs(text: string, document: Document, path: Path): [string, string][] {
  return document.entries.flatMap((entry): [string, string][] => {
    const name = entry.path.at(-1);
    const isBelow =
      entry.path.length === path.length + 1 && path.every((step, i) => entry.path[i] === step);
    return isBelow && typeof name === "string"
      ? [[name, text.slice(entry.value.from, entry.value.to)]]
      : [];
  });
}

/** The nearest of the values that are supported, where one is near. */
function supported(match: RegExpExecArray, given: Case): Fix | null {
  const wrong = match[1] ?? "";
  const known = [...(match[2] ?? "").matchAll(/"([^"]+)"/g)].map(([, value]) => value ?? "");
  const [best] = known
    .map((value) => ({ value, far: distance(value.toLowerCase(), wrong.toLowerCase()) }))
    .sort((one, other) => one.far - other.far);
  const near = best && (best.far <= best.value.length / 2 || best.value.startsWith(wrong));
  return near && best.value ? written(given, best.value) : null;
}

/** What stands there gets the name that was meant, unless a field of that name is written, too. */
function renamed(name: string | undefined, given: Case): Fix | null {
  const path = steps(given.finding.path ?? "");
  if (!name || entryAt(given.document, [...path.slice(0, -1), name])) return null;
  return written(given, name);
}

function unquoted(given: Case): Fix | null {
  const value = valueAt(given.text, given.document, steps(given.finding.path ?? ""));
  return /^(-?\d+(\.\d+)?|true|false)$/.test(value) ? written(given, value) : null;
}

function quoted(given: Case): Fix | null {
  const value = given.text.slice(given.span.from, given.span.to);
  return /^[\w.+-]+$/.test(value) ? written(given, `"${value}"`) : null;
}

/** The API that replaced one that is gone. */
function moved(version: string | undefined, given: Case): Fix | null {
  return version && given.finding.path === "apiVersion" ? written(given, version) : null;
}

/** Levenshtein's distance. */
export function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...one].entries()) {
    const next = [i + 1];
    for (let j = 0; j < other.length; j += 1) {
      const swap = (row[j] ?? 0) + (letter === other[j] ? 0 : 1);
      next.push(Math.min(swap, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
