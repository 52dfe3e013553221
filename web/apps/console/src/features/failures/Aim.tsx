/** What a failure is aimed at: one of what the cluster has, or by labels; a pod may be written. */
import { TargetField } from "@ecp/ui/actions/TargetField";
import { offered } from "@ecp/ui/actions/target";
import { Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { atOrchestrator, useGiven } from "../../ask";
import type { Kind } from "./types";
import { useT } from "./words";

const LABELS = "\u0000labels";

export function Aim({
  kind,
  tenant,
  target,
  byLabels,
  labelled,
  wrong,
  onAim,
}: {
  kind: Kind;
  tenant: string;
  target: string;
  byLabels: boolean;
  /** Its kind may be chosen by labels as well. */
  labelled: boolean;
  wrong: string | false;
  onAim: (target: string, byLabels: boolean) => void;
}) {
  const t = useT();
  const given = useGiven();
  const asked = useQuery({
    queryKey: ["failures", "choices", kind.name, tenant, given],
    enabled: tenant !== "",
    queryFn: async () => {
      const { data, error } = await atOrchestrator.POST(
        "/api/v1/simulator/failures/{tenant_id}/trigger",
        {
          params: { path: { tenant_id: tenant } },
          body: { failure_type: kind.name, dry_run: true },
        },
      );
      // Where the cluster cannot choose by itself it says what there is to choose from.
      return error ? offered(error) : (data as unknown as { choices: string[] }).choices;
    },
  });
  const nobody = t(kind.target === "registry" ? "target.every" : "target.chosen");
  const shared = { label: t("target"), nobody, choices: asked.data };
  if (kind.target === "pod")
    return (
      <>
        {!byLabels && (
          <TargetField
            {...shared}
            written
            placeholder={t("target.named")}
            value={target}
            onTarget={(name) => onAim(name, false)}
          />
        )}
        <Switch
          size="xs"
          mt="lg"
          label={t("target.labels")}
          checked={byLabels}
          onChange={(event) => onAim("", event.currentTarget.checked)}
        />
      </>
    );
  return (
    <TargetField
      {...shared}
      written={false}
      more={labelled ? [{ value: LABELS, label: t("target.labels") }] : []}
      value={byLabels ? LABELS : target}
      wrong={wrong}
      onTarget={(chosen) => onAim(chosen === LABELS ? "" : chosen, chosen === LABELS)}
    />
  );
}
