/** What there is to aim at, as the cluster says; of pods a name may be written as well. */
import { TargetField } from "@ecp/ui/actions/TargetField";
import { useQuery } from "@tanstack/react-query";
import { choices } from "./choices";
import type { Kind } from "./experiment";
import { useT } from "./words";

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
  const asked = useQuery({
    queryKey: ["choices", cluster, kind.name, namespace],
    queryFn: () => choices(cluster, kind.name, namespace),
  });
  const written = kind.target === "pod";
  return (
    <TargetField
      written={written}
      label={t("target")}
      nobody={t(kind.target === "registry" ? "target.every" : "target.seed")}
      choices={asked.data}
      value={value}
      onTarget={(target) => onChange(written ? target.trim() : target)}
    />
  );
}
