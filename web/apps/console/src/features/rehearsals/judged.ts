/** The contract that slots are judged by, in words. Pure. */
import type { Format } from "@ecp/ui/view/format";
import type { Contract } from "./types";
import type { useT } from "./words";

const ZONE = "Asia/Seoul";

export function judgedBy(
  contract: Contract | undefined,
  t: ReturnType<typeof useT>,
  f: Pick<Format, "measure">,
): string {
  const { service_hours: hours, timezone, response_time_ms: limit } = contract ?? {};
  const told =
    typeof hours === "object"
      ? Object.entries(hours).map(([name, when]) => `${name} ${when}`)
      : hours
        ? [hours]
        : [];
  return [
    told.length
      ? t("contract.hours", { hours: told.join(", "), zone: timezone ?? ZONE })
      : t("contract.always"),
    ...(limit ? [t("contract.within", { limit: f.measure(limit, "millisecond") })] : []),
  ].join(", ");
}
