/** Objects as a graph of who leads to whom; loaded when somebody looks at it. */

import { Graph } from "@ecp/ui/graph/Graph";
import { Empty } from "@ecp/ui/layout/Empty";
import { Button } from "@mantine/core";
import { useMemo } from "react";
import { EXTRAS, type Extra, mapped } from "./mapping";
import classes from "./resources.module.css";
import type { Group, Item, Link } from "./types";
import { flipped, listed } from "./view";
import { useT } from "./words";

export default function ResourceMap({
  label,
  seen,
  shown,
  groups,
  extras,
  onExtras,
  open,
  onOpen,
}: {
  label: string;
  seen: { readonly all: readonly Item[]; readonly edges: readonly Link[] };
  shown: readonly Item[];
  groups: readonly Group[];
  /** What is drawn beside the way of a request, by comma. */
  extras: string;
  onExtras: (extras: string) => void;
  open: string;
  onOpen: (id: string) => void;
}) {
  const t = useT();
  const of = useMemo(
    () => mapped(seen.all, shown, seen.edges, listed(extras) as ReadonlySet<Extra>, groups),
    [seen, shown, groups, extras],
  );
  const kinds = useMemo(() => {
    const found = new Map<string, string>();
    for (const node of of.nodes) if (node.group) found.set(node.group, node.kind);
    return found;
  }, [of]);
  const groupName = (group: string) => {
    const name = of.names.get(group) ?? group;
    const kind = kinds.get(group) ?? "";
    return name === kind ? kind : t("map.group", { name, kind });
  };
  return (
    <div className={classes.map}>
      <div className={classes.extras}>
        {(Object.keys(EXTRAS) as Extra[]).map((extra) => (
          <Button
            key={extra}
            variant={listed(extras).has(extra) ? "light" : "default"}
            aria-pressed={listed(extras).has(extra)}
            onClick={() => onExtras(flipped(extras, extra))}
          >
            {t(`map.${extra}`)}
          </Button>
        ))}
      </div>
      {of.nodes.length === 0 ? (
        <Empty say={t("none.map")} />
      ) : (
        <Graph
          label={label}
          nodes={of.nodes}
          edges={of.edges}
          many={of.many}
          selected={open}
          onOpen={onOpen}
          groupName={groupName}
        />
      )}
    </div>
  );
}
