/** What a refusal of a scenario says, and at which field of the form. Pure. */
import { told } from "@ecp/ui/layout/ProblemView";
import type { Finding } from "../../editor/findings";
import type { Form } from "./scenario";

/** In which text, and where in it. */
export interface Refused extends Finding {
  readonly source?: string;
}
interface Detail extends Refused {
  readonly field?: string;
}
export type Field = keyof Form | "runs";
export type Wrong = Partial<Record<Field, string>>;

const FIELDS: Readonly<Record<string, Field>> = {
  scenario: "name",
  tenant: "tenant",
  cluster: "live",
  faults: "faults",
  hypotheses: "hypotheses",
  for: "length",
  seed: "seed",
};
/** Codes that are about how often, whatever the scenario is. */
const OF_RUNS = "TOO_MANY_RUNS";

function detailsOf(error: unknown): readonly Detail[] {
  return (error as { error?: { details?: readonly Detail[] } } | null)?.error?.details ?? [];
}

export function findingsOf(error: unknown): Refused[] {
  const rule = told(error)?.code ?? "";
  return detailsOf(error).flatMap((one) => (one.line ? [{ ...one, rule, severity: "error" }] : []));
}

/** Return which key a line of a scenario that the form wrote belongs to. */
function keyAt(text: string, line: number): string | undefined {
  const before = text.split("\n").slice(0, line).toReversed();
  return before.map((one) => /^([a-z_]+):/.exec(one)?.[1]).find(Boolean);
}

/** Return what is wrong with which field; *text* is what the form wrote. */
export function wrongWith(error: unknown, text: string): Wrong {
  const found: Wrong = {};
  const summed = told(error);
  if (summed?.code === OF_RUNS) found.runs = summed.message;
  for (const one of detailsOf(error)) {
    const asked = one.field?.replace(/^body\./, "");
    if (asked === "runs" || asked === "seed") found[asked] = one.message ?? "";
    if (one.source !== "scenario.yaml" || !one.line) continue;
    const field = FIELDS[keyAt(text, one.line) ?? ""];
    if (field) found[field] = one.message ?? "";
  }
  return found;
}
