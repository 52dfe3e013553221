/** The tour's six steps, ticked off from what the services say happened. Pure. */
import type { Judged } from "@ecp/ui/status/budget";
import { isMeasured, type Standing as Stands, type Trouble } from "../../standing";
import type { Windowed } from "../../tenant/young";

export const SHOWN = ["demo-small", "demo-medium", "demo-tenant"] as const;
export const BROKEN = "demo-broken";
/** Whom the spike hits: speech of callers, who are promised an answer within 2 s. Nothing is left
 * broken by it, so it heals by itself. */
export const SPIKE = {
  tenant: "demo-tenant",
  body: { failure_type: "cpu_spike", target: "stt", duration: "2m" },
} as const;
/** What costs budget at any hour, also when nobody calls: nobody answers, until a probe has it restarted. */
export const HANG = {
  tenant: SPIKE.tenant,
  body: { failure_type: "service_down", target: "callbot", duration: "1m" },
} as const;
export const STEPS = ["live", "mend", "deploy", "spike", "heal", "cli"] as const;
export type TourStep = (typeof STEPS)[number];

export interface Standing extends Stands {
  readonly tenant_id?: string | null;
  readonly startup?:
    | {
        readonly stalled?: boolean;
        readonly problems?: readonly Trouble[];
        readonly degraded?: readonly Trouble[];
      }
    | null
    | undefined;
  readonly ready?: number | null;
  readonly desired?: number | null;
  readonly sla?: (Judged & Windowed & { readonly downtime_minutes?: number | null }) | null;
}

export interface Failure {
  readonly id: string;
  readonly fault: string;
  readonly title?: string;
  readonly state: string;
  readonly origin?: { readonly kind?: string };
  readonly targets?: readonly string[];
  readonly tenants: readonly string[];
  readonly started_at: string | null;
  readonly planned_for?: string | null;
  readonly until: string | null;
  readonly ended_at: string | null;
  readonly recovered_at?: string | null;
  readonly recovery_seconds: number | null;
}

export interface Seen {
  readonly tenants: readonly Standing[];
  readonly failures: readonly Failure[];
  /** What the audit log has of commands of `ecp`, the newest first. */
  readonly commands: readonly { readonly summary: string; readonly action: string }[];
}

export interface Progress {
  readonly done: ReadonlySet<TourStep>;
  readonly live: number;
  readonly broken: Standing | undefined;
  /** The newest spike that somebody asked for. */
  readonly spike: Failure | undefined;
  /** The newest failure that somebody asked for, the spike or what costs more. */
  readonly last: Failure | undefined;
  readonly hit: Standing | undefined;
  readonly command: string | undefined;
}

/** Return how far the tour is. */
export function progress({ tenants, failures, commands }: Seen): Progress {
  const of = (name: string) => tenants.find((one) => one.tenant_id === name);
  const live = SHOWN.filter((name) => {
    const one = of(name);
    return one?.phase === "ready" && isMeasured(one);
  }).length;
  const broken = of(BROKEN);
  const asked = failures.filter(
    (one) =>
      one.origin?.kind === "request" &&
      one.started_at !== null &&
      one.tenants.includes(SPIKE.tenant),
  );
  const spike = asked.find((one) => one.fault === SPIKE.body.failure_type);
  const last = asked.find((one) => one.fault === HANG.body.failure_type) ?? spike;
  // The demo itself may have been made by a command.
  const command = commands.find((one) => !one.action.startsWith("demo."))?.summary;
  const done = new Set<TourStep>();
  if (live === SHOWN.length) done.add("live");
  // A release is there only of a manifest that passed.
  if (broken?.deployment_id) done.add("mend");
  if (broken?.deployment_id && broken.phase === "ready") done.add("deploy");
  if (spike) done.add("spike");
  if (last?.ended_at && last.recovery_seconds !== null) done.add("heal");
  if (command) done.add("cli");
  return { done, live, broken, spike, last, hit: of(SPIKE.tenant), command };
}

/** Return in how many seconds a share that was *from* then and is *share* now comes to 1; null
 * while it has not moved. */
export function left(
  from: { readonly share: number; readonly atMs: number },
  share: number,
  nowMs: number,
): number | null {
  const gone = share - from.share;
  const took = (nowMs - from.atMs) / 1000;
  if (gone <= 0.005 || took < 2) return null;
  return Math.max(0, ((1 - share) * took) / gone);
}
