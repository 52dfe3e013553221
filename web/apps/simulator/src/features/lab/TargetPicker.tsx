/** What there is to aim at, as the cluster says; of pods a name may be written as well. */
import { NativeSelect, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { choices } from "./choices";
import type { Kind } from "./experiment";
import { useT } from "./words";

/** Every registry: what is meant where none is named. */
const EVERY = "*";

export function TargetPicker({
  kind,
  cluster,
  namespace,
  value,
  onChange,
}: {
  kind: Kind;
  cluster: string;
  namespace: string;
  value: string;
  onChange: (target: string) => void;
}) {
  const t = useT();
  const list = useId();
  const asked = useQuery({
    queryKey: ["choices", cluster, kind.name, namespace],
    queryFn: () => choices(cluster, kind.name, namespace),
  });
  const there = (asked.data ?? []).filter((one) => one !== EVERY);
  const nobody = t(kind.target === "registry" ? "target.every" : "target.seed");
  if (kind.target === "pod")
    return (
      <>
        <TextInput
          size="xs"
          label={t("target")}
          data-do="target"
          placeholder={nobody}
          list={list}
          value={value}
          onChange={(change) => onChange(change.currentTarget.value.trim())}
        />
        <datalist id={list}>
          {there.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      </>
    );
  return (
    <NativeSelect
      size="xs"
      label={t("target")}
      data-do="target"
      value={value}
      onChange={(change) => onChange(change.currentTarget.value)}
      data={[{ value: "", label: nobody }, ...new Set([...there, value].filter(Boolean))]}
    />
  );
}
