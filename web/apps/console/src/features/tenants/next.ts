/** What a tenant asks for first; of several things that are wrong the most urgent. Pure. */
import { isStarting, isStuck, type Trouble } from "../../standing";
import type { Known } from "../../tenant/phases";

export interface Facts extends Known {
  /** Whether the cluster answers; else all else is what was known last. */
  readonly live?: boolean;
  readonly startup?:
    | (Known["startup"] & {
        readonly problems?: readonly Trouble[];
        readonly degraded?: readonly Trouble[];
      })
    | null
    | undefined;
}

export type Need =
  | "unseen"
  | "deploy"
  | "start"
  | "starting"
  | "mend"
  | "wait"
  | "recover"
  | "spent"
  | "spare"
  | "alert"
  | "nothing";

/** Return what is to be done next, and the trouble that says why, where one does. */
export function next(facts: Facts, firing: number): { need: Need; trouble?: Trouble | undefined } {
  const { problems = [], degraded = [] } = facts.startup ?? {};
  if (facts.live === false && facts.deployment_id) return { need: "unseen" };
  if (facts.state === "stopped" || facts.state === "stopping") return { need: "start" };
  if (isStarting(facts)) return { need: "starting" };
  if (!facts.deployment_id) return { need: "deploy" };
  if (isStuck(facts)) return { need: "mend", trouble: problems[0] ?? degraded[0] };
  if (!facts.started) return { need: "wait" };
  if (degraded.length > 0) return { need: "recover", trouble: degraded[0] };
  if (facts.sla?.status === "breached") return { need: "spent" };
  if (facts.sla?.status === "at_risk") return { need: "spare" };
  return { need: firing > 0 ? "alert" : "nothing" };
}
