/** A tenant as a graph: from its customers to its nodes, with what runs along the edges at the moment. */
import { Graph } from "@ecp/ui/graph/Graph";
import type { GraphEdge, GraphNode, Merge } from "@ecp/ui/graph/model";
import { Empty } from "@ecp/ui/layout/Empty";
import { useWanted } from "@ecp/ui/layout/over";
import { Columns, Page } from "@ecp/ui/layout/Page";
import { Answer } from "@ecp/ui/layout/Panel";
import { LiveBadge, liveOf } from "@ecp/ui/live/LiveBadge";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { Group, NativeSelect, SegmentedControl } from "@mantine/core";
import { lazy, Suspense, useCallback, useMemo } from "react";
import { hooks } from "../../ask";
import { Elsewhere } from "../../clock/Elsewhere";
import { useCluster } from "../../clock/useCluster";
import { useOverview } from "../../objects/inventory";
import { useT as useTitles } from "../../texts/texts";
import {
  chosen,
  fails,
  joined,
  type Lens,
  type Part,
  type Topology,
  type Way,
  width,
} from "./drawn";
import { Failing, Faults } from "./Lists";
import { useT } from "./words";

// They stand beside a drawing that is large already, and come when one is opened.
const NodeDrawer = lazy(() =>
  import("../../objects/NodeDrawer").then((one) => ({ default: one.NodeDrawer })),
);
const PodDrawer = lazy(() =>
  import("../../objects/PodDrawer").then((one) => ({ default: one.PodDrawer })),
);
const WorkloadDrawer = lazy(() =>
  import("../../objects/WorkloadDrawer").then((one) => ({ default: one.WorkloadDrawer })),
);
const ALL = "*";
const VIEW = { ns: "", lens: "way", at: "", pod: "", node: "", workload: "" };
/** Often enough that a failure is seen while it happens. */
const LIVE_MS = 3000;
/** More pods than these do not fit one beside the other: those of a workload are one node each. */
const ROOM = 20;

export default function TopologyPage() {
  const t = useT();
  const title = useTitles();
  const [cluster] = useCluster();
  const [view, setView] = useView(VIEW);
  const [pod, node, workload] = [
    useWanted(view.pod !== ""),
    useWanted(view.node !== ""),
    useWanted(view.workload !== ""),
  ];
  const overview = useOverview(cluster);
  const { tenants = {}, namespaces = [] } = overview.data ?? {};
  const first =
    namespaces.find((one) => tenants[one.namespace])?.namespace ?? namespaces[0]?.namespace ?? ALL;
  const namespace = view.ns || first;
  const lens: Lens = view.lens === "call" ? "call" : "way";
  return (
    <Page
      title={title("topology.title")}
      badge={<LiveBadge live={liveOf(overview)} />}
      actions={
        <Group gap={8}>
          <NativeSelect
            size="xs"
            aria-label={t("namespace")}
            value={namespace}
            onChange={(change) => setView({ ns: change.currentTarget.value, at: "" })}
            data={[
              ...namespaces.map((one) => ({
                value: one.namespace,
                label: tenants[one.namespace]
                  ? `${tenants[one.namespace]} · ${one.namespace}`
                  : one.namespace,
              })),
              { value: ALL, label: t("all") },
            ]}
          />
          <SegmentedControl
            size="xs"
            aria-label={t("lens")}
            value={lens}
            onChange={(next) => setView({ lens: next, at: "" })}
            data={[
              { value: "way", label: t("lens.way") },
              { value: "call", label: t("lens.call") },
            ]}
          />
        </Group>
      }
      ask={overview}
    >
      {() => (
        <>
          <Live cluster={cluster} namespace={namespace} lens={lens} />
          <Suspense>
            {pod && <PodDrawer cluster={cluster} />}
            {node && <NodeDrawer cluster={cluster} />}
            {workload && <WorkloadDrawer cluster={cluster} />}
          </Suspense>
        </>
      )}
    </Page>
  );
}

function Live({ cluster, namespace, lens }: { cluster: string; namespace: string; lens: Lens }) {
  const ask = hooks.useQuery(
    "get",
    "/api/v1/clusters/{name}/topology",
    {
      params: {
        path: { name: cluster },
        query: namespace === ALL ? {} : { namespace },
      },
    },
    { refetchInterval: LIVE_MS },
  );
  const typed = { ...ask, data: ask.data as unknown as Topology | undefined };
  return (
    <Answer ask={typed} rows={10}>
      {(found) => <Shown of={found} lens={lens} namespace={namespace} />}
    </Answer>
  );
}

function Shown({ of, lens, namespace }: { of: Topology; lens: Lens; namespace: string }) {
  const t = useT();
  const f = useFormat();
  const [view, setView] = useView(VIEW);
  const all = namespace === ALL;
  const drawn = useMemo(() => chosen(of, lens, !all), [of, lens, all]);
  const told = useEdge();
  const title = useTitle();
  const parts = useMemo(() => new Map(of.nodes.map((part) => [part.id, part])), [of]);
  const ways = useMemo(
    () => new Map(drawn.edges.map((way) => [`${way.from}\n${way.to}`, way])),
    [drawn],
  );
  const nodes = useMemo(
    () => drawn.nodes.map((part): GraphNode => shown(part, t, all, title)),
    [drawn, t, all, title],
  );
  const edges = useMemo(
    () => drawn.edges.map((way): GraphEdge => ({ from: way.from, to: way.to, ...told(way) })),
    [drawn, told],
  );
  const merge = useCallback<Merge>(
    (some) => {
      const way = joined(some.flatMap((edge) => ways.get(`${edge.from}\n${edge.to}`) ?? []));
      return way ? told(way) : {};
    },
    [ways, told],
  );
  const open = (id: string) => {
    const part = parts.get(id);
    const key = part && `${part.namespace}/${part.name}`;
    if (part?.kind === "pod" && key) setView({ at: id, pod: key });
    else if (part?.kind === "node") setView({ at: id, node: part.name });
    else if (part?.kind === "workload")
      setView({ at: id, workload: `${part.workload_kind}/${key}` });
    else setView({ at: view.at === id ? "" : id });
  };
  const pods = drawn.nodes.filter((part) => part.kind === "pod").length;
  if (!of.nodes.length)
    return <Empty say={t("none")} action={<Elsewhere />} sample="ecp deploy acme --wait" />;
  return (
    <>
      <Columns>
        <Failing of={drawn.edges} parts={drawn.nodes} onOpen={(id) => setView({ at: id })} />
        <Faults of={of.nodes} title={title} onOpen={open} />
      </Columns>
      <Graph
        label={t("graph", { what: of.tenants[namespace] ?? namespace })}
        nodes={nodes}
        edges={edges}
        merge={merge}
        selected={view.at}
        many={pods > ROOM ? 2 : 8}
        onOpen={open}
        groupName={(group) => t("pods.of", { workload: parts.get(group)?.name ?? group })}
      />
      {of.pods_left_out > 0 && !all && (
        <p className="dim">{t("left", { count: f.number(of.pods_left_out) })}</p>
      )}
      <p className="dim">{t("simulated")}</p>
    </>
  );
}

function shown(
  part: Part & { layer?: number },
  t: ReturnType<typeof useT>,
  all: boolean,
  title: (fault: string) => string,
): GraphNode {
  return {
    id: part.id,
    name: part.name,
    kind: t(`kind.${part.kind}`),
    state: part.state,
    layer: part.layer,
    group: part.kind === "pod" ? (part.workload ?? undefined) : undefined,
    note:
      part.desired === undefined
        ? all
          ? (part.namespace ?? undefined)
          : undefined
        : t("note.replicas", { ready: part.ready ?? 0, desired: part.desired }),
    mark: part.faults.length ? part.faults.map((one) => title(one.fault)).join(", ") : undefined,
  };
}

/** Return how a kind of fault is called; by its name until the list of kinds is there. */
function useTitle(): (fault: string) => string {
  const f = useFormat();
  const kinds = hooks.useQuery(
    "get",
    "/api/v1/faults",
    {},
    { staleTime: Number.POSITIVE_INFINITY },
  );
  return useCallback(
    (fault) => {
      const found = kinds.data?.faults?.find((one) => one.name === fault);
      return (found?.title as Record<string, string> | undefined)?.[f.language] ?? fault;
    },
    [kinds.data, f.language],
  );
}

/** Return how an edge is drawn: its width by what runs along it, red where it fails. */
function useEdge(): (way: Way) => Omit<GraphEdge, "from" | "to"> {
  const t = useT();
  const f = useFormat();
  return useCallback(
    (way) => {
      if (way.rps === null) return {};
      // What is little is not nothing.
      const rps = f.number(way.rps, way.rps < 0.1 ? 3 : way.rps < 1 ? 2 : way.rps < 10 ? 1 : 0);
      const bad = fails(way);
      const label = bad
        ? t("edge.failing", { errors: f.percent(way.error_percent, 1), rps })
        : way.p95_ms === null
          ? t("edge.rps", { rps })
          : t("edge", { rps, p95: f.measure(way.p95_ms, "millisecond") });
      return { width: width(way.rps), bad, label, moving: way.rps > 0 };
    },
    [t, f],
  );
}
