/** Above every page: which cluster it is about, its clock, and what stands behind both. */
import { Side } from "@ecp/ui/layout/over";
import { LiveBadge } from "@ecp/ui/live/LiveBadge";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useUi } from "@ecp/ui/texts/texts";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { Button, NativeSelect, Tabs } from "@mantine/core";
import { IconClock } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { EVERY_MS, hooks } from "../ask";
import { Clock, PauseButton } from "./Clock";
import classes from "./clock.module.css";
import { Elsewhere, useElsewhere } from "./Elsewhere";
import { type ClockState, gone as part, useClock, useCluster, useTicking } from "./useCluster";
import { useT } from "./words";

// Every page has the bar; what stands in its drawer comes when that is opened.
const Snapshots = lazy(() => import("./Snapshots").then((one) => ({ default: one.Snapshots })));
const Clusters = lazy(() => import("./Clusters").then((one) => ({ default: one.Clusters })));
const VIEW = { clock: "" };
const TABS = ["time", "snapshots", "clusters"] as const;

export function ClusterBar() {
  const t = useT();
  const u = useUi();
  const f = useFormat();
  const [cluster, choose] = useCluster();
  const [view, setView] = useView(VIEW);
  const all = hooks.useQuery("get", "/api/v1/clusters", {}, { refetchInterval: EVERY_MS * 3 });
  const names = ((all.data?.clusters ?? []) as { name: string }[]).map((one) => one.name);
  const { clock, heardMs, gone, replaced, accept, refetch } = useClock(cluster, view.clock !== "");
  const failed = (all.data?.clusters as { name: string; state: string }[] | undefined)?.some(
    (one) => one.name === cluster && one.state === "failed",
  );
  const empty = useElsewhere(cluster).length > 0;
  const queries = useQueryClient();
  const warping = clock?.warping_to ?? null;
  const changed = () => {
    void refetch();
    void all.refetch();
  };
  const anew = () => {
    accept();
    void queries.resetQueries();
  };
  const tab = TABS.find((one) => one === view.clock) ?? "time";
  return (
    <>
      <div className={classes.bar} role="group" aria-label={t("cluster")}>
        <NativeSelect
          size="xs"
          aria-label={t("cluster")}
          data-do="cluster"
          value={cluster}
          onChange={(change) => choose(change.currentTarget.value)}
          data={[...new Set([...names, cluster])]}
        />
        {clock && (
          <>
            <StatusBadge state={warping ? "warping" : clock.paused ? "paused" : "running"} />
            <Time clock={clock} heardMs={heardMs} />
            <span className="dim">×{f.number(clock.speed)}</span>
            {warping ? (
              <span className={classes.warp}>
                <progress value={part(clock)} aria-label={t("progress")} />
                <span className="dim">{f.percent(100 * part(clock), 0)}</span>
              </span>
            ) : null}
            {clock.catching_up_to && (
              <span className="dim">
                {t("catching.up", { to: f.instant(clock.catching_up_to) })}
              </span>
            )}
            <PauseButton cluster={cluster} clock={clock} onChange={changed} />
          </>
        )}
        {empty && (
          <span className={classes.empty} role="status">
            {t("elsewhere", { cluster })} <Elsewhere />
          </span>
        )}
        {gone && <LiveBadge live={{ state: "ended" }} />}
        <Button
          ml="auto"
          variant="default"
          data-do="clock"
          leftSection={<IconClock size={15} />}
          onClick={() => setView({ clock: "time" })}
        >
          {t("open")}
        </Button>
      </div>
      {gone && (
        <div className={classes.notice} role="alert">
          <span>{t("gone", { cluster })}</span>
          {names.length > 0 && <span>{t("gone.others")}</span>}
          {names.map((name) => (
            <Button key={name} variant="default" onClick={() => choose(name)}>
              {name}
            </Button>
          ))}
          <Button variant="default" onClick={() => setView({ clock: "clusters" })}>
            {t("create")}
          </Button>
        </div>
      )}
      {replaced && !gone && (
        <div className={classes.notice} role="alert">
          <span>{t("replaced", { cluster })}</span>
          <Button variant="default" onClick={anew}>
            {t("understood")}
          </Button>
        </div>
      )}
      {failed && (
        <div className={classes.notice} role="alert">
          {t("failed", { cluster })}
        </div>
      )}
      <Side
        opened={view.clock !== ""}
        onClose={() => setView({ clock: "" })}
        position="right"
        size="min(680px, 94vw)"
        title={`${t("open")} · ${cluster}`}
        overlayProps={{ backgroundOpacity: 0.08 }}
        closeButtonProps={{ "aria-label": u("close") }}
      >
        <Tabs
          value={tab}
          onChange={(next) => setView({ clock: next ?? "time" })}
          keepMounted={false}
        >
          <Tabs.List>
            {TABS.map((one) => (
              <Tabs.Tab key={one} value={one}>
                {t(`tab.${one}`)}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <Tabs.Panel value="time" pt="md">
            {clock && <Clock cluster={cluster} clock={clock} onChange={changed} />}
          </Tabs.Panel>
          <Suspense fallback={<div aria-busy />}>
            <Tabs.Panel value="snapshots" pt="md">
              <Snapshots cluster={cluster} onFork={(name) => choose(name)} onRestored={anew} />
            </Tabs.Panel>
            <Tabs.Panel value="clusters" pt="md">
              <Clusters cluster={cluster} onChoose={choose} onChange={changed} />
            </Tabs.Panel>
          </Suspense>
        </Tabs>
      </Side>
    </>
  );
}

function Time({ clock, heardMs }: { clock: ClockState; heardMs: number }) {
  const t = useT();
  const f = useFormat();
  const now = new Date(useTicking(clock, heardMs)).toISOString();
  return (
    <time className={classes.time} dateTime={now} title={t("now")}>
      {f.instant(now)}
    </time>
  );
}
