/** A node in all its sides: opened by `?node=name` on any page that shows nodes. */
import { Detail } from "@ecp/ui/detail/Detail";
import { Answer } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { useCallback } from "react";
import { useObject } from "./asking";
import { Bar, RESOURCES } from "./Bar";
import { Facts } from "./Facts";
import { keyOf, type NodeRow, useOverview, usePods } from "./inventory";
import { NodeActs } from "./NodeActs";
import classes from "./objects.module.css";
import { podState } from "./rows";
import { Events, Yaml } from "./Told";
import { useT } from "./words";

const VIEW = { node: "", pod: "", tab: "" };

interface NodeObject {
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly lastTransitionTime?: string;
    }[];
    readonly images?: readonly {
      readonly names?: readonly string[];
      readonly sizeBytes?: number;
    }[];
  };
}

export function NodeDrawer({
  cluster,
  neighbours = [],
}: {
  cluster: string;
  neighbours?: readonly string[];
}) {
  const t = useT();
  const f = useFormat();
  const [view, setView] = useView(VIEW);
  const overview = useOverview(cluster);
  const row = overview.data?.nodes.find((one) => one.name === view.node);
  const step = useCallback(
    (by: -1 | 1) => {
      const next = neighbours[neighbours.indexOf(view.node) + by];
      if (next) setView({ node: next });
    },
    [neighbours, view.node, setView],
  );
  return (
    <Detail
      title={t("node", { name: view.node })}
      opened={view.node !== ""}
      onClose={() => setView({ node: "", tab: "" })}
      onNeighbour={step}
      tabs={[
        {
          id: "summary",
          name: t("summary"),
          show: () => (
            <Answer ask={overview} rows={8}>
              {() =>
                row ? <Summary cluster={cluster} row={row} /> : <p role="alert">{t("not.there")}</p>
              }
            </Answer>
          ),
        },
        {
          id: "pods",
          name: `${t("pods")} ${f.number(row?.requested["pods"] ?? 0)}`,
          show: () => <PodsOn cluster={cluster} node={view.node} />,
        },
        {
          id: "events",
          name: t("events"),
          key: "e",
          show: () => <Events cluster={cluster} kind="Node" name={view.node} />,
        },
        {
          id: "yaml",
          name: t("yaml"),
          key: "y",
          show: () => <Yaml cluster={cluster} path={`/api/v1/nodes/${view.node}`} />,
        },
      ]}
    />
  );
}

function Summary({ cluster, row }: { cluster: string; row: NodeRow }) {
  const t = useT();
  const f = useFormat();
  const node = useObject<NodeObject>(cluster, `/api/v1/nodes/${row.name}`);
  return (
    <>
      <div className={classes.bars}>
        {RESOURCES.filter((what) => row.allocatable[what]).map((what) => (
          <Bar
            key={what}
            resource={what}
            total={row.allocatable[what] ?? 0}
            requested={row.requested[what] ?? 0}
            used={row.used[what]}
          />
        ))}
      </div>
      <p className="dim">{t("bar.legend")}</p>
      <Facts
        of={[
          [t("pool"), row.pool],
          [t("zone"), row.zone],
          [t("gpu"), row.gpu],
          [t("version"), row.version],
          [
            t("taints"),
            row.taints.length ? <span className="mono">{row.taints.join(", ")}</span> : "",
          ],
        ]}
      />
      <h3 className={classes.heading}>{t("conditions")}</h3>
      <Answer ask={node}>
        {(found) => (
          <>
            <ul className={classes.list}>
              {(found.status?.conditions ?? []).map((one) => {
                const well = (one.type === "Ready") === (one.status === "True");
                return (
                  <li key={one.type}>
                    <StatusBadge
                      state={one.status === "Unknown" ? "unknown" : well ? "ready" : "down"}
                      word={`${one.type} = ${one.status}`}
                    />{" "}
                    <span className="dim">
                      {one.reason},{" "}
                      {t("condition.since", { at: f.instant(one.lastTransitionTime) })}
                    </span>
                  </li>
                );
              })}
            </ul>
            <h3 className={classes.heading}>{t("actions")}</h3>
            <NodeActs cluster={cluster} row={row} />
            <h3 className={classes.heading}>
              {t("images")} {f.number(found.status?.images?.length ?? 0)}
            </h3>
            <ul className={classes.list}>
              {(found.status?.images ?? []).map((image) => (
                <li key={image.names?.[0]}>
                  <span className="mono">{image.names?.[image.names.length - 1]}</span>{" "}
                  <span className="dim">{f.bytes(image.sizeBytes)}</span>
                </li>
              ))}
            </ul>
          </>
        )}
      </Answer>
    </>
  );
}

function PodsOn({ cluster, node }: { cluster: string; node: string }) {
  const t = useT();
  const [, setView] = useView(VIEW);
  const pods = usePods(cluster, { namespace: "", node, selector: "" });
  return (
    <Answer ask={pods}>
      {(found) =>
        found.rows.length ? (
          <ul className={classes.list}>
            {found.rows.map((row) => (
              <li key={keyOf(row)}>
                <StatusBadge state={podState(row)} word={row.status} />{" "}
                <button
                  type="button"
                  className={`${classes.link} mono`}
                  onClick={() => setView({ node: "", pod: keyOf(row), tab: "" })}
                >
                  {row.name}
                </button>{" "}
                <span className="dim">{row.namespace}</span>
              </li>
            ))}
          </ul>
        ) : (
          <p className="dim">{t("pods.none")}</p>
        )
      }
    </Answer>
  );
}
