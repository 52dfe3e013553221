/** A cluster at a glance: how full its nodes are, who waits and why, what its tenants may take. */
import { HeatMap } from "@ecp/ui/charts/HeatMap";
import { Empty } from "@ecp/ui/layout/Empty";
import { Figures, Page } from "@ecp/ui/layout/Page";
import { Panel } from "@ecp/ui/layout/Panel";
import { LiveBadge, liveOf } from "@ecp/ui/live/LiveBadge";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { Group, SegmentedControl } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useCluster } from "../../clock/useCluster";
import { RESOURCES, type Resource, useAmount } from "../../objects/Bar";
import { type NodeRow, type Overview, useOverview } from "../../objects/inventory";
import { NodeDrawer } from "../../objects/NodeDrawer";
import { PodDrawer } from "../../objects/PodDrawer";
import { WorkloadDrawer } from "../../objects/WorkloadDrawer";
import { useT as useTitles } from "../../texts/texts";
import { Namespaces, Quotas } from "./Tenants";
import { Refused, Unready, Waiting } from "./Waiting";
import { useT } from "./words";

const VIEW = { by: "cpu", figure: "requested", node: "" };

export default function Cluster() {
  const t = useT();
  const title = useTitles();
  const [cluster] = useCluster();
  const overview = useOverview(cluster);
  const names = overview.data?.nodes.map((node) => node.name) ?? [];
  return (
    <Page
      title={title("cluster.title")}
      badge={<LiveBadge live={liveOf(overview)} />}
      ask={overview}
    >
      {(found) =>
        found.nodes.length === 0 && found.namespaces.length === 0 ? (
          <Empty say={t("none")} sample="ecp cluster create default" />
        ) : (
          <>
            <Strip of={found} />
            {found.waiting.length > 0 && <Waiting of={found} />}
            <Unready of={found} />
            <Refused cluster={cluster} />
            <Heat of={found} />
            {found.waiting.length === 0 && <Waiting of={found} />}
            <Namespaces of={found} />
            <Quotas of={found} />
            <p className="dim">{t("simulated")}</p>
            <NodeDrawer cluster={cluster} neighbours={names} />
            <PodDrawer
              cluster={cluster}
              neighbours={[...found.waiting, ...found.unready].flatMap((one) => one.pods)}
            />
            <WorkloadDrawer cluster={cluster} />
          </>
        )
      }
    </Page>
  );
}

const sum = (nodes: readonly NodeRow[], of: "allocatable" | "requested" | "used", what: string) =>
  nodes.reduce((total, node) => total + (node[of][what] ?? 0), 0);

function Strip({ of }: { of: Overview }) {
  const t = useT();
  const f = useFormat();
  const amount = useAmount();
  const ready = of.nodes.filter((node) => node.ready).length;
  const waiting = of.waiting.reduce((total, one) => total + one.count, 0);
  const requested = (what: string) => {
    const total = sum(of.nodes, "allocatable", what);
    return f.percent(total ? (100 * sum(of.nodes, "requested", what)) / total : null, 1);
  };
  const note = (what: string) =>
    t("of", {
      total: amount(what, sum(of.nodes, "allocatable", what)),
      used: amount(what, sum(of.nodes, "used", what)),
    });
  return (
    <Figures
      of={[
        {
          name: t("ready"),
          value: `${f.number(ready)} / ${f.number(of.nodes.length)}`,
          bad: ready < of.nodes.length,
        },
        {
          name: t("pods"),
          value: f.number(of.namespaces.reduce((total, one) => total + one.pods, 0)),
          bad: waiting > 0,
          note: waiting ? t("waiting.count", { count: f.number(waiting) }) : t("waiting.none"),
        },
        { name: t("cpu"), value: requested("cpu"), note: note("cpu") },
        { name: t("memory"), value: requested("memory"), note: note("memory") },
        {
          name: t("gpu"),
          value: requested("nvidia.com/gpu"),
          note: t("of.gpu", { total: f.number(sum(of.nodes, "allocatable", "nvidia.com/gpu")) }),
        },
        {
          name: t("rate"),
          value: f.number(of.changes_per_minute),
          note: t("rate.events", { count: f.number(of.events_per_minute) }),
        },
      ]}
    />
  );
}

function Heat({ of }: { of: Overview }) {
  const t = useT();
  const f = useFormat();
  const amount = useAmount();
  const [view, setView] = useView(VIEW);
  const by: Resource = RESOURCES.find((one) => one === view.by) ?? "cpu";
  const measured = by === "cpu" || by === "memory";
  const figure = measured && view.figure === "used" ? "used" : "requested";
  const cell = (node: NodeRow) => {
    const total = node.allocatable[by] ?? 0;
    const part = total ? (node[figure][by] ?? 0) / total : null;
    const state = !node.ready
      ? t("notready")
      : node.schedulable
        ? part === null
          ? "–"
          : f.percent(part * 100, 0)
        : t("cordoned");
    return {
      id: node.name,
      name: node.name,
      part,
      bad: !node.ready,
      note: state,
      say: t("cell", {
        what: t(`by.${by}`),
        requested: amount(by, node.requested[by]),
        used: measured ? amount(by, node.used[by]) : "–",
        total: amount(by, total),
      }),
    };
  };
  return (
    <Panel
      title={t("nodes.by", { what: t(`by.${by}`) })}
      aside={
        <Group gap={8}>
          <SegmentedControl
            size="xs"
            aria-label={t("resource")}
            value={by}
            onChange={(next) => setView({ by: next })}
            data={RESOURCES.map((value) => ({ value, label: t(`by.${value}`) }))}
          />
          {measured && (
            <SegmentedControl
              size="xs"
              aria-label={t("figure")}
              value={figure}
              onChange={(next) => setView({ figure: next })}
              data={[
                { value: "requested", label: t("figure.requested") },
                { value: "used", label: t("figure.used") },
              ]}
            />
          )}
          <Link to="/nodes" search={KEPT as never}>
            {t("to.nodes")}
          </Link>
          <Link to="/topology" search={KEPT as never}>
            {t("to.topology")}
          </Link>
        </Group>
      }
    >
      <HeatMap
        label={t("nodes.by", { what: t(`by.${by}`) })}
        onOpen={(node) => setView({ node })}
        groups={pools(of.nodes).map(([name, members]) => ({ name, cells: members.map(cell) }))}
      />
    </Panel>
  );
}

/** Another page is about the same cluster. */
const KEPT = (old: { cluster?: string }) => (old.cluster ? { cluster: old.cluster } : {});

/** Return nodes by pool, in the order in which they come. */
function pools(nodes: readonly NodeRow[]): [string, NodeRow[]][] {
  const found = new Map<string, NodeRow[]>();
  for (const node of nodes) {
    const pool = node.pool ?? "–";
    found.set(pool, [...(found.get(pool) ?? []), node]);
  }
  return [...found];
}
