/** The past of a cluster: scrub, replay, look at an instant, compare two, ask why. */
import { Page } from "@ecp/ui/layout/Page";
import { Panel } from "@ecp/ui/layout/Panel";
import { LiveBadge, liveOf } from "@ecp/ui/live/LiveBadge";
import { useUi } from "@ecp/ui/texts/texts";
import { RANGES, instant as relative } from "@ecp/ui/time/range";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { Button, Group, NativeSelect, Tabs, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useMemo, useState } from "react";
import { hooks } from "../../ask";
import { useCluster } from "../../clock/useCluster";
import { useT as usePages } from "../../texts/texts";
import { ChangeDetail } from "./ChangeDetail";
import { Changes } from "./Changes";
import { Objects } from "./Objects";
import { Replay } from "./Replay";
import { known, micros, written } from "./replay";
import { Scrubber } from "./Scrubber";
import { TwoInstants } from "./TwoInstants";
import classes from "./timeline.module.css";
import { useFaultSpans } from "./useFaultSpans";
import { useHistory } from "./useHistory";
import { useIncidents } from "./useIncidents";
import { useT } from "./words";

const VIEW = {
  from: "",
  at: "",
  versus: "",
  namespace: "",
  resource: "",
  name: "",
  mark: "",
  change: 0,
  part: "changes",
};
const PARTS = ["changes", "objects", "diff"] as const;
const KINDS = [
  "pods",
  "deployments",
  "replicasets",
  "statefulsets",
  "services",
  "endpointslices",
  "horizontalpodautoscalers",
  "nodes",
  "events",
  "configmaps",
  "secrets",
  "namespaces",
]; // prettier-ignore
const MARKS = [
  "failure",
  "release",
  "scaling",
  "ready",
  "unready",
  "node-lost",
  "warning",
] as const;

export default function Timeline() {
  const t = useT();
  const u = useUi();
  const p = usePages();
  const f = useFormat();
  const [cluster] = useCluster();
  const [given, setView] = useView(VIEW);
  const view = { ...given, at: known(given.at), versus: known(given.versus) };
  const [moving, setMoving] = useState<number | null>(null);
  const clock = hooks.useQuery("get", "/api/v1/clusters/{name}/clock", {
    params: { path: { name: cluster } },
  });
  const now = Date.parse((clock.data as { now?: string } | undefined)?.now ?? "");
  const since = useMemo(() => {
    const at = view.from && !Number.isNaN(now) ? relative(view.from, now) : null;
    return at === null ? "" : new Date(at).toISOString();
  }, [view.from, now]);
  const filter = useMemo(
    () => ({ namespace: view.namespace, resource: view.resource, q: view.name }),
    [view.namespace, view.resource, view.name],
  );
  // A range that reaches further back than what is kept shows what is kept.
  const whole = useHistory(cluster, "", filter);
  const kept = whole.data?.kept;
  const inside = kept && since && micros(since) > micros(kept.since) ? since : "";
  const ranged = useHistory(cluster, inside, filter);
  const faults = useFaultSpans(cluster);
  const incidents = useIncidents(cluster);
  const end = ranged.data ? micros(ranged.data.to) : 0;
  const at = moving ?? (view.at ? micros(view.at) : end);
  // While it plays, what is listed follows a few times a second.
  const [settled] = useDebouncedValue(at, 350, { leading: true });
  const to = moving === null && !view.at ? "" : written(settled);
  const seek = (next: number) => {
    setMoving(next);
    setView({ at: written(next) });
  };
  const part = PARTS.find((one) => one === view.part) ?? "changes";
  const first = view.versus && micros(view.versus) < at ? view.versus : view.versus ? to : "";
  const last = view.versus && micros(view.versus) < at ? to : view.versus;
  return (
    <Page
      title={p("timeline.title")}
      badge={<LiveBadge live={liveOf(ranged)} />}
      ask={ranged}
      actions={
        <Group gap={2} role="group" aria-label={t("range")}>
          {["", ...RANGES.map((name) => `now-${name}`)].map((from) => (
            <Button
              key={from}
              variant={view.from === from ? "light" : "subtle"}
              color={view.from === from ? "ink" : "gray"}
              px={8}
              aria-pressed={view.from === from}
              onClick={() => {
                setMoving(null);
                setView({ from, at: "" });
              }}
            >
              {from === ""
                ? t("all")
                : u(`range.${RANGES.find((n) => from === `now-${n}`) ?? "1h"}`)}
            </Button>
          ))}
        </Group>
      }
    >
      {(data) => (
        <>
          <Panel title={t("lane.changes")}>
            <Scrubber
              history={data}
              at={at}
              versus={view.versus ? micros(view.versus) : null}
              faults={faults}
              incidents={incidents}
              onSeek={seek}
            />
            <Replay
              cluster={cluster}
              filter={filter}
              at={at}
              start={micros(data.from)}
              end={end}
              onSeek={seek}
              onNow={() => {
                setMoving(null);
                setView({ at: "" });
              }}
              onFirst={() => setView({ versus: written(at), part: "diff" })}
              onFound={(change) => setView({ at: change.at, change: change.version })}
            />
            <p className={classes.kept}>
              {t("kept", {
                changes: f.number(data.kept.changes),
                most: f.number(data.kept.most),
                since: f.instant(data.kept.since),
                for: f.duration((micros(data.clock.now) - micros(data.kept.since)) / 1e6),
              })}{" "}
              {t("kept.say", { lasting: f.number(data.kept.lasting) })}
            </p>
          </Panel>
          <div className={classes.filters}>
            <TextInput
              size="xs"
              label={t("namespace")}
              value={view.namespace}
              onChange={(change) => setView({ namespace: change.currentTarget.value.trim() })}
            />
            <NativeSelect
              size="xs"
              label={t("resource")}
              value={view.resource}
              onChange={(change) => setView({ resource: change.currentTarget.value })}
              data={[
                { value: "", label: t("any") },
                ...[...new Set([...KINDS, view.resource].filter(Boolean))],
              ]}
            />
            <TextInput
              size="xs"
              label={t("name")}
              value={view.name}
              onChange={(change) => setView({ name: change.currentTarget.value.trim() })}
            />
            <NativeSelect
              size="xs"
              label={t("meaning")}
              value={view.mark}
              onChange={(change) => setView({ mark: change.currentTarget.value })}
              data={[
                { value: "", label: t("any") },
                ...MARKS.map((mark) => ({ value: mark, label: t(`mark.${mark}`) })),
              ]}
            />
          </div>
          <Tabs value={part} onChange={(next) => setView({ part: next ?? "changes" })}>
            <Tabs.List>
              {PARTS.map((one) => (
                <Tabs.Tab key={one} value={one}>
                  {t(`tab.${one}`)}
                </Tabs.Tab>
              ))}
            </Tabs.List>
          </Tabs>
          {part === "changes" && (
            <Changes
              cluster={cluster}
              from={inside}
              to={to}
              filter={filter}
              mark={view.mark}
              open={view.change}
              onOpen={(change) => setView({ change: change.version })}
            />
          )}
          {part === "objects" && (
            <Objects
              cluster={cluster}
              at={to}
              filter={filter}
              onKind={(resource) => setView({ resource })}
            />
          )}
          {part === "diff" && (
            <TwoInstants cluster={cluster} from={first} to={last} filter={filter} />
          )}
          <ChangeDetail
            cluster={cluster}
            version={view.change}
            onClose={() => setView({ change: 0 })}
            onOpen={(change) => setView({ change })}
          />
        </>
      )}
    </Page>
  );
}
