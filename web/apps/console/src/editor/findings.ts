/** What validation finds, where in a text that is, and findings of one rule together. Pure. */

/** What the API server refuses, what it takes and would not run, what might be better: worst first. */
const SEVERITIES = ["error", "broken", "warning"] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface Finding {
  readonly severity?: string;
  readonly rule?: string;
  readonly title?: string;
  readonly message?: string;
  /** The same in Korean, where it is no sentence of the API server. */
  readonly message_ko?: string;
  readonly path?: string;
  /** From 1. */
  readonly line?: number | null;
  readonly column?: number | null;
  readonly end_line?: number | null;
  /** After the last letter. */
  readonly end_column?: number | null;
  readonly object?: { readonly kind?: string; readonly name?: string };
  readonly remedy?: string;
  readonly docs?: readonly string[];
}

let last = { text: "", starts: [0] };

/** Return where each line begins. Kept for the text asked for last: findings are many, the text one. */
function lineStarts(text: string): readonly number[] {
  if (last.text !== text) {
    const starts = [0];
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
    last = { text, starts };
  }
  return last.starts;
}

/** Return the letters [from, to) of *text* that a finding means: at least one where there is one;
 * null where it says no line, or one that *text* no longer has. */
export function span(finding: Finding, text: string): { from: number; to: number } | null {
  if (!finding.line) return null;
  const starts = lineStarts(text);
  const offset = (line: number, column: number): number | null => {
    const start = starts[line - 1];
    if (start === undefined) return null;
    const length = (starts[line] ?? text.length + 1) - 1 - start;
    return start + Math.min(Math.max(column - 1, 0), length);
  };
  const from = offset(finding.line, finding.column ?? 1);
  if (from === null) return null;
  const until = offset(finding.end_line ?? finding.line, finding.end_column ?? 1) ?? from;
  return { from, to: Math.min(Math.max(until, from + 1), text.length) };
}

/** Return what a finding says, in Korean where the sentence is ours. */
export function said(finding: Finding, language: string): string {
  return (language === "ko" && finding.message_ko) || finding.message || "";
}

export interface Group {
  readonly rule: string;
  readonly title: string;
  readonly remedy: string;
  readonly docs: readonly string[];
  readonly severity: Severity;
  readonly findings: readonly Finding[];
}

/** Return findings by their rule, the worst first, in the order in which they are met. */
export function grouped(findings: readonly Finding[], language: string): Group[] {
  const found = new Map<string, Finding[]>();
  for (const one of findings) {
    const key = `${one.severity} ${one.rule || one.message}`;
    const rows = found.get(key);
    if (rows) rows.push(one);
    else found.set(key, [one]);
  }
  const groups = [...found.values()].flatMap((rows): Group[] => {
    const [first] = rows;
    return first
      ? [
          {
            rule: first.rule ?? "",
            title: first.title ?? said(first, language),
            remedy: rows.every((row) => row.remedy === first.remedy) ? (first.remedy ?? "") : "",
            docs: first.docs ?? [],
            severity: SEVERITIES.find((one) => one === first.severity) ?? "warning",
            findings: rows,
          },
        ]
      : [];
  });
  const rank = (group: Group) => SEVERITIES.indexOf(group.severity);
  return groups.sort((one, other) => rank(one) - rank(other));
}

/** Return the findings of an answer. */
export function findingsOf(
  answer: { errors?: unknown; warnings?: unknown } | undefined,
): Finding[] {
  const rows = (of: unknown) => (Array.isArray(of) ? (of as Finding[]) : []);
  return [
    ...rows(answer?.errors).map((one) => ({
      ...one,
      severity: one.severity === "broken" ? "broken" : "error",
    })),
    ...rows(answer?.warnings).map((one) => ({ ...one, severity: "warning" })),
  ];
}
