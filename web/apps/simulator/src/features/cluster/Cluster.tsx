/** A cluster at a glance: its clock, how full its nodes are, who waits and why. */

import { HeatMap } from "@ecp/ui/charts/HeatMap";
import { Detail } from "@ecp/ui/detail/Detail";
import { Empty } from "@ecp/ui/layout/Empty";
import { Figures, Page } from "@ecp/ui/layout/Page";
import { Answer, AskedPanel } from "@ecp/ui/layout/Panel";
import { LiveBadge, liveOf } from "@ecp/ui/live/LiveBadge";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { SegmentedControl } from "@mantine/core";
import { useMemo } from "react";
import { EVERY_MS, hooks, useKubernetes } from "../../ask";
import {
  asked,
  type Filled,
  filled,
  type Node,
  type Pod,
  RESOURCES,
  type Resource,
  waits,
} from "../../nodes";
import { useT } from "../../texts/texts";
import { Clock } from "./Clock";
import classes from "./cluster.module.css";

const VIEW = { cluster: "default", by: "cpu", node: "" };

export default function Cluster() {
  const t = useT();
  const f = useFormat();
  const [view, setView] = useView(VIEW);
  const by = view.by in RESOURCES ? (view.by as Resource) : "cpu";
  const clusters = hooks.useQuery("get", "/api/v1/clusters", {}, { refetchInterval: EVERY_MS });
  const system = hooks.useQuery(
    "get",
    "/api/v1/metrics/system",
    { params: { query: { cluster: view.cluster } } },
    { refetchInterval: EVERY_MS },
  );
  const nodes = useKubernetes<Node>(view.cluster, "/api/v1/nodes");
  const pods = useKubernetes<Pod>(view.cluster, "/api/v1/pods");
  const full = useMemo(
    () => filled(nodes.data?.items ?? [], pods.data?.items ?? [], by),
    [nodes.data, pods.data, by],
  );
  const say = (resource: Resource, value: number) =>
    resource === "memory" ? f.bytes(value) : f.number(value, 1);
  const names = full.map((one) => one.node.metadata.name);
  const open = full.find((one) => one.node.metadata.name === view.node);
  const step = (way: -1 | 1) => {
    const next = names[names.indexOf(view.node) + way];
    if (next) setView({ node: next });
  };
  const waiting = (pods.data?.items ?? []).flatMap((pod) => {
    const why = waits(pod);
    return why === null ? [] : [{ pod, why }];
  });
  return (
    <Page
      title={t("cluster.title")}
      badge={<LiveBadge live={liveOf(clusters)} />}
      actions={
        (clusters.data?.clusters?.length ?? 0) > 1 && (
          <SegmentedControl
            size="xs"
            aria-label={t("cluster.choose")}
            value={view.cluster}
            onChange={(cluster) => setView({ cluster, node: "" })}
            data={(clusters.data?.clusters ?? []).map((one) => String(one.name))}
          />
        )
      }
      ask={clusters}
    >
      {(data) => {
        const found = data.clusters?.find((one) => one.name === view.cluster);
        if (!found) return <Empty say={t("cluster.none")} sample="ecp cluster create default" />;
        return (
          <>
            <Clock
              cluster={view.cluster}
              clock={found.clock}
              onChange={() => void clusters.refetch()}
            />
            <Answer ask={system} rows={2}>
              {(all) => {
                const one = all.clusters?.find((row) => row.cluster === view.cluster);
                return (
                  <Figures
                    of={[
                      {
                        name: t("cluster.ready"),
                        value: `${f.number(one?.nodes?.ready)} / ${f.number(one?.nodes?.total)}`,
                        bad: (one?.nodes?.ready ?? 0) < (one?.nodes?.total ?? 0),
                        note: `${t("cluster.version")} ${found.kubernetes_version}`,
                      },
                      {
                        name: t("cluster.pods"),
                        value: f.number(found.pods),
                        bad: waiting.length > 0,
                        note: waiting.length
                          ? `${t("cluster.pending")}: ${f.number(waiting.length)}`
                          : t("cluster.pending.none"),
                      },
                      {
                        name: t("cluster.cpu"),
                        value: f.percent(one?.cpu?.requested_percent, 1),
                        note: t("cluster.of", { total: f.cores(one?.cpu?.allocatable) }),
                      },
                      {
                        name: t("cluster.memory"),
                        value: f.percent(one?.memory?.requested_percent, 1),
                        note: t("cluster.of", { total: f.bytes(one?.memory?.allocatable) }),
                      },
                      {
                        name: t("cluster.gpu"),
                        value: f.percent(one?.gpu?.requested_percent, 1),
                        note: t("cluster.of", { total: f.number(one?.gpu?.allocatable) }),
                      },
                    ]}
                  />
                );
              }}
            </Answer>
            <AskedPanel
              title={t("cluster.nodes.by", { what: t(`by.${by}`) })}
              ask={nodes}
              aside={
                <SegmentedControl
                  size="xs"
                  aria-label={t("cluster.nodes")}
                  value={by}
                  onChange={(next) => setView({ by: next })}
                  data={Object.keys(RESOURCES).map((value) => ({
                    value,
                    label: t(`by.${value as Resource}`),
                  }))}
                />
              }
            >
              {() => (
                <HeatMap
                  label={t("cluster.nodes")}
                  onOpen={(node) => setView({ node })}
                  groups={pools(full).map(([name, members]) => ({
                    name,
                    cells: members.map((one) => ({
                      id: one.node.metadata.name,
                      name: one.node.metadata.name,
                      part: one.total ? one.requested / one.total : null,
                      bad: !one.ready,
                      note: one.ready
                        ? one.total
                          ? f.percent((one.requested / one.total) * 100, 0)
                          : "–"
                        : t("node.notready"),
                      say: `${t(`by.${by}`)} ${t("node.requested", { requested: say(by, one.requested), total: say(by, one.total) })}`,
                    })),
                  }))}
                />
              )}
            </AskedPanel>
            {waiting.length > 0 && (
              <AskedPanel title={t("cluster.pending")} ask={pods}>
                {() => (
                  <ul className={classes.waiting}>
                    {waiting.slice(0, 20).map(({ pod, why }) => (
                      <li key={`${pod.metadata.namespace}/${pod.metadata.name}`}>
                        <span className="mono">{`${pod.metadata.namespace}/${pod.metadata.name}`}</span>
                        <span>{why}</span>
                      </li>
                    ))}
                  </ul>
                )}
              </AskedPanel>
            )}
            <Detail
              title={t("node.detail", { node: view.node })}
              opened={open !== undefined}
              onClose={() => setView({ node: "" })}
              onNeighbour={step}
              tabs={[
                {
                  id: "summary",
                  name: t("node.summary"),
                  show: () => open && <Summary of={open} say={say} pods={pods.data?.items ?? []} />,
                },
                {
                  id: "pods",
                  name: `${t("node.pods")} ${f.number(open?.pods.length ?? 0)}`,
                  show: () => (
                    <ul className={classes.waiting}>
                      {open?.pods.map((pod) => (
                        <li key={`${pod.metadata.namespace}/${pod.metadata.name}`}>
                          <span className="mono">{pod.metadata.name}</span>
                          <span className="dim">{pod.metadata.namespace}</span>
                        </li>
                      ))}
                    </ul>
                  ),
                },
              ]}
            />
          </>
        );
      }}
    </Page>
  );
}

/** Return nodes by pool, in the order in which they come. */
function pools(full: readonly Filled[]): [string, Filled[]][] {
  const found = new Map<string, Filled[]>();
  for (const one of full) {
    const name = one.node.metadata.labels?.["node-pool"] ?? "";
    found.set(name, [...(found.get(name) ?? []), one]);
  }
  return [...found];
}

function Summary({
  of,
  say,
  pods,
}: {
  of: Filled;
  say: (resource: Resource, value: number) => string;
  pods: readonly Pod[];
}) {
  const t = useT();
  const here = pods.filter((pod) => pod.spec?.nodeName === of.node.metadata.name);
  return (
    <dl className={classes.summary}>
      <dt>{t("node.zone")}</dt>
      <dd>{of.node.metadata.labels?.["topology.kubernetes.io/zone"] ?? "–"}</dd>
      {(Object.keys(RESOURCES) as Resource[]).map((resource) => {
        const [one] = filled([of.node], here, resource);
        return (
          <div key={resource} style={{ display: "contents" }}>
            <dt>{t(`by.${resource}`)}</dt>
            <dd>
              {t("node.requested", {
                requested: say(
                  resource,
                  here.reduce((sum, pod) => sum + asked(pod, resource), 0),
                ),
                total: say(resource, one?.total ?? 0),
              })}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
