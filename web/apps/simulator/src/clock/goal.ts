/** Where a clock is sent, from what somebody wrote. Pure. */
import { instantAt } from "@ecp/ui/time/zones";

const AFTER = /^\+(\d+(\.\d+)?(ms|s|m|h|d))+$/;
const WITH_ZONE = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

/** Return +2h as it is, else an instant in UTC: of the reader's *zone*, or of the zone that the text
 * names itself; null for what is neither. */
export function goal(zone: string, text: string): string | null {
  const said = text.trim();
  if (AFTER.test(said)) return said;
  const at = WITH_ZONE.test(said) ? Date.parse(said) : instantAt(zone, said);
  return at === null || Number.isNaN(at) ? null : new Date(at).toISOString().replace(".000Z", "Z");
}
