/** On which step of the main job a tenant is. Pure. */

export const STEPS = ["validate", "deploy", "sla", "startup"] as const;
export type Step = (typeof STEPS)[number];

/** What keeps a tenant from being up, and what to do about it. */
export interface Trouble {
  readonly object?: string | null;
  readonly text?: string | null;
  readonly remedy?: string | null;
}

export interface Standing {
  /** What was wished of it. */
  readonly state?: string | null;
  readonly phase?: string | null;
  readonly deployment_id?: string | null;
  readonly started?: boolean;
  readonly sla?: { readonly status?: string | null | undefined } | null;
  readonly startup?:
    | {
        readonly stalled?: boolean;
        readonly problems?: readonly unknown[];
        readonly degraded?: readonly unknown[];
      }
    | null
    | undefined;
}

/** Tell whether a tenant's release does not come up by itself. */
export function isStuck(tenant: Standing): boolean {
  if (["failed", "stalled"].includes(tenant.phase ?? "") || tenant.startup?.stalled) return true;
  return !tenant.started && (tenant.startup?.problems ?? []).length > 0;
}

const UNMEASURED = new Set(["no_data", "insufficient_data"]);

/** Tell whether enough was measured of a tenant to say how it stands. */
export function isMeasured(tenant: Standing): boolean {
  return Boolean(tenant.sla?.status) && !UNMEASURED.has(tenant.sla?.status ?? "");
}

/** The furthest step that is not done: not released, on its way, up but not measured, confirmed. */
export function stepOf(tenant: Standing): Step {
  if (!tenant.deployment_id) return "validate";
  // One that stalled was sent, and does not start.
  if (tenant.phase === "stalled" && !tenant.started) return "startup";
  if (tenant.phase !== "ready" && !tenant.started) return "deploy";
  return isMeasured(tenant) || tenant.started ? "startup" : "sla";
}

/** Tell whether a tenant that was stopped is coming up again: its release was up long before. */
export function isStarting(tenant: Standing): boolean {
  return tenant.state === "deploying" && tenant.phase === "ready";
}

/** Tell whether a tenant was up and is not as it was. */
export function isDegraded({ started, startup }: Standing): boolean {
  return ((started ? startup?.degraded : startup?.problems) ?? []).length > 0;
}

/** Return the state that stands beside a tenant's name: that it is stopped comes before how its
 * release stands, and how its pods do before that it was up once. */
export function stateShown(tenant: Standing): string | null | undefined {
  if (tenant.state === "stopped" || tenant.state === "stopping") return tenant.state;
  if (isStarting(tenant)) return "starting";
  if (tenant.phase === "ready" && tenant.startup?.stalled) return "stalled";
  if (tenant.phase === "ready" && isDegraded(tenant)) return "degraded";
  return tenant.phase === "created" ? "draft" : tenant.phase;
}
