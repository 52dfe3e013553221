/** What keeps pods running, in all its sides: opened by `?workload=Kind/namespace/name`. */
import { Mutation } from "@ecp/ui/actions/Mutation";
import { Detail } from "@ecp/ui/detail/Detail";
import { Answer } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { NumberInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useCallback, useState } from "react";
import { EVERY_MS, hooks } from "../ask";
import { type Call, curled, kube, kubectl } from "./asking";
import { Facts } from "./Facts";
import { useWorkloads, type WorkloadRow, type Workloads } from "./inventory";
import classes from "./objects.module.css";
import { age } from "./rows";
import { Stuck } from "./Stuck";
import type { Trouble } from "./scheduling";
import { Events, Yaml } from "./Told";
import { useT } from "./words";

const VIEW = { workload: "", pod: "", tab: "" };
const FINE = ["healthy", "suspended"];

interface OfWorkload extends Trouble {
  /** One that it concerns; null where none was made. */
  readonly pod: string | null;
}

/** Where each kind lies in the API, and what can be done with it. */
const KINDS: Readonly<Record<string, { at: string; scales?: true; restarts?: true }>> = {
  Deployment: { at: "/apis/apps/v1", scales: true, restarts: true },
  StatefulSet: { at: "/apis/apps/v1", scales: true, restarts: true },
  DaemonSet: { at: "/apis/apps/v1", restarts: true },
  ReplicaSet: { at: "/apis/apps/v1", scales: true },
  ReplicationController: { at: "/api/v1", scales: true },
  Job: { at: "/apis/batch/v1" },
};

const idOf = (row: WorkloadRow) => `${row.kind}/${row.namespace}/${row.name}`;

export function WorkloadDrawer({
  cluster,
  neighbours = [],
}: {
  cluster: string;
  neighbours?: readonly string[];
}) {
  const t = useT();
  const [view, setView] = useView(VIEW);
  const [kind = "", namespace = "", name = ""] = view.workload.split("/");
  const path = `${KINDS[kind]?.at ?? "/apis/apps/v1"}/namespaces/${namespace}/${kind.toLowerCase()}s/${name}`;
  const step = useCallback(
    (by: -1 | 1) => {
      const next = neighbours[neighbours.indexOf(view.workload) + by];
      if (next) setView({ workload: next });
    },
    [neighbours, view.workload, setView],
  );
  return (
    <Detail
      title={`${kind} ${name}`}
      opened={view.workload !== ""}
      onClose={() => setView({ workload: "", tab: "" })}
      onNeighbour={step}
      tabs={[
        {
          id: "summary",
          name: t("summary"),
          show: () => <Summary cluster={cluster} id={view.workload} path={path} />,
        },
        {
          id: "events",
          name: t("events"),
          key: "e",
          show: () => <Events cluster={cluster} kind={kind} name={name} namespace={namespace} />,
        },
        {
          id: "yaml",
          name: t("yaml"),
          key: "y",
          show: () => <Yaml cluster={cluster} path={path} />,
        },
      ]}
    />
  );
}

function Summary({ cluster, id, path }: { cluster: string; id: string; path: string }) {
  const t = useT();
  const ask = useWorkloads(cluster);
  return (
    <Answer ask={ask} rows={8}>
      {(all) => {
        const row = all.workloads.find((one) => idOf(one) === id);
        return row ? (
          <Shown cluster={cluster} row={row} all={all} path={path} />
        ) : (
          <p role="alert">{t("not.there")}</p>
        );
      }}
    </Answer>
  );
}

function Shown({
  cluster,
  row,
  all,
  path,
}: {
  cluster: string;
  row: WorkloadRow;
  all: Workloads;
  path: string;
}) {
  const t = useT();
  const f = useFormat();
  const selector = Object.entries(row.selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  return (
    <>
      <Troubles cluster={cluster} row={row} />
      <Facts
        of={[
          [t("status"), <StatusBadge key="state" state={row.health} />],
          [
            t("replicas"),
            t("replicas.of", {
              ready: f.number(row.ready),
              desired: f.number(row.desired),
              updated: f.number(row.updated),
            }),
          ],
          [t("complaint"), row.refused ?? row.complaint],
          [
            t("namespace"),
            <span key="ns" className="mono">
              {row.namespace}
            </span>,
          ],
          [t("tenant"), all.tenants[row.namespace]],
          [t("age"), f.duration(age(row.created_at, all.clock.now))],
          [
            t("images"),
            <span key="image" className="mono">
              {row.images.join(", ")}
            </span>,
          ],
          [
            t("selector"),
            <span key="selector" className="mono">
              {selector}
            </span>,
          ],
        ]}
      />
      <p>
        <Link
          to="/workloads"
          search={
            ((old: object) => ({
              ...old,
              kind: "pods",
              ns: row.namespace,
              selector,
              workload: "",
              tab: "",
            })) as never
          }
        >
          {t("see.pods")}
        </Link>
      </p>
      <h3 className={classes.heading}>{t("actions")}</h3>
      <Acts key={row.name} cluster={cluster} row={row} path={path} now={all.clock.now} />
    </>
  );
}

/** In the words in which its release is told of it; nothing for who is well. */
function Troubles({ cluster, row }: { cluster: string; row: WorkloadRow }) {
  const t = useT();
  const { language } = useFormat();
  const [, setView] = useView(VIEW);
  const ask = hooks.useQuery(
    "get",
    "/api/v1/clusters/{name}/troubles/{namespace}/{kind}/{workload}",
    {
      params: {
        path: { name: cluster, namespace: row.namespace, kind: row.kind, workload: row.name },
      },
      headers: { "Accept-Language": language },
    },
    { refetchInterval: EVERY_MS, enabled: !FINE.includes(row.health) },
  );
  const found = ask.data as unknown as { troubles: readonly OfWorkload[] } | undefined;
  if (FINE.includes(row.health) || !found?.troubles.length) return null;
  return (
    <Stuck
      title={t("stuck")}
      rows={found.troubles}
      more={({ pod }) =>
        pod && (
          <button
            type="button"
            className={classes.link}
            onClick={() => setView({ workload: "", pod: `${row.namespace}/${pod}`, tab: "why" })}
          >
            {t("see.why", { pod })}
          </button>
        )
      }
    />
  );
}

function Acts({
  cluster,
  row,
  path,
  now,
}: {
  cluster: string;
  row: WorkloadRow;
  path: string;
  now: string;
}) {
  const t = useT();
  const client = useQueryClient();
  const [wanted, want] = useState<number | string>(row.desired);
  const what = KINDS[row.kind];
  const named = `${row.kind.toLowerCase()}/${row.name} -n ${row.namespace}`;
  const run = async (call: Call) => {
    await kube(cluster, call);
    await client.invalidateQueries();
  };
  const scale: Call = {
    method: "PATCH",
    path: `${path}/scale`,
    body: { spec: { replicas: wanted } },
  };
  const restart: Call = {
    method: "PATCH",
    path,
    body: {
      spec: {
        template: { metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": now } } },
      },
    },
  };
  const remove: Call = {
    method: "DELETE",
    path,
    body: { kind: "DeleteOptions", apiVersion: "v1", propagationPolicy: "Background" },
  };
  return (
    <div className={classes.acts}>
      {what?.scales && (
        <>
          <NumberInput
            size="xs"
            w={110}
            min={0}
            max={10_000}
            label={t("scale.to")}
            value={wanted}
            onChange={want}
          />
          <Mutation
            label={t("scale")}
            name="scale"
            // An empty field is no wish for none.
            disabled={typeof wanted !== "number"}
            cli={kubectl(cluster, `scale ${named} --replicas=${wanted}`)}
            curl={curled(cluster, scale)}
            run={() => run(scale)}
          />
        </>
      )}
      {what?.restarts && (
        <Mutation
          label={t("restart")}
          name="restart"
          cli={kubectl(cluster, `rollout restart ${named}`)}
          curl={curled(cluster, restart)}
          run={() => run(restart)}
        />
      )}
      <Mutation
        label={t("delete")}
        name="delete-workload"
        danger
        confirm={row.name}
        cli={kubectl(cluster, `delete ${named}`)}
        curl={curled(cluster, remove)}
        run={() => run(remove)}
      />
    </div>
  );
}
