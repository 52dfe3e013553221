/** What a change follows from, as it is read: the ids that the cluster gives out, and its own words. */
import type { useT } from "./words";

const GIVEN = { c: "cause.change", a: "cause.request", f: "cause.fault" } as const;
const OWN = ["load", "probe", "boot", "event-ttl"] as const;

export function causeOf(t: ReturnType<typeof useT>, cause: string): string {
  const own = OWN.find((one) => one === cause);
  if (own) return t(`cause.${own}`);
  const given = /^([caf])(\d+)$/.exec(cause);
  return given ? t(GIVEN[given[1] as keyof typeof GIVEN], { id: given[2] ?? "" }) : cause;
}
