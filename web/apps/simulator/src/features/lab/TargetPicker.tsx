/** What there is to aim at: a tenant's workloads, nodes; else what the service names. */
import { NativeSelect, TextInput } from "@mantine/core";
import { hooks } from "../../ask";
import type { Kind } from "./experiment";
import { useT } from "./words";

const WORDS: Record<string, string> = {
  Deployment: "deployment",
  StatefulSet: "statefulset",
  DaemonSet: "daemonset",
  Pod: "pod",
};

interface Thing {
  readonly kind: string;
  readonly namespace: string | null;
  readonly name: string;
}

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
  const listed = ["workload", "pod", "node"].includes(kind.target);
  const all = hooks.useQuery(
    "get",
    "/k8s/resources",
    {
      params: {
        query: {
          cluster,
          ...(kind.target === "node" ? { kind: "Node" } : namespace ? { namespace } : {}),
        },
      },
    },
    { enabled: listed && (kind.target === "node" || namespace !== "") },
  );
  const things = (all.data as { resources?: Thing[] } | undefined)?.resources ?? [];
  const names =
    kind.target === "node"
      ? things.map((one) => one.name)
      : things.flatMap((one) => {
          const word = WORDS[one.kind];
          return word && (kind.target === "pod" || word !== "pod") ? [`${word}/${one.name}`] : [];
        });
  if (!listed || names.length === 0)
    return (
      <TextInput
        size="xs"
        label={t("target")}
        placeholder={t("target.seed")}
        value={value}
        onChange={(change) => onChange(change.currentTarget.value.trim())}
      />
    );
  return (
    <NativeSelect
      size="xs"
      label={t("target")}
      data-do="target"
      value={value}
      onChange={(change) => onChange(change.currentTarget.value)}
      data={[{ value: "", label: t("target.seed") }, ...new Set([...names, value].filter(Boolean))]}
    />
  );
}
