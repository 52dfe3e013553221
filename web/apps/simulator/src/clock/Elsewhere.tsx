/** Where something runs while nothing does in the cluster in view: a click away. */
import { useFormat } from "@ecp/ui/view/format";
import { Button } from "@mantine/core";
import { IconArrowRight } from "@tabler/icons-react";
import { EVERY_MS, hooks } from "../ask";
import { busiest, type Standing } from "./busiest";
import { useCluster } from "./useCluster";
import { useT } from "./words";

/** Return the clusters that have pods, if *cluster* is there and has none. */
export function useElsewhere(cluster: string): readonly Standing[] {
  const all = hooks.useQuery("get", "/api/v1/clusters", {}, { refetchInterval: EVERY_MS * 3 });
  return busiest(cluster, (all.data?.clusters ?? []) as unknown as readonly Standing[]);
}

/** A button for each of them; nothing where this cluster is as good as any. */
export function Elsewhere() {
  const t = useT();
  const f = useFormat();
  const [cluster, choose] = useCluster();
  return useElsewhere(cluster).map(({ name, pods }) => (
    <Button
      key={name}
      variant="light"
      data-do={`go-${name}`}
      rightSection={<IconArrowRight size={14} aria-hidden />}
      onClick={() => choose(name)}
    >
      {t("elsewhere.go", { cluster: name, pods: f.number(pods) })}
    </Button>
  ));
}
