/** Who waits for a node, grouped by what the scheduler says; and what could not even be made. */
import { Panel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { type Overview, useWorkloads } from "../../objects/inventory";
import { told } from "../../objects/scheduling";
import classes from "./cluster.module.css";
import { useT } from "./words";

const VIEW = { pod: "", workload: "", tab: "" };

export function Waiting({ of }: { of: Overview }) {
  const t = useT();
  const f = useFormat();
  return (
    <Panel
      title={t("waiting.title")}
      aside={
        <Link
          to="/workloads"
          search={
            ((old: { cluster?: string }) => ({ ...old, kind: "pods", status: "Pending" })) as never
          }
        >
          {t("to.workloads")}
        </Link>
      }
    >
      {of.waiting.length === 0 && <p className="dim">{t("waiting.empty")}</p>}
      <ul className={classes.waiting}>
        {of.waiting.map((group) => {
          const said = told(group.message);
          return (
            <li key={group.message}>
              <span>
                <StatusBadge state="pending" word={f.number(group.count)} />
                <span className="dim"> {t("waiting.since", { at: f.instant(group.since) })}</span>
              </span>
              <span>
                {said.refusals.length === 0 && (group.message || t("waiting.unsaid"))}
                {said.refusals.map((one) => (
                  <span key={one.reason} className={classes.reason}>
                    <b>{one.reason}</b>{" "}
                    {one.count !== null && (
                      <span className="dim">
                        {t("waiting.nodes", { count: f.number(one.count), of: f.number(said.of) })}
                      </span>
                    )}
                  </span>
                ))}
                <Pods of={group} />
              </span>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

/** The pods of a group, each a button to why it waits. */
function Pods({ of }: { of: { readonly pods: readonly string[]; readonly count: number } }) {
  const t = useT();
  const f = useFormat();
  const [, setView] = useView(VIEW);
  return (
    <span className={classes.pods}>
      {of.pods.map((pod) => (
        <Button
          key={pod}
          variant="default"
          size="compact-xs"
          data-do="why"
          title={`${t("waiting.why")}: ${pod}`}
          onClick={() => setView({ pod, tab: "why" })}
        >
          {pod}
        </Button>
      ))}
      {of.count > of.pods.length && (
        <span className="dim">
          {t("waiting.more", { count: f.number(of.count - of.pods.length) })}
        </span>
      )}
    </span>
  );
}

/** Pods on a node that are not ready, by what `kubectl get pods` says of them; each leads to why. */
export function Unready({ of }: { of: Overview }) {
  const t = useT();
  const f = useFormat();
  if (!of.unready.length) return null;
  return (
    <Panel title={t("unready")}>
      <ul className={classes.waiting} data-unready>
        {of.unready.map((group) => (
          <li key={group.status}>
            <span>
              <StatusBadge
                state={/Creating|Initializing|Init:\d/.test(group.status) ? "starting" : "degraded"}
                word={`${f.number(group.count)} · ${
                  group.status === "Running" ? t("unready.running") : group.status
                }`}
              />
              <span className={`dim ${classes.reason}`}>
                {t("waiting.since", { at: f.instant(group.since) })}
              </span>
            </span>
            <Pods of={group} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** Workloads of which a controller says that it could not make pods: a quota, an admission policy. */
export function Refused({ cluster }: { cluster: string }) {
  const t = useT();
  const f = useFormat();
  const [, setView] = useView(VIEW);
  const ask = useWorkloads(cluster);
  const found = (ask.data?.workloads ?? []).filter((row) => row.refused);
  if (!found.length) return null;
  return (
    <Panel title={t("refused")}>
      <ul className={classes.waiting}>
        {found.map((row) => (
          <li key={`${row.kind}/${row.namespace}/${row.name}`}>
            <Button
              variant="default"
              size="compact-xs"
              onClick={() => setView({ workload: `${row.kind}/${row.namespace}/${row.name}` })}
            >
              {row.namespace}/{row.name} {f.number(row.ready)}/{f.number(row.desired)}
            </Button>
            <span>{row.refused}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
