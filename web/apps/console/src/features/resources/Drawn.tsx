/** Objects as a tree or a map: many of one owner are one, and come when it is opened. */

import { Empty } from "@ecp/ui/layout/Empty";
import { Answer } from "@ecp/ui/layout/Panel";
import { told } from "@ecp/ui/layout/ProblemView";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { Button, Skeleton } from "@mantine/core";
import { IconEyeOff } from "@tabler/icons-react";
import { lazy, Suspense, useCallback, useEffect, useMemo } from "react";
import { Bar } from "./Bar";
import { kindsOf, wishOf } from "./choosing";
import { Frame } from "./Frame";
import classes from "./resources.module.css";
import { Tree } from "./Tree";
import { grown, laid, restOf } from "./tree";
import type { Group, Item, Seen } from "./types";
import { useMembers, useSeen } from "./useSeen";
import { flipped, listed, VIEW } from "./view";
import { useT } from "./words";

const map = () => import("./ResourceMap");
const ResourceMap = lazy(map);
/** Above so many boxes only problems are drawn, until somebody wants all. */
const MANY = 150;

export function Drawn({ tenant, mode }: { tenant: string; mode: "tree" | "map" }) {
  const [view] = useView(VIEW);
  const asked = useSeen(
    tenant,
    useMemo(() => wishOf(view), [view]),
  );
  useEffect(() => {
    // On its way while the objects are.
    if (mode === "map") void map().catch(() => {});
  }, [mode]);
  const wrong = asked.error ? told(asked.error)?.message : undefined;
  return (
    <Answer ask={asked} rows={8}>
      {(seen) => (
        <Shown tenant={tenant} mode={mode} seen={seen} wrong={view.label ? wrong : undefined} />
      )}
    </Answer>
  );
}

/** Return what is shown of what matches, and why it is not more. */
function useShown(seen: Seen, show: string) {
  return useMemo(() => {
    const { nodes, owners, groups } = seen;
    const bad = nodes.filter((item) => item.problem);
    const many = show === "" && nodes.length + groups.length > MANY;
    const auto = !many ? "" : seen.problems > 0 ? "problems" : "folded";
    const only = show === "problems" || auto === "problems";
    const kept = only ? groups.filter((group) => group.problem) : groups;
    return {
      all: [...nodes, ...owners],
      edges: seen.edges,
      rows: only ? bad : nodes,
      groups: kept,
      count: only ? seen.problems : seen.matched,
      only,
      auto,
    } as const;
  }, [seen, show]);
}

function Shown({
  tenant,
  mode,
  seen,
  wrong,
}: {
  tenant: string;
  mode: "tree" | "map";
  seen: Seen;
  wrong: string | undefined;
}) {
  const t = useT();
  const f = useFormat();
  const [view, setView] = useView(VIEW);
  const shown = useShown(seen, view.show);
  const onOpen = useCallback((o: string) => setView({ o, pods: "" }), [setView]);
  // The members of a group are a list of their own.
  const onList = useCallback((id: string) => setView({ view: "list", in: id }), [setView]);
  const tree = useTree(tenant, mode, shown, view);
  const order = useMemo(
    () => (tree?.rows ?? []).filter((row) => row.item).map((row) => row.id),
    [tree],
  );
  const at = order.indexOf(view.o);
  const beside = at < 0 ? undefined : ([order[at - 1], order[at + 1]] as const);
  const { auto, count } = shown;
  const empty = shown.rows.length + shown.groups.length === 0;
  return (
    <Frame tenant={tenant} seen={seen} order="name" beside={beside}>
      <div className={classes.whole} role="group" aria-label={t(`view.${mode}`)}>
        <Bar
          view={view}
          setView={setView}
          kinds={kindsOf(seen.kinds)}
          wrong={wrong}
          problems={{ on: shown.only, count: seen.problems }}
          shown={count}
          total={seen.total}
        />
        {auto && (
          <p className={classes.auto} role="note" data-auto={auto}>
            <IconEyeOff size={16} aria-hidden />
            {t(`auto.${auto}`, { most: f.number(MANY), hidden: f.number(seen.matched - count) })}
            <Button variant="default" size="compact-xs" onClick={() => setView({ show: "all" })}>
              {t("auto.all")}
            </Button>
          </p>
        )}
        {empty && <Empty say={t("none.chosen")} />}
        {!empty && tree && (
          <Tree
            label={t("view.tree")}
            of={tree}
            open={view.o}
            onOpen={onOpen}
            onFlip={(id) => {
              const group = restOf(id);
              if (group === undefined) setView({ flip: flipped(view.flip, id) });
              else onList(group);
            }}
          />
        )}
        {!empty && mode === "map" && (
          <Suspense fallback={<Skeleton height={420} />}>
            <ResourceMap
              label={t("view.map")}
              seen={shown}
              shown={shown.rows}
              groups={shown.groups}
              extras={view.with}
              onExtras={(extras) => setView({ with: extras })}
              open={view.o}
              onOpen={(id) => (shown.groups.some((one) => one.id === id) ? onList(id) : onOpen(id))}
            />
          </Suspense>
        )}
      </div>
    </Frame>
  );
}

function useTree(
  tenant: string,
  mode: string,
  shown: ReturnType<typeof useShown>,
  view: typeof VIEW | Record<keyof typeof VIEW, string>,
) {
  const { all, rows, groups, auto } = shown;
  const flip = useMemo(() => listed(view.flip), [view.flip]);
  const wish = useMemo(() => wishOf(view), [view]);
  const open = useMemo(
    () => (mode === "tree" ? groups.filter((group: Group) => flip.has(group.id)) : []),
    [mode, groups, flip],
  );
  const members: ReadonlyMap<string, readonly Item[]> = useMembers(tenant, wish, open);
  return useMemo(
    () =>
      mode === "tree" ? laid(grown(all, rows, groups), flip, auto === "folded", members) : null,
    [mode, all, rows, groups, flip, auto, members],
  );
}
