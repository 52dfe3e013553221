/** The four phases of a tenant, each as far as it has come. Pure. */
import { isStarting, STEPS, type Standing, type Step } from "../standing";

/** waiting: a phase before it is not done. */
export type Come = "done" | "now" | "risky" | "bad" | "waiting";

export interface Known extends Standing {
  readonly startup?: { readonly stalled?: boolean } | null | undefined;
  readonly coming?: unknown;
}

/** Return how far each phase has come; what is wrong later on leaves what is done as it is. */
export function phases(tenant: Known): Record<Step, Come> {
  const released = Boolean(tenant.deployment_id);
  const stalled = tenant.phase === "stalled" || Boolean(tenant.startup?.stalled);
  const up = Boolean(tenant.started);
  const status = tenant.sla?.status ?? "no_data";
  const measured = !["no_data", "insufficient_data"].includes(status);
  const SLA: Record<string, Come> = { breached: "bad", at_risk: "risky" };
  return {
    validate: released ? "done" : "now",
    deploy: !released
      ? "waiting"
      : tenant.phase === "failed"
        ? "bad"
        : ["applying", "progressing"].includes(tenant.phase ?? "") || tenant.coming
          ? "now"
          : "done",
    sla: !released ? "waiting" : measured ? (SLA[status] ?? "done") : "now",
    startup:
      !released || ["stopped", "stopping"].includes(tenant.state ?? "")
        ? "waiting"
        : isStarting(tenant)
          ? "now"
          : stalled
            ? "bad"
            : up
              ? "done"
              : "now",
  };
}

/** Return the phase that asks for somebody: the first that is bad, then risky, then on its way. */
export function worst(come: Record<Step, Come>): Step | null {
  for (const how of ["bad", "risky", "now"] as const) {
    const found = STEPS.find((step) => come[step] === how);
    if (found) return found;
  }
  return null;
}
