/** The drawing of a graph: loaded when one is shown. Its arithmetic is in `layers.ts`. */
import { ActionIcon } from "@mantine/core";
import { useElementSize, useReducedMotion } from "@mantine/hooks";
import { IconMaximize, IconMinus, IconPlus } from "@tabler/icons-react";
import { Panel, ReactFlow, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useEffect, useMemo, useRef, useState } from "react";
import { useUi } from "../texts/texts";
import { type Drawn, nameOf } from "./GraphList";
import classes from "./graph.module.css";
import { isBundle, type Layout } from "./layers";
import { Box, type BoxNode, Line, type LineEdge, noted } from "./Marks";
import { beside, degrees, fitted, reach, SIZE, wanted, wide } from "./model";
import { useT } from "./words";

type Properties = Drawn & {
  readonly layout: Layout;
  readonly selected: string | undefined;
};

/** More nodes than these, and only what is in view is in the document. */
const MANY = 150;
/** More edges than these, and what is written on them is shown where one looks, or where they fail. */
const MANY_LABELS = 14;
const EDGE = 24;
/** Around what is written on an edge. */
const ROUND = 4;
/** What says before it that it is bad. */
const SIGN = 15;
const NOWHERE = { x: 0, y: 0 };
/** Of a node's two lines, in pixels, as its style says. */
const [NAME, NOTE] = [12.5, 11];
const LEAST_HEIGHT = 260;
const MOST_HEIGHT = 1400;
/** On a narrow screen there is a part of it left beside, by which the page is moved. */
const [NARROW, NARROW_PART] = [640, 0.7];

export default function Drawing(props: Properties) {
  return (
    <ReactFlowProvider>
      <Canvas {...props} />
    </ReactFlowProvider>
  );
}

function Canvas({ label, of, layout, merge, groupName, onOpen, onToggle, selected }: Properties) {
  const t = useT();
  const u = useUi();
  const flow = useReactFlow();
  const still = useReducedMotion();
  const whole = useRef<HTMLElement>(null);
  const { ref: sized, width } = useElementSize();
  const [looked, look] = useState("");
  const duration = still ? 0 : 200;
  // As wide as there is room, as tall as that makes it: it is read from above, as a page is.
  const fit = useMemo(() => {
    const wants = new Map(
      of.nodes.map((node) => {
        const many = isBundle(node) ? ` ×${node.members.length}` : "";
        return [
          node.id,
          wanted(wide(nameOf(node, groupName) + many, NAME), wide(noted(node, u), NOTE)),
        ] as const;
      }),
    );
    return fitted(
      layout.columns.map((column) => Math.max(...column.map((id) => wants.get(id) ?? 0))),
      width ? width - 2 * EDGE : Number.POSITIVE_INFINITY,
    );
  }, [of, layout, groupName, u, width]);
  const at = useMemo(() => {
    const found = new Map<string, { x: number; y: number; width: number }>();
    let x = 0;
    for (const [index, column] of layout.columns.entries()) {
      const width = fit.widths[index] ?? SIZE.width;
      for (const id of column) found.set(id, { x, y: layout.top.get(id) ?? 0, width });
      x += width + fit.between;
    }
    return found;
  }, [layout, fit]);
  const near = useMemo(
    () => (selected && layout.top.has(selected) ? reach(selected, of.edges) : null),
    [selected, of, layout],
  );
  const go = (id: string | undefined) => {
    const where = id === undefined ? undefined : at.get(id);
    if (!where || id === undefined) return;
    whole.current
      ?.querySelector<HTMLElement>(`[data-node="${CSS.escape(id)}"]`)
      ?.focus({ preventScroll: true });
    void flow.setCenter(where.x + where.width / 2, where.y + SIZE.height / 2, {
      zoom: flow.getZoom(),
      duration,
    });
  };
  // By Tab as it is read: column by column.
  const placed = useMemo(() => {
    const where = (id: string) => at.get(id) ?? NOWHERE;
    return [...of.nodes].sort((one, other) => {
      const [here, there] = [where(one.id), where(other.id)];
      return here.x - there.x || here.y - there.y;
    });
  }, [of, at]);
  const nodes: BoxNode[] = placed.map((node) => ({
    id: node.id,
    type: "box",
    position: at.get(node.id) ?? NOWHERE,
    width: at.get(node.id)?.width ?? SIZE.width,
    height: SIZE.height,
    data: {
      of: node,
      name: nameOf(node, groupName),
      faded: near !== null && !near.has(node.id),
      open: node.id === selected,
      look: (on) => look(on ? node.id : ""),
      press: () => (isBundle(node) ? onToggle(node.group) : onOpen?.(node.id)),
      key: (event) => {
        const next = beside(node.id, event.key, of.edges, layout.columns);
        if (next === undefined) return;
        event.preventDefault();
        go(next);
      },
    },
  }));
  const few = of.edges.length <= MANY_LABELS;
  const degree = useMemo(() => degrees(of.edges), [of]);
  // The line is to be seen before and behind it.
  const room = fit.between - 2 * ROUND;
  const edges: LineEdge[] = of.edges.map((edge, index) => {
    const how = merge(edge.of);
    const alone = few || (degree.from.get(edge.from) === 1 && degree.to.get(edge.to) === 1);
    const touches = [edge.from, edge.to].some((id) => id === looked || id === selected);
    const words = alone || touches || how.bad ? how.label : undefined;
    const long = wide(words ?? "", NOTE) + (how.bad ? SIGN : 0);
    return {
      id: `${edge.from}→${edge.to}`,
      type: "line",
      source: edge.from,
      target: edge.to,
      data: {
        ...how,
        label: words,
        // Beside each other, not over each other; nor over a node.
        aside: alone ? 0 : ((index % 3) - 1) * Math.min(EDGE, Math.max(0, (room - long) / 2)),
        tall: long > room,
        faded: near !== null && !(near.has(edge.from) && near.has(edge.to)),
      },
    };
  });
  const most = innerWidth < NARROW ? innerHeight * NARROW_PART : MOST_HEIGHT;
  const tall = Math.min(most, Math.max(LEAST_HEIGHT, layout.height + 2 * EDGE));
  const shape = of.nodes.map((node) => node.id).join("\n");
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when other nodes are there
  useEffect(() => {
    if (!width) return;
    const whole = fit.widths.reduce((sum, one) => sum + one + fit.between, -fit.between);
    // What does not fit begins at its beginning.
    const x = Math.max(EDGE, (width - whole) / 2);
    void flow.setViewport({ x, y: seenFrom(layout, tall), zoom: 1 });
  }, [shape, width]);
  return (
    <section ref={whole} className={classes.canvas} style={{ height: tall }} aria-label={label}>
      <div ref={sized} />
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODES}
        edgeTypes={EDGES}
        minZoom={0.15}
        maxZoom={1.6}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        zoomOnScroll={false}
        zoomOnDoubleClick={false}
        preventScrolling={false}
        zoomActivationKeyCode={["Control", "Meta"]}
        onlyRenderVisibleElements={of.nodes.length > MANY}
        proOptions={{ hideAttribution: true }}
      >
        <Panel position="bottom-right" className={classes.controls}>
          {[
            [t("in"), IconPlus, () => flow.zoomIn({ duration })] as const,
            [t("out"), IconMinus, () => flow.zoomOut({ duration })] as const,
            [t("fit"), IconMaximize, () => flow.fitView({ ...FIT, duration })] as const,
          ].map(([name, Icon, run]) => (
            <ActionIcon
              key={name}
              variant="default"
              size={30}
              data-tip={name}
              aria-label={name}
              onClick={() => void run()}
            >
              <Icon size={15} stroke={1.7} />
            </ActionIcon>
          ))}
        </Panel>
        <Panel position="bottom-left" className={classes.keys}>
          {t("keys")}
        </Panel>
      </ReactFlow>
    </section>
  );
}

/** Return where the drawing begins in a canvas that is *tall*: in its middle or, where it is taller, at its top, but
 * always so that something of the first column is seen. */
function seenFrom({ top, columns: [first = []], height }: Layout, tall: number): number {
  if (height + 2 * EDGE <= tall) return (tall - height) / 2;
  const below = top.get(first[0] ?? "") ?? 0;
  return below + SIZE.height + EDGE <= tall
    ? EDGE
    : Math.max(tall / 2 - below - SIZE.height / 2, tall - height - EDGE);
}

const FIT = { padding: 0.04, maxZoom: 1 };

const NODES = { box: Box };
const EDGES = { line: Line };
