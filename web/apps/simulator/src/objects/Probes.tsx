/** The probes of a pod's containers, how they stand, and which of them failed. */
import { Answer } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import classes from "./objects.module.css";
import { looksAt, type PodObject } from "./pod";
import { EventList, useEvents } from "./Told";
import { useT } from "./words";

const PROBES = [
  ["startupProbe", "probe.startup"],
  ["readinessProbe", "probe.readiness"],
  ["livenessProbe", "probe.liveness"],
] as const;
const OF_PROBES = /Unhealthy|Probe|Killing|BackOff|Started/;

export function Probes({ cluster, pod }: { cluster: string; pod: PodObject }) {
  const t = useT();
  const f = useFormat();
  const { namespace, name } = pod.metadata;
  const events = useEvents(cluster, "Pod", name, namespace);
  const since = pod.status?.conditions?.find((one) => one.type === "Ready")?.lastTransitionTime;
  return (
    <>
      {pod.spec.containers.map((container) => {
        const status = pod.status?.containerStatuses?.find((one) => one.name === container.name);
        const last = status?.lastState?.terminated;
        const probes = PROBES.filter(([field]) => container[field]);
        return (
          <section key={container.name}>
            <h3 className={classes.heading}>
              <span className="mono">{container.name}</span>
            </h3>
            <p>
              <StatusBadge
                state={status?.ready ? "ready" : "degraded"}
                word={t(status?.ready ? "probe.ready" : "probe.notready", { at: f.instant(since) })}
              />{" "}
              <span className="dim">
                {[
                  status?.started ? t("probe.started") : "",
                  t("probe.restarts", { count: f.number(status?.restartCount ?? 0) }),
                ]
                  .filter(Boolean)
                  .join(" · ")}
              </span>
            </p>
            {last && (
              <p className="dim">
                {t("probe.last", {
                  at: f.instant(last.finishedAt),
                  reason: last.reason ?? "–",
                  code: String(last.exitCode ?? "–"),
                })}
              </p>
            )}
            <ul className={`${classes.list} ${classes.remedies}`}>
              {probes.map(([field, word]) => {
                const probe = container[field];
                return (
                  probe && (
                    <li key={field}>
                      <span>{t(word)}</span>
                      <span>
                        <span className="mono">{looksAt(probe)}</span>{" "}
                        <span className="dim">
                          {t("probe.every", {
                            every: f.duration(probe.periodSeconds ?? 10),
                            failures: f.number(probe.failureThreshold ?? 3),
                          })}
                        </span>
                      </span>
                    </li>
                  )
                );
              })}
            </ul>
            {!probes.length && <p className="dim">{t("probe.none")}</p>}
          </section>
        );
      })}
      <h3 className={classes.heading}>{t("probe.history")}</h3>
      <Answer ask={events}>
        {(found) => (
          <EventList
            of={found.items.filter((one) => OF_PROBES.test(one.reason ?? ""))}
            none={t("probe.history.none")}
          />
        )}
      </Answer>
    </>
  );
}
