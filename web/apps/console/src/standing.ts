/** On which step of the main job a tenant is. Pure. */

export const STEPS = ["validate", "deploy", "sla", "startup"] as const;
export type Step = (typeof STEPS)[number];

export interface Standing {
  /** What was wished of it. */
  readonly state?: string | null;
  readonly phase?: string | null;
  readonly deployment_id?: string | null;
  readonly started?: boolean;
  readonly sla?: { readonly status?: string | null } | null;
}

/** The furthest step that is not done: not released, on its way, up but not measured, confirmed. */
export function stepOf(tenant: Standing): Step {
  if (!tenant.deployment_id) return "validate";
  if (tenant.phase !== "ready" && !tenant.started) return "deploy";
  const measured =
    tenant.sla?.status && !["no_data", "insufficient_data"].includes(tenant.sla.status);
  return measured || tenant.started ? "startup" : "sla";
}

/** Tell whether a tenant that was stopped is coming up again: its release was up long before. */
export function isStarting(tenant: Standing): boolean {
  return tenant.state === "deploying" && tenant.phase === "ready";
}

/** Return the state that stands beside a tenant's name: that it is stopped comes before how its
 * release stands, which was up once and stays so. */
export function stateShown(tenant: Standing): string | null | undefined {
  if (tenant.state === "stopped" || tenant.state === "stopping") return tenant.state;
  if (isStarting(tenant)) return "starting";
  return tenant.phase === "created" ? "draft" : tenant.phase;
}

/** Return the window's budget in seconds, allowed and remaining, from a target and a downtime. */
export function budget(
  target: number | null | undefined,
  downtimeMinutes: number | null | undefined,
  windowSeconds = 86_400,
): { allowed: number; remaining: number } | null {
  if (
    target === null ||
    target === undefined ||
    downtimeMinutes === null ||
    downtimeMinutes === undefined
  )
    return null;
  const allowed = (1 - target / 100) * windowSeconds;
  return { allowed, remaining: allowed - downtimeMinutes * 60 };
}
