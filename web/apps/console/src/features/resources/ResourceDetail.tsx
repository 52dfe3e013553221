/** The drawer of one object, or of several pods' merged log. */
import { Detail, type Tab } from "@ecp/ui/detail/Detail";
import { Answer } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useMemo } from "react";
import { EVERY_MS, hooks, useGiven } from "../../ask";
import { Logs } from "./Logs";
import { Metrics } from "./Metrics";
import classes from "./resources.module.css";
import { Events, Summary, Why } from "./Summary";
import { type Item, stateOf, type Told } from "./types";
import { useT } from "./words";
import { Yaml } from "./Yaml";

export function ResourceDetail({
  tenant,
  item,
  owner,
  simulated,
  onClose,
  onOpen,
  onNeighbour,
}: {
  tenant: string;
  item: Item;
  owner: Item | undefined;
  simulated: boolean;
  onClose: () => void;
  onOpen: (id: string) => void;
  onNeighbour: (by: -1 | 1) => void;
}) {
  const t = useT();
  const asked = hooks.useQuery(
    "get",
    "/api/v1/tenants/{tenant_id}/resources/{kind}/{name}",
    {
      ...useGiven(),
      params: {
        path: { tenant_id: tenant, kind: item.kind, name: item.name },
        query: { namespace: item.namespace, apiVersion: item.apiVersion },
      },
    },
    { refetchInterval: EVERY_MS, retry: false },
  );
  const tabs = useMemo(() => {
    const told = asked.data as unknown as Told | undefined;
    const show = (part: (told: Told) => React.ReactNode) => () => (
      <Answer ask={{ ...asked, data: told }} rows={8}>
        {(known) => (
          <>
            <Why told={known} />
            {part(known)}
          </>
        )}
      </Answer>
    );
    const found: Tab[] = [
      {
        id: "summary",
        name: t("summary"),
        show: show((known) => <Summary told={known} owner={owner} onOpen={onOpen} />),
      },
      {
        id: "yaml",
        name: t("yaml"),
        key: "y",
        show: show((known) => <Yaml text={known.yaml} secret={known.kind === "Secret"} />),
      },
      { id: "events", name: t("events"), key: "e", show: show((known) => <Events told={known} />) },
      {
        id: "logs",
        name: t("logs"),
        key: "l",
        show: show((known) => (
          <Logs
            tenant={tenant}
            pods={known.pods}
            containers={known.containers.map((one) => one.name)}
            simulated={simulated}
          />
        )),
      },
      {
        id: "metrics",
        name: t("metrics"),
        show: show(() => <Metrics key={item.id} tenant={tenant} item={item} />),
      },
    ];
    return found;
  }, [asked, owner, simulated, item, tenant, t, onOpen]);
  return (
    <Detail
      opened
      onClose={onClose}
      onNeighbour={onNeighbour}
      tabs={tabs}
      title={
        <span className={classes.title}>
          <span className="dim">{item.kind}</span> {item.name} <StatusBadge state={stateOf(item)} />
        </span>
      }
    />
  );
}

export function MergedLogs({
  tenant,
  pods,
  simulated,
  onClose,
}: {
  tenant: string;
  pods: readonly string[];
  simulated: boolean;
  onClose: () => void;
}) {
  const t = useT();
  const tabs = useMemo<Tab[]>(
    () => [
      {
        id: "logs",
        name: t("logs"),
        key: "l",
        show: () => <Logs tenant={tenant} pods={pods} containers={[]} simulated={simulated} />,
      },
    ],
    [t, tenant, pods, simulated],
  );
  return (
    <Detail opened onClose={onClose} tabs={tabs} title={t("logs.merged", { count: pods.length })} />
  );
}
