/** What is live of a tenant: one question, as a tree, a list or a map; each object with its details. */

import { Empty } from "@ecp/ui/layout/Empty";
import { Answer } from "@ecp/ui/layout/Panel";
import { told } from "@ecp/ui/layout/ProblemView";
import { arranged } from "@ecp/ui/table/order";
import { useTableView } from "@ecp/ui/table/view";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { Button, SegmentedControl, Skeleton } from "@mantine/core";
import { IconEyeOff } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useMemo } from "react";
import { TenantPage } from "../../tenant/TenantPage";
import { useTenant } from "../../tenant/useTenant";
import { AsCommand } from "./AsCommand";
import { Bar, type BarProps, Chips } from "./Bar";
import { chosen, kindsOf } from "./choosing";
import { USUAL, useColumns } from "./columns";
import classes from "./resources.module.css";
import { Tree } from "./Tree";
import { grown, laid } from "./tree";
import type { Item, Seen } from "./types";
import { useSeen } from "./useSeen";
import { flipped, listed, VIEW } from "./view";
import { useT } from "./words";

const List = lazy(() => import("./List"));
const ResourceMap = lazy(() => import("./ResourceMap"));
const ResourceDetail = lazy(() =>
  import("./ResourceDetail").then((one) => ({ default: one.ResourceDetail })),
);
const MergedLogs = lazy(() =>
  import("./ResourceDetail").then((one) => ({ default: one.MergedLogs })),
);
/** Above so many only problems are drawn, until somebody wants all. */
const MANY = 150;
const VIEWS = ["tree", "list", "map"] as const;
const known = (view: string) => VIEWS.find((one) => one === view) ?? "tree";

export default function Resources() {
  const t = useT();
  const tenant = useTenant();
  const [view, setView] = useView(VIEW);
  const asked = useSeen(tenant, view.label);
  const wrong = asked.error ? told(asked.error)?.message : undefined;
  return (
    <TenantPage
      part="resources"
      actions={
        <>
          <SegmentedControl
            role="radiogroup"
            size="xs"
            aria-label={t("view")}
            value={known(view.view)}
            onChange={(next) => setView({ view: next })}
            data={VIEWS.map((one) => ({ value: one, label: t(`view.${one}`) }))}
          />
          <AsCommand tenant={tenant} label={view.label} problems={view.show === "problems"} />
        </>
      }
    >
      <Answer ask={asked} rows={8}>
        {(seen) => <Shown tenant={tenant} seen={seen} wrong={view.label ? wrong : undefined} />}
      </Answer>
    </TenantPage>
  );
}

/** Return what is shown: what the filters leave, and why it is not more. */
function useShown(seen: Seen, view: { q: string; kind: string; show: string; view: string }) {
  const { nodes } = seen;
  return useMemo(() => {
    const kinds = listed(view.kind);
    const all = chosen(nodes, { words: view.q, kinds, problems: false });
    const bad = all.filter((item) => item.problem);
    // A list of any length is read as well.
    const many = view.show === "" && known(view.view) !== "list" && all.length > MANY;
    const auto = !many ? "" : bad.length > 0 ? "problems" : "folded";
    const only = view.show === "problems" || auto === "problems";
    return { rows: only ? bad : all, all, bad, only, auto } as const;
  }, [nodes, view.q, view.kind, view.show, view.view]);
}

function Shown({ tenant, seen, wrong }: { tenant: string; seen: Seen; wrong: string | undefined }) {
  const t = useT();
  const f = useFormat();
  const [view, setView] = useView(VIEW);
  const mode = known(view.view);
  const shown = useShown(seen, view);
  const kinds = useMemo(() => kindsOf(seen.nodes), [seen.nodes]);
  const tree = useMemo(
    () =>
      mode === "tree"
        ? laid(grown(seen.nodes, shown.rows), listed(view.flip), shown.auto === "folded")
        : null,
    [mode, seen.nodes, shown, view.flip],
  );
  const order = useOrder(mode, shown.rows, tree);
  const onOpen = useCallback((o: string) => setView({ o, pods: "" }), [setView]);
  const item = view.o ? seen.nodes.find((one) => one.id === view.o) : undefined;
  const onNeighbour = useCallback(
    (by: -1 | 1) => {
      const at = order.indexOf(view.o);
      const next = order[at < 0 ? 0 : (at + by + order.length) % order.length];
      if (next !== undefined) setView({ o: next });
    },
    [order, view.o, setView],
  );
  const bar: BarProps = {
    view,
    setView,
    kinds,
    wrong,
    problems: { on: shown.only, count: shown.bad.length },
  };
  const pods = useMemo(() => [...listed(view.pods)], [view.pods]);
  const simulated = seen.evidence === "simulated";

  if (seen.nodes.length === 0 && !view.label)
    return (
      <Empty
        say={t("none")}
        action={
          <Button component={Link} to={`/tenants/${encodeURIComponent(tenant)}/releases`}>
            {t("none.action")}
          </Button>
        }
        sample={`ecp deploy ${tenant} --wait`}
      />
    );
  const nothing = <Empty say={t("none.chosen")} />;
  return (
    <>
      {mode === "list" ? (
        <Suspense fallback={<Skeleton height={420} />}>
          <List
            rows={shown.rows}
            total={seen.total}
            chips={<Chips {...bar} />}
            open={view.o}
            onOpen={onOpen}
            onLogs={(names) => setView({ o: "", pods: names.join(",") })}
            empty={nothing}
          />
        </Suspense>
      ) : (
        <section className={classes.whole} aria-label={t(`view.${mode}`)}>
          <Bar {...bar} shown={shown.rows.length} total={seen.total} />
          {shown.auto && (
            <p className={classes.auto} role="note" data-auto={shown.auto}>
              <IconEyeOff size={16} aria-hidden />
              {t(`auto.${shown.auto}`, {
                most: f.number(MANY),
                hidden: f.number(shown.all.length - shown.rows.length),
              })}
              <Button variant="default" size="compact-xs" onClick={() => setView({ show: "all" })}>
                {t("auto.all")}
              </Button>
            </p>
          )}
          {shown.rows.length === 0 && nothing}
          {shown.rows.length > 0 && tree && (
            <Tree
              label={t("view.tree")}
              of={tree}
              open={view.o}
              onOpen={onOpen}
              onFlip={(id) => setView({ flip: flipped(view.flip, id) })}
            />
          )}
          {shown.rows.length > 0 && mode === "map" && (
            <Suspense fallback={<Skeleton height={420} />}>
              <ResourceMap
                label={t("view.map")}
                seen={seen}
                shown={shown.rows}
                extras={view.with}
                onExtras={(extras) => setView({ with: extras })}
                open={view.o}
                onOpen={onOpen}
              />
            </Suspense>
          )}
        </section>
      )}
      {seen.unread.length > 0 && (
        <p className={classes.note}>
          {t("unread", { kinds: seen.unread.map((one) => one.kind).join(", ") })}
        </p>
      )}
      <Suspense>
        {item && (
          <ResourceDetail
            tenant={tenant}
            item={item}
            seen={seen}
            onClose={() => setView({ o: "" })}
            onOpen={onOpen}
            onNeighbour={onNeighbour}
          />
        )}
        {!item && pods.length > 0 && (
          <MergedLogs
            tenant={tenant}
            pods={pods}
            simulated={simulated}
            onClose={() => setView({ pods: "" })}
          />
        )}
      </Suspense>
    </>
  );
}

/** Return the ids in the order in which the view shows them: so go `[` and `]`. */
function useOrder(
  view: string,
  rows: readonly Item[],
  tree: ReturnType<typeof laid> | null,
): readonly string[] {
  const columns = useColumns();
  const [table] = useTableView();
  return useMemo(() => {
    if (tree) return tree.rows.filter((row) => row.item).map((row) => row.id);
    const order = view === "list" ? table.sort || USUAL : "kind";
    return arranged(rows, columns, "", order).map((item) => item.id);
  }, [view, rows, tree, columns, table.sort]);
}
