/** What runs in a cluster: workloads, and by `?kind=pods` their pods. */
import { Page } from "@ecp/ui/layout/Page";
import { LiveBadge, liveOf } from "@ecp/ui/live/LiveBadge";
import { useView } from "@ecp/ui/view/useView";
import { SegmentedControl } from "@mantine/core";
import { useCluster } from "../../clock/useCluster";
import { useOverview } from "../../objects/inventory";
import { NodeDrawer } from "../../objects/NodeDrawer";
import { useT as useTitles } from "../../texts/texts";
import { PodTable } from "./PodTable";
import { WorkloadTable } from "./WorkloadTable";
import { useT } from "./words";

const VIEW = { kind: "", ns: "", status: "", selector: "", on: "", q: "", sort: "" };

export default function Workloads() {
  const t = useT();
  const title = useTitles();
  const [cluster] = useCluster();
  const [view, setView] = useView(VIEW);
  const overview = useOverview(cluster);
  const pods = view.kind === "pods";
  const { namespaces = [], tenants = {} } = overview.data ?? {};
  const choices = [
    { value: "", label: t("all.namespaces") },
    ...namespaces.map(({ namespace }) => ({
      value: namespace,
      label: tenants[namespace] ? `${tenants[namespace]} · ${namespace}` : namespace,
    })),
  ];
  return (
    <Page
      title={title("workloads.title")}
      badge={<LiveBadge live={liveOf(overview)} />}
      actions={
        <SegmentedControl
          size="xs"
          aria-label={t("show")}
          value={pods ? "pods" : ""}
          onChange={(kind) => setView({ ...VIEW, ns: view.ns, kind })}
          data={[
            { value: "", label: t("show.workloads") },
            { value: "pods", label: t("show.pods") },
          ]}
        />
      }
      ask={overview}
    >
      {() => (
        <>
          {pods ? (
            <PodTable cluster={cluster} choices={choices} />
          ) : (
            <WorkloadTable cluster={cluster} choices={choices} />
          )}
          <NodeDrawer cluster={cluster} />
        </>
      )}
    </Page>
  );
}
