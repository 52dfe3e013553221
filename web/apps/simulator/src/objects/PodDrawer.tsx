/** A pod in all its sides: opened by `?pod=namespace/name` on any page that shows pods. */
import { Mutation } from "@ecp/ui/actions/Mutation";
import { Detail } from "@ecp/ui/detail/Detail";
import { Answer } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useCallback, useMemo } from "react";
import { curled, kube, kubectl, useObject } from "./asking";
import { Facts } from "./Facts";
import { keyOf, type PodRow, type Pods, usePods } from "./inventory";
import { Logs } from "./Logs";
import classes from "./objects.module.css";
import { Probes } from "./Probes";
import type { PodObject } from "./pod";
import { age, podState } from "./rows";
import { Events, Yaml } from "./Told";
import { Why } from "./Why";
import { useT } from "./words";

const VIEW = { pod: "", node: "", workload: "", tab: "" };

/** *neighbours*: the pods of the page's list in its order, for `[` and `]`. */
export function PodDrawer({
  cluster,
  neighbours = [],
}: {
  cluster: string;
  neighbours?: readonly string[];
}) {
  const t = useT();
  const [view, setView] = useView(VIEW);
  const [namespace = "", name = ""] = view.pod.split("/");
  const path = view.pod ? `/api/v1/namespaces/${namespace}/pods/${name}` : null;
  const pod = useObject<PodObject>(cluster, path);
  const step = useCallback(
    (by: -1 | 1) => {
      const next = neighbours[neighbours.indexOf(view.pod) + by];
      if (next) setView({ pod: next });
    },
    [neighbours, view.pod, setView],
  );
  const of = (show: (found: PodObject) => ReactNode) => () => (
    <Answer ask={pod} rows={8}>
      {show}
    </Answer>
  );
  return (
    <Detail
      title={t("pod", { name })}
      opened={view.pod !== ""}
      onClose={() => setView({ pod: "", tab: "" })}
      onNeighbour={step}
      tabs={[
        {
          id: "summary",
          name: t("summary"),
          show: of((found) => <Summary cluster={cluster} pod={found} />),
        },
        {
          id: "why",
          name: t("why"),
          show: () => <Why cluster={cluster} namespace={namespace} pod={name} />,
        },
        {
          id: "events",
          name: t("events"),
          key: "e",
          show: () => <Events cluster={cluster} kind="Pod" name={name} namespace={namespace} />,
        },
        {
          id: "logs",
          name: t("logs"),
          key: "l",
          show: of((found) => <Logs cluster={cluster} pod={found} />),
        },
        {
          id: "probes",
          name: t("probes"),
          show: of((found) => <Probes cluster={cluster} pod={found} />),
        },
        {
          id: "yaml",
          name: t("yaml"),
          key: "y",
          show: () => path && <Yaml cluster={cluster} path={path} />,
        },
      ]}
    />
  );
}

function Summary({ cluster, pod }: { cluster: string; pod: PodObject }) {
  const t = useT();
  const f = useFormat();
  const [, setView] = useView(VIEW);
  const client = useQueryClient();
  const { namespace, name } = pod.metadata;
  const rows = usePods(cluster, { namespace, node: "", selector: "" });
  const row = useMemo(
    () => rows.data?.rows.find((one: PodRow) => keyOf(one) === `${namespace}/${name}`),
    [rows.data, namespace, name],
  );
  const remove = {
    method: "DELETE",
    path: `/api/v1/namespaces/${namespace}/pods/${name}`,
  } as const;
  const [kind, owner] = row?.owner?.split("/") ?? [];
  const said = (amounts: Readonly<Record<string, string>> | undefined) =>
    Object.entries(amounts ?? {})
      .map(([what, value]) => `${what} ${value}`)
      .join(", ") || t("nothing");
  return (
    <>
      <Facts
        of={[
          [
            t("status"),
            row && (
              <>
                <StatusBadge state={podState(row)} word={row.status} />{" "}
                {row.ready < row.containers && (
                  <button
                    type="button"
                    className={classes.link}
                    onClick={() => setView({ tab: "why" })}
                  >
                    → {t("why")}
                  </button>
                )}
              </>
            ),
          ],
          [t("ready"), row && `${row.ready} / ${row.containers}`],
          [t("restarts"), row && f.number(row.restarts)],
          [
            t("namespace"),
            <span key="ns" className="mono">
              {namespace}
            </span>,
          ],
          [t("tenant"), tenantOf(rows.data, namespace)],
          [
            t("owner"),
            row &&
              (row.owner ? (
                <button
                  type="button"
                  className={classes.link}
                  onClick={() =>
                    setView({ pod: "", tab: "", workload: `${kind}/${namespace}/${owner}` })
                  }
                >
                  {row.owner}
                </button>
              ) : (
                t("owner.none")
              )),
          ],
          [
            t("on.node"),
            pod.spec.nodeName ? (
              <button
                type="button"
                className={classes.link}
                onClick={() => setView({ pod: "", tab: "", node: pod.spec.nodeName ?? "" })}
              >
                {pod.spec.nodeName}
              </button>
            ) : (
              <button
                type="button"
                className={classes.link}
                onClick={() => setView({ tab: "why" })}
              >
                {t("no.node")} → {t("why")}
              </button>
            ),
          ],
          [t("age"), f.duration(age(pod.metadata.creationTimestamp, rows.data?.now))],
          [t("ip"), pod.status?.podIP && <span className="mono">{pod.status.podIP}</span>],
          [t("qos"), pod.status?.qosClass],
          [t("priority"), f.number(pod.spec.priority ?? 0)],
        ]}
      />
      <h3 className={classes.heading}>{t("containers")}</h3>
      <ul className={classes.list}>
        {pod.spec.containers.map((one) => (
          <li key={one.name}>
            <b className="mono">{one.name}</b> <span className="mono dim">{one.image}</span>
            <div className="dim">
              {t("asks", {
                requests: said(one.resources?.requests),
                limits: said(one.resources?.limits),
              })}
            </div>
          </li>
        ))}
      </ul>
      <h3 className={classes.heading}>{t("actions")}</h3>
      <div className={classes.acts}>
        <Mutation
          label={t("delete")}
          name="delete-pod"
          danger
          confirm={name}
          cli={kubectl(cluster, `delete pod ${name} -n ${namespace}`)}
          curl={curled(cluster, remove)}
          run={async () => {
            await kube(cluster, remove);
            await client.invalidateQueries();
          }}
        />
      </div>
    </>
  );
}

const tenantOf = (pods: Pods | undefined, namespace: string) => pods?.tenants[namespace];
