/** What a failure is aimed at: one of what the cluster has, or by labels; a pod may be written. */
import { NativeSelect, Switch, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { atOrchestrator, useGiven } from "../../ask";
import type { Kind } from "./types";
import { useT } from "./words";

const LABELS = "\u0000labels";
/** Every registry: what is meant where none is named. */
const EVERY = "*";

type Refused = { error?: { details?: { target?: string }[] } };

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
  const list = useId();
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
      const told = (error as Refused | undefined)?.error?.details ?? [];
      return error
        ? told.flatMap((one) => (one.target ? [one.target] : []))
        : (data as unknown as { choices: string[] }).choices;
    },
  });
  const there = (asked.data ?? []).filter((one) => one !== EVERY);
  const nobody = t(kind.target === "registry" ? "target.every" : "target.chosen");
  if (kind.target === "pod")
    return (
      <>
        {!byLabels && (
          <TextInput
            size="xs"
            label={t("target")}
            placeholder={t("target.named")}
            list={list}
            value={target}
            onChange={(event) => onAim(event.currentTarget.value, false)}
          />
        )}
        <datalist id={list}>
          {there.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
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
    <NativeSelect
      size="xs"
      label={t("target")}
      data-do="target"
      value={byLabels ? LABELS : target}
      error={wrong}
      onChange={(event) => {
        const chosen = event.currentTarget.value;
        onAim(chosen === LABELS ? "" : chosen, chosen === LABELS);
      }}
      data={[
        { value: "", label: nobody },
        ...new Set([...there, target].filter(Boolean)),
        ...(labelled ? [{ value: LABELS, label: t("target.labels") }] : []),
      ]}
    />
  );
}
