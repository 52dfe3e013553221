/** What does not answer at the moment, said on every page: what it shows then is what was known last. */
import { refused } from "@ecp/ui/layout/ProblemView";
import { Band } from "@ecp/ui/shell/Bands";
import { hooks, useGiven } from "./ask";
import { useT } from "./texts/texts";

const EVERY_MS = 10_000;

export function Away() {
  const t = useT();
  const status = hooks.useQuery(
    "get",
    "/api/v1/simulator/status",
    { ...useGiven(), params: { query: { limit: 1 } } },
    { refetchInterval: EVERY_MS },
  );
  const lost = (status.isError || status.failureCount > 0) && !refused(status.failureReason);
  if (lost) return <Band kind="away" name={t("away.service")} />;
  const cluster = (status.data?.simulator as { status?: string } | undefined)?.status;
  return cluster === "unreachable" && <Band kind="away" name={t("away.cluster")} />;
}
