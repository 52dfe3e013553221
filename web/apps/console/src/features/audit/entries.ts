/** Entries of the audit log: how they are asked for, and where they lead. Pure. */
import { quoted } from "@ecp/ui/actions/quoted";

export interface Entry {
  readonly id: number;
  readonly at: string;
  readonly actor: string;
  readonly actor_from: "system" | "proxy" | "address";
  readonly address: string;
  readonly user_agent: string;
  readonly action: string;
  readonly summary: string;
  readonly outcome: Outcome;
  readonly status: number | null;
  readonly code: string | null;
  readonly method: string | null;
  readonly route: string | null;
  readonly tenant_id: string | null;
  readonly target: string;
  readonly target_name: string | null;
  readonly refs: Readonly<Record<string, string>>;
  readonly request_id: string | null;
  readonly duration_ms: number | null;
}

export interface Answer {
  readonly entries: readonly Entry[];
  readonly total: number;
  readonly next_cursor: number | null;
}

export const OUTCOMES = ["done", "refused", "failed"] as const;
export type Outcome = (typeof OUTCOMES)[number];
/** How an outcome looks. */
export const STATES = { done: "complete", refused: "at_risk", failed: "failed" } as const;
export const GROUPS = [
  "tenant",
  "release",
  "failure",
  "sla",
  "rehearsal",
  "alert",
  "image",
  "settings",
  "twin",
  "demo",
] as const;
export const RANGES = { "1h": 3600, "24h": 86_400, "7d": 604_800, "30d": 2_592_000 } as const;

export const VIEW = {
  q: "",
  tenant: "",
  actor: "",
  action: "",
  outcome: "",
  since: "",
  entry: 0,
};

/** Return what the service is asked for; *nowMs* is where a range ends. */
export function queryOf(
  view: Readonly<Record<keyof typeof VIEW, string | number>>,
  nowMs: number,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of ["q", "tenant", "actor", "action", "outcome"] as const)
    if (view[name]) found[name] = String(view[name]);
  const seconds = RANGES[String(view.since) as keyof typeof RANGES];
  if (seconds)
    // By the minute: a question that changes with each rendering is asked with each.
    found.from = new Date(Math.floor((nowMs - seconds * 1000) / 60_000) * 60_000)
      .toISOString()
      .replace(".000Z", "Z");
  return found;
}

/** Return the command that lists the same. */
export function commandOf(query: Readonly<Record<string, string>>, demo: boolean): string {
  const parts = Object.entries(query).map(([name, value]) => ` --${name} ${quoted(value)}`);
  return `ecp audit${parts.join("")}${demo ? " --demo" : ""}`;
}

const BROWSERS = { Edg: "Edge", Chrome: "Chrome", Firefox: "Firefox", Safari: "Safari" };

/** Return a client by the name that people know it by. */
export function clientOf(agent: string): string {
  // Edge says that it is Chrome, and Chrome that it is Safari.
  for (const [word, name] of Object.entries(BROWSERS)) {
    const version = new RegExp(`${word}/(\\d+)`).exec(agent)?.[1];
    if (version) return `${name} ${version}`;
  }
  return agent.split(" ")[0] ?? agent;
}
