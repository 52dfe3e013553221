/** What stands around all three views: what is not known, an empty tenant, an object's details. */

import { Empty } from "@ecp/ui/layout/Empty";
import { useView } from "@ecp/ui/view/useView";
import { Button, Skeleton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useCallback, useMemo, useRef } from "react";
import { wishOf } from "./choosing";
import classes from "./resources.module.css";
import type { Seen } from "./types";
import { useAround } from "./useSeen";
import { listed, VIEW } from "./view";
import { useT } from "./words";

const ResourceDetail = lazy(() =>
  import("./ResourceDetail").then((one) => ({ default: one.ResourceDetail })),
);
const MergedLogs = lazy(() =>
  import("./ResourceDetail").then((one) => ({ default: one.MergedLogs })),
);

export function Frame({
  tenant,
  seen,
  order,
  beside,
  children,
}: {
  tenant: string;
  seen: Seen;
  /** How the service orders what the view shows, for who is not drawn. */
  order: string;
  /** Whose details come before and after those that are open, where the view knows. */
  beside?: readonly [string | undefined, string | undefined] | undefined;
  children: ReactNode;
}) {
  const t = useT();
  const [view, setView] = useView(VIEW);
  if (seen.total === 0 && seen.reading.length === 0)
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
  const pods = view.o ? [] : [...listed(view.pods)];
  return (
    <>
      {seen.reading.length > 0 && (
        <p className={classes.note} role="status" data-reading>
          {t("reading", { kinds: seen.reading.join(", ") })}
        </p>
      )}
      {seen.total === 0 ? <Skeleton height={420} /> : children}
      {seen.unread.length > 0 && (
        <p className={classes.note}>
          {t("unread", { kinds: seen.unread.map((one) => one.kind).join(", ") })}
        </p>
      )}
      <Suspense>
        {view.o && <Opened tenant={tenant} seen={seen} order={order} beside={beside} />}
        {pods.length > 0 && (
          <MergedLogs
            tenant={tenant}
            pods={pods}
            simulated={seen.evidence === "simulated"}
            onClose={() => setView({ pods: "" })}
          />
        )}
      </Suspense>
    </>
  );
}

/** The details of one object, drawn or not: the service says which it is and what stands beside it. */
function Opened({
  tenant,
  seen,
  order,
  beside,
}: {
  tenant: string;
  seen: Seen;
  order: string;
  beside: readonly [string | undefined, string | undefined] | undefined;
}) {
  const [view, setView] = useView(VIEW);
  const query = useMemo(
    () => ({ ...wishOf(view), sort: order, problems: view.show === "problems" }),
    [view, order],
  );
  const { item, owner, before, after } = useAround(tenant, view.o, query);
  const [previous, next] = beside ?? [before, after];
  const onNeighbour = useCallback(
    (by: -1 | 1) => {
      const o = by < 0 ? previous : next;
      if (o !== undefined) setView({ o });
    },
    [previous, next, setView],
  );
  const onOpen = useCallback((o: string) => setView({ o, pods: "" }), [setView]);
  // What was open stays until the next one is there: keys are heard all the time.
  const kept = useRef(item);
  if (item) kept.current = item;
  const known = item ?? seen.nodes.find((one) => one.id === view.o) ?? kept.current;
  if (!known) return null;
  return (
    <ResourceDetail
      tenant={tenant}
      item={known}
      owner={owner}
      simulated={seen.evidence === "simulated"}
      onClose={() => setView({ o: "" })}
      onOpen={onOpen}
      onNeighbour={onNeighbour}
    />
  );
}
