/** How a state looks: an icon and a colour; its word is `state.<name>`. One row a state. */
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
  IconLoader2,
  IconPlayerPause,
} from "@tabler/icons-react"; // prettier-ignore

const good = { icon: IconCircleCheck, color: "teal" };
const bad = { icon: IconCircleX, color: "red" };
const risky = { icon: IconAlertTriangle, color: "orange" };
const moving = { icon: IconLoader2, color: "blue" };
const quiet = { icon: IconCircleDashed, color: "gray" };
const paused = { icon: IconPlayerPause, color: "grape" };

export const STATES = {
  up: good,
  ready: good,
  running: good,
  complete: good,
  healthy: good,
  meeting: good,
  resolved: good,
  closed: good,
  acknowledged: moving,
  planned: quiet,
  down: bad,
  failed: bad,
  stalled: bad,
  breached: bad,
  unreachable: bad,
  firing: bad,
  at_risk: risky,
  degraded: risky,
  open: risky,
  pending: risky,
  deploying: moving,
  progressing: moving,
  applying: moving,
  warping: moving,
  starting: moving,
  stopping: moving,
  stopped: quiet,
  superseded: quiet,
  draft: quiet,
  no_data: quiet,
  insufficient_data: quiet,
  unknown: quiet,
  present: quiet,
  missing: bad,
  suspended: paused,
  paused,
} as const; // prettier-ignore

export type State = keyof typeof STATES;

/** Return the state of a service's word; one that is not known here is "unknown". */
export function stateOf(word: string | null | undefined): State {
  return word && word in STATES ? (word as State) : "unknown";
}
