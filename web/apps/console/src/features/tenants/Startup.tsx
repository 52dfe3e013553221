/** Whether a tenant's release has started, by which evidence, and how long each workload took. */
import { Empty } from "@ecp/ui/layout/Empty";
import { Columns } from "@ecp/ui/layout/Page";
import { Answer, Panel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { hooks, useGiven } from "../../ask";
import { type Key, useT } from "../../texts/texts";
import classes from "./startup.module.css";

interface Report {
  readonly seconds?: number | null;
  readonly conditions?: Record<string, { readonly met: boolean; readonly seconds: number | null }>;
  readonly workloads?: readonly {
    readonly object: string;
    readonly desired: number;
    readonly ready: number;
    readonly available: boolean;
    readonly seconds: number | null;
  }[];
}

export function Startup({ tenant }: { tenant: string }) {
  const t = useT();
  const f = useFormat();
  const status = hooks.useQuery("get", "/api/v1/simulator/status/{tenant_id}", {
    ...useGiven(),
    params: { path: { tenant_id: tenant } },
  });
  return (
    <Answer ask={status}>
      {(data) => {
        const report = data.startup as unknown as Report | null | undefined;
        if (!report)
          return <Empty say={t("startup.none")} sample={`ecp deploy ${tenant} --wait`} />;
        const workloads = [...(report.workloads ?? [])].sort(
          (a, b) => (b.seconds ?? 1e9) - (a.seconds ?? 1e9),
        );
        const most = Math.max(1, ...workloads.map((one) => one.seconds ?? 0));
        return (
          <Columns>
            <Panel title={t("startup.conditions")}>
              {Object.entries(report.conditions ?? {}).map(([name, one]) => (
                <div key={name} className={classes.condition}>
                  <StatusBadge state={one.met ? "ready" : "pending"} />
                  <span>{t(`startup.${name}` as Key)}</span>
                  <span className="dim">{f.duration(one.seconds)}</span>
                </div>
              ))}
            </Panel>
            <Panel title={t("startup.workloads")}>
              {workloads.map((one) => (
                <div key={one.object} className={classes.workload}>
                  <span className="mono">{one.object}</span>
                  <svg height="10" width="100%" aria-hidden>
                    <rect
                      width={`${((one.seconds ?? 0) / most) * 100}%`}
                      height="10"
                      rx="3"
                      className={classes.bar}
                      data-missing={!one.available || undefined}
                    />
                  </svg>
                  <span>{f.duration(one.seconds)}</span>
                  <span className="dim">
                    {one.ready} / {one.desired}
                  </span>
                </div>
              ))}
            </Panel>
          </Columns>
        );
      }}
    </Answer>
  );
}
