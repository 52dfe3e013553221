/** What the alerts' parts share: their shapes, states of the service as states of a badge. Pure. */
import type { State } from "@ecp/ui/status/states";

export interface AlertEvent {
  readonly id: number;
  readonly at: string;
  readonly what: string;
  readonly who: string;
  readonly detail: string;
}

export interface Delivery {
  readonly id: number;
  readonly route_id: number;
  readonly route?: string | null;
  readonly what: string;
  readonly state: DeliveryState;
  readonly attempt: number;
  readonly sent_at: string | null;
  readonly next_at: string | null;
  readonly detail: string;
}

export interface Alert {
  readonly id: number;
  readonly tenant_id: string;
  readonly rule: string;
  readonly subject?: string;
  readonly severity: string;
  readonly state: string;
  readonly message?: Record<string, string>;
  readonly why?: Record<string, readonly string[]>;
  readonly began_at?: string | null;
  readonly fired_at?: string | null;
  readonly resolved_at?: string | null;
  readonly acknowledged_at?: string | null;
  readonly acknowledged_by?: string | null;
  readonly silenced_by?: number | null;
  readonly history?: readonly AlertEvent[];
  readonly deliveries?: readonly Delivery[];
}

export interface Route {
  readonly id: number;
  readonly name: string;
  readonly kind: string;
  readonly target: string;
  readonly tenant_id: string;
  readonly rule: string;
  readonly severity: string;
  readonly language: string;
  readonly simulated: boolean;
  readonly resolved: boolean;
  readonly enabled: boolean;
}

export const SEVERITIES = ["info", "warning", "critical"] as const;
export type Severity = (typeof SEVERITIES)[number];
export const SEVERITY_STATES: Record<Severity, State> = {
  critical: "failed",
  warning: "at_risk",
  info: "planned",
};
export const EVENTS = [
  "pending",
  "firing",
  "escalated",
  "acknowledged",
  "cleared",
  "resolved",
  "withdrawn",
  "told",
  "not-told",
] as const;
export type DeliveryState = "sent" | "pending" | "sending" | "failed" | "dropped" | "uncertain";
export const DELIVERY_STATES: Record<DeliveryState, State> = {
  sent: "complete",
  pending: "pending",
  sending: "progressing",
  failed: "failed",
  dropped: "stopped",
  uncertain: "unknown",
};
export const KINDS = [
  "webhook",
  "slack",
  "email",
  "naver-works",
  "dooray",
  "jandi",
  "apprise",
] as const;

/** Return a rule's title: as the service calls it, the name of a tenant's own, else its id. */
export function titleOf(
  rule: string,
  subject: string,
  known: readonly { readonly rule?: string; readonly name?: string }[],
): string {
  const own = rule.startsWith("custom:") ? rule.slice("custom:".length) : "";
  return known.find((one) => one.rule === rule)?.name ?? (own || subject || rule);
}

/** Return a severity that has words. */
export function severityOf(word: string | undefined): Severity {
  return SEVERITIES.find((one) => one === word) ?? "warning";
}

/** Return what a preset's threshold is of a figure, as a condition; null: it has none. */
export function conditionOf(
  metric: string,
  limits: Readonly<Record<string, string | number>> | undefined,
): string | null {
  if (!limits) return null;
  const parts = (["critical", "warning"] as const)
    .filter((level) => limits[level] !== undefined)
    .map((level) => `${metric} > ${limits[level]} (${level})`);
  return parts.join(", ") || null;
}

/** Return the deliveries of each route, the newest first, at most *most*. */
export function lastOf(
  deliveries: readonly Delivery[],
  most: number,
): ReadonlyMap<number, readonly Delivery[]> {
  const found = new Map<number, Delivery[]>();
  for (const one of deliveries) {
    const known = found.get(one.route_id) ?? [];
    if (known.length < most) found.set(one.route_id, [...known, one]);
  }
  return found;
}

/** Return the command that leaves these rules *off*, and no others, where it was *before*. */
export function policyCall(
  tenant: string,
  preset: string,
  before: readonly string[],
  off: readonly string[],
): string {
  const more = off.filter((rule) => !before.includes(rule)).map((rule) => ` --off ${rule}`);
  const less = before.filter((rule) => !off.includes(rule)).map((rule) => ` --on ${rule}`);
  return `ecp alerts policy ${tenant} --preset ${preset}${[...more, ...less].join("")}`;
}
