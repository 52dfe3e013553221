/**
 * A graph from left to right, and the same as a list.
 *
 *     <Graph label={t("topology.title")} nodes={nodes} edges={edges} onOpen={(id) => setView({ node: id })}
 *            selected={view.node} groupName={(group) => names.get(group) ?? group} />
 *
 * nodes      `GraphNode`: id, name, kind (its word as shown), state (a row of `status/states.ts`), and where
 *            there is: note (a line), mark (a fault's word), group (eight and more of one group are one node
 *            with its states counted, until somebody opens it), layer (its column; else the longest way).
 * edges      `GraphEdge`: from, to, and where there is: width in px, bad (red and a sign), label, moving.
 * merge      how edges into one bundle are drawn as one; default `merged`.
 * groupName  what is written on a bundle; default its group's key.
 * selected   what is open; the rest fades but for what leads to it and what it leads to.
 * many       from how many nodes of one group on they are one; default eight.
 *
 * The address holds `as` (graph, list) and `groups` (those that were opened). What draws is loaded when a
 * graph is shown for the first time; a narrow screen begins with the list.
 */
import { Button, SegmentedControl, Skeleton } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconAlertTriangle, IconBolt, IconFoldDown } from "@tabler/icons-react";
import { lazy, Suspense, useMemo } from "react";
import { StatusBadge } from "../status/StatusBadge";
import { stateOf } from "../status/states";
import { useUi } from "../texts/texts";
import { useView } from "../view/useView";
import { GraphList } from "./GraphList";
import classes from "./graph.module.css";
import { gathered, layered } from "./layers";
import { type GraphEdge, type GraphNode, type Merge, merged, SIZE, statesOf } from "./model";
import { useT } from "./words";

const drawing = () => import("./Drawing");
const Drawing = lazy(drawing);
/** Where it begins with the list. */
const NARROW = "(max-width: 640px)";
// What draws is on its way while what it draws is still asked for.
if (!matchMedia(NARROW).matches && !/[?&]as=list/.test(location.search))
  void drawing().catch(() => {});
const VIEW = { as: "", groups: "" };

interface GraphProps {
  readonly label: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  readonly onOpen?: ((id: string) => void) | undefined;
  readonly selected?: string | undefined;
  readonly merge?: Merge;
  readonly groupName?: (group: string) => string;
  readonly many?: number;
}

export function Graph(props: GraphProps) {
  const t = useT();
  const [view, setView] = useView(VIEW);
  const narrow = useMediaQuery(NARROW);
  const as = view.as || (narrow ? "list" : "graph");
  const { nodes, edges, many, merge = merged, groupName = (group: string) => group } = props;
  const open = useMemo(() => new Set(view.groups.split(",").filter(Boolean)), [view.groups]);
  const shown = useMemo(() => gathered(nodes, edges, open, many), [nodes, edges, open, many]);
  const layout = useMemo(() => layered(shown.nodes, shown.edges, () => SIZE.height), [shown]);
  const toggle = (group: string) => {
    const next = new Set(open);
    if (!next.delete(group)) next.add(group);
    setView({ groups: [...next].join(",") });
  };
  const there = [...open].filter((group) => nodes.some((node) => node.group === group));
  return (
    <div className={classes.whole}>
      <div className={classes.bar}>
        <SegmentedControl
          size="xs"
          aria-label={t("as")}
          value={as}
          onChange={(next) => setView({ as: next })}
          data={[
            { value: "graph", label: t("graph") },
            { value: "list", label: t("list") },
          ]}
        />
        {there.map((group) => (
          <Button
            key={group}
            variant="subtle"
            leftSection={<IconFoldDown size={14} aria-hidden />}
            onClick={() => toggle(group)}
          >
            {t("fold", { name: groupName(group) })}
          </Button>
        ))}
        <Legend states={statesOf(shown.nodes)} nodes={nodes} edges={edges} />
      </div>
      {as === "list" ? (
        <GraphList
          label={props.label}
          of={shown}
          columns={layout.columns}
          merge={merge}
          groupName={groupName}
          onOpen={props.onOpen}
          onToggle={toggle}
        />
      ) : (
        <Suspense fallback={<Skeleton height={420} />}>
          <Drawing
            label={props.label}
            of={shown}
            layout={layout}
            merge={merge}
            groupName={groupName}
            onOpen={props.onOpen}
            onToggle={toggle}
            selected={props.selected}
          />
        </Suspense>
      )}
    </div>
  );
}

function Legend({
  states,
  nodes,
  edges,
}: {
  states: readonly string[];
  nodes: readonly GraphNode[];
  edges: readonly GraphEdge[];
}) {
  const t = useT();
  const u = useUi();
  // Some states are one word.
  const words = new Map(states.map((state) => [u(`state.${stateOf(state)}`), state]));
  return (
    <ul className={classes.legend} aria-label={t("legend")}>
      {[...words.values()].map((state) => (
        <li key={state}>
          <StatusBadge state={state} />
        </li>
      ))}
      {edges.some((edge) => edge.width !== undefined) && (
        <li>
          <svg width="26" height="10" aria-hidden>
            <path d="M0 5 L26 1.5 L26 8.5 Z" className={classes.wedge} />
          </svg>
          {t("legend.width")}
        </li>
      )}
      {edges.some((edge) => edge.bad) && (
        <li className={classes.bad}>
          <IconAlertTriangle size={14} aria-hidden /> {t("legend.bad")}
        </li>
      )}
      {nodes.some((node) => node.mark) && (
        <li className={classes.mark}>
          <IconBolt size={14} aria-hidden /> {t("legend.mark")}
        </li>
      )}
    </ul>
  );
}
