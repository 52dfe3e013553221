/** Failures of a tenant: bring one about, end it, see what it did. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { Empty } from "@ecp/ui/layout/Empty";
import { AskedPanel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { NativeSelect } from "@mantine/core";
import { IconBolt } from "@tabler/icons-react";
import { useState } from "react";
import { atSimulator, hooks } from "../../ask";
import { type Fault, MOST, useFaults } from "../../faults";
import { useT } from "../../texts/texts";
import classes from "./dashboard.module.css";
import { useNamespace } from "./useNamespace";

/** As many of those that are over as are shown. */
const SHOWN = 6;
const AT_WORK = new Set(["planned", "running"]);
const DURATIONS = ["2m", "5m", "15m", "30m"];

export function Failures({
  tenant,
  cluster,
  workloads,
}: {
  tenant: string;
  cluster: string;
  workloads: readonly string[];
}) {
  const t = useT();
  const f = useFormat();
  const namespace = useNamespace(cluster, tenant);
  const faults = useFaults(cluster, { namespace, over: MOST });
  const known = hooks.useQuery(
    "get",
    "/api/v1/faults",
    {},
    { staleTime: Number.POSITIVE_INFINITY },
  );
  const kinds = (known.data?.faults ?? []).filter((one) => one.target === "workload");
  const [kind, setKind] = useState("cpu_spike");
  const [workload, setWorkload] = useState("");
  const [duration, setDuration] = useState("5m");
  const hit = workload || (workloads.find((one) => one === "callbot") ?? workloads[0] ?? "");
  const body = {
    fault: kind,
    target: `deployment/${hit}`,
    duration,
    namespaces: namespace ? [namespace] : [],
    only: namespace ? [namespace] : [],
  };
  const path = `/api/v1/clusters/${cluster}/faults`;
  const where = `--cluster ${cluster}`;
  return (
    <AskedPanel title={t("faults.title")} ask={faults}>
      {(data) => {
        const running = data.filter((one) => AT_WORK.has(one.state));
        const over = data.filter((one) => !AT_WORK.has(one.state));
        const row = (one: Fault, ends: boolean) => (
          <li key={one.id}>
            <StatusBadge state={one.state === "ended" ? "closed" : one.state} />
            <span>
              {one.title} <span className="dim mono">{one.targets.join(", ")}</span>
            </span>
            <span className="dim">{t(`origin.${originOf(one)}`)}</span>
            <span className="dim">{f.instant(one.started_at ?? one.planned_for)}</span>
            {ends ? (
              <Mutation
                name="end"
                label={t("faults.end")}
                danger
                cli={`ecp fault stop ${one.id} ${where}`}
                curl={curl("DELETE", `${path}/${one.id}`)}
                run={async () => {
                  const { error } = await atSimulator.DELETE(
                    "/api/v1/clusters/{name}/faults/{fault_id}",
                    { params: { path: { name: cluster, fault_id: one.id } } },
                  );
                  if (error) throw error;
                  await faults.refetch();
                }}
              />
            ) : (
              <span className="dim">
                {one.recovery_seconds === null
                  ? ""
                  : t("faults.recovered", { after: f.duration(one.recovery_seconds) })}
              </span>
            )}
          </li>
        );
        return (
          <>
            <div className={classes.form}>
              <NativeSelect
                size="xs"
                label={t("faults.kind")}
                value={kind}
                onChange={(change) => setKind(change.currentTarget.value)}
                data={kinds.map((one) => ({
                  value: one.name ?? "",
                  label: (one.title as Record<string, string> | undefined)?.[f.language] ?? "",
                }))}
              />
              <NativeSelect
                size="xs"
                label={t("tenant.workload")}
                value={hit}
                onChange={(change) => setWorkload(change.currentTarget.value)}
                data={[...workloads]}
              />
              <NativeSelect
                size="xs"
                label={t("faults.duration")}
                value={duration}
                onChange={(change) => setDuration(change.currentTarget.value)}
                data={DURATIONS}
              />
              <Mutation
                name="inject"
                label={t("faults.begin")}
                icon={<IconBolt size={15} />}
                danger
                disabled={!hit || namespace === null}
                cli={`ecp fault inject ${kind}:deployment/${hit}+${duration} -n ${namespace ?? ""} --only ${namespace ?? ""} ${where}`}
                curl={curl("POST", path, body)}
                run={async () => {
                  const { error } = await atSimulator.POST("/api/v1/clusters/{name}/faults", {
                    params: { path: { name: cluster } },
                    body: body as never,
                  });
                  if (error) throw error;
                  await faults.refetch();
                }}
              />
            </div>
            {data.length === 0 ? (
              <Empty say={t("faults.none")} sample={`ecp fault trigger ${tenant} cpu_spike`} />
            ) : (
              <ul className={classes.rows}>
                {running.map((one) => row(one, true))}
                {over.slice(0, SHOWN).map((one) => row(one, false))}
              </ul>
            )}
          </>
        );
      }}
    </AskedPanel>
  );
}

/** Who brought a fault about: by itself, or somebody. */
function originOf(fault: Fault): "background" | "request" {
  return fault.origin.kind === "background" ? "background" : "request";
}
