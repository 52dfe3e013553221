/** Who is in danger, the worst first: what does not come up, what is down now, whose promise is broken or nearly so. Pure. */
import { type Left, leftOf } from "@ecp/ui/status/budget";
import { isDegraded, isStuck, stateShown, type Trouble } from "../../standing";
import { youngFor } from "../../tenant/young";
import type { Standing } from "./tour";

const KINDS = ["stuck", "down", "breached", "at_risk"] as const;
export type Kind = (typeof KINDS)[number];

export interface Endangered {
  readonly tenant: string;
  readonly kind: Kind;
  /** Of one that does not come up: the word that its own page says. */
  readonly phase?: string | null | undefined;
  /** What is left of its budget, where a promise is in danger. */
  readonly left: Left | null;
  /** For how long it has been measured, in seconds, where that is no whole day. */
  readonly young: number | null;
  /** Where pods say why. */
  readonly trouble?: Trouble | undefined;
  /** Of how many troubles this is the first. */
  readonly troubles: number;
}

export function endangered(tenants: readonly Standing[]): readonly Endangered[] {
  const found = tenants.flatMap((one): Endangered[] => {
    const kind = kindOf(one);
    if (kind === null) return [];
    const { problems = [], degraded = [] } = one.startup ?? {};
    const told =
      kind === "stuck"
        ? [...problems, ...degraded]
        : kind === "down"
          ? [...degraded, ...problems]
          : [];
    return [
      {
        tenant: one.tenant_id ?? "",
        kind,
        ...(kind === "stuck" ? { phase: stateShown(one) } : {}),
        left: kind === "breached" || kind === "at_risk" ? leftOf(one.sla) : null,
        young: youngFor(one.sla),
        trouble: told[0],
        troubles: told.length,
      },
    ];
  });
  return found.sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
}

function kindOf(one: Standing): Kind | null {
  if (!one.deployment_id || one.state === "stopped" || one.state === "stopping") return null;
  // What was up and has pods that fail does come up again: it is down, and not a release in trouble.
  if (isStuck(one)) return one.phase === "ready" && !one.startup?.stalled ? "down" : "stuck";
  const status = one.sla?.status;
  if (status === "breached") return "breached";
  if (one.started && isDegraded(one)) return "down";
  return status === "at_risk" ? "at_risk" : null;
}
