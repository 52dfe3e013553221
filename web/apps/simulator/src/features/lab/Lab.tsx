/** The failure lab: choose a failure, aim it, see whom it would hit, inject it, read its report. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { Page } from "@ecp/ui/layout/Page";
import { Panel } from "@ecp/ui/layout/Panel";
import { LiveBadge, liveOf } from "@ecp/ui/live/LiveBadge";
import { useView } from "@ecp/ui/view/useView";
import { IconPlayerStopFilled } from "@tabler/icons-react";
import { atSimulator, hooks } from "../../ask";
import { useCluster } from "../../clock/useCluster";
import { MOST, PAGE, useFaults } from "../../faults";
import { useT as usePages } from "../../texts/texts";
import { Catalogue } from "./Catalogue";
import { Experiment } from "./Experiment";
import type { Kind } from "./experiment";
import classes from "./lab.module.css";
import { Report } from "./Report";
import { Runs } from "./Runs";
import { useTenants } from "./useTenants";
import { useT } from "./words";

const VIEW = { fault: "cpu_spike", run: "", over: PAGE };

export default function Lab() {
  const t = useT();
  const p = usePages();
  const [cluster] = useCluster();
  const [view, setView] = useView(VIEW);
  const kinds = hooks.useQuery(
    "get",
    "/api/v1/faults",
    {},
    { staleTime: Number.POSITIVE_INFINITY },
  );
  const faults = useFaults(cluster, { over: Math.min(Math.max(view.over, PAGE), MOST) });
  const tenants = useTenants(cluster);
  const path = `/api/v1/clusters/${cluster}/faults`;
  return (
    <Page
      title={p("lab.title")}
      badge={<LiveBadge live={liveOf(faults)} />}
      ask={kinds}
      actions={
        <Mutation
          name="kill"
          label={t("kill")}
          danger
          disabled={faults.atWork === 0}
          icon={<IconPlayerStopFilled size={14} />}
          cli={`ecp fault stop --all --cluster ${cluster}`}
          curl={curl("DELETE", path)}
          run={async () => {
            const { error } = await atSimulator.DELETE("/api/v1/clusters/{name}/faults", {
              params: { path: { name: cluster } },
            });
            if (error) throw error;
            await faults.refetch();
          }}
        />
      }
    >
      {(data) => {
        const rows = (data.faults ?? []) as unknown as readonly Kind[];
        const kind = rows.find((one) => one.name === view.fault) ?? rows[0];
        return (
          <>
            <div className={classes.lab}>
              <Panel title={t("catalogue")}>
                <Catalogue
                  kinds={rows}
                  chosen={kind?.name ?? ""}
                  onChoose={(fault) => setView({ fault })}
                />
              </Panel>
              <Panel title={t("experiment")}>
                {kind && (
                  <Experiment
                    // What was filled in belongs to its failure.
                    key={`${cluster}/${kind.name}`}
                    kind={kind}
                    cluster={cluster}
                    tenants={tenants}
                    onInjected={(run) => {
                      void faults.refetch();
                      setView({ run });
                    }}
                  />
                )}
              </Panel>
            </div>
            <Runs
              cluster={cluster}
              faults={faults}
              open={view.run}
              onOpen={(run) => setView({ run })}
              onOlder={() => setView({ over: Math.min(faults.total, MOST) })}
            />
            <Report
              cluster={cluster}
              run={view.run}
              listed={faults.data}
              tenants={tenants}
              onClose={() => setView({ run: "" })}
            />
          </>
        );
      }}
    </Page>
  );
}
