/** The drawing of a graph: loaded when one is shown. Its arithmetic is in `layers.ts`. */
import { ActionIcon, VisuallyHidden } from "@mantine/core";
import { useElementSize, useReducedMotion } from "@mantine/hooks";
import {
  IconAlertTriangle,
  IconBolt,
  IconMaximize,
  IconMinus,
  IconPlus,
} from "@tabler/icons-react";
import {
  BaseEdge,
  type Edge,
  EdgeLabelRenderer,
  type EdgeProps,
  getBezierPath,
  Handle,
  type Node,
  type NodeProps,
  Panel,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { STATES, stateOf } from "../status/states";
import { useUi } from "../texts/texts";
import { type Drawn, nameOf } from "./GraphList";
import classes from "./graph.module.css";
import { isBundle, type Layout } from "./layers";
import { beside, degrees, fitted, type GraphEdge, reach, type Shown, SIZE } from "./model";
import { useT } from "./words";

interface Boxed extends Record<string, unknown> {
  readonly of: Shown;
  readonly name: string;
  readonly faded: boolean;
  readonly open: boolean;
  readonly look: (on: boolean) => void;
  readonly press: () => void;
  readonly key: (event: KeyboardEvent) => void;
}
type BoxNode = Node<Boxed, "box">;
type LineEdge = Edge<
  Omit<GraphEdge, "from" | "to"> & { faded: boolean; aside: number; room: number },
  "line"
>;
type Properties = Drawn & {
  readonly layout: Layout;
  readonly selected: string | undefined;
};

/** More nodes than these, and only what is in view is in the document. */
const MANY = 150;
/** More edges than these, and what is written on them is shown where one looks, or where they fail. */
const MANY_LABELS = 14;
const EDGE = 24;
const LEAST_HEIGHT = 260;
const MOST_HEIGHT = 1400;

export default function Drawing(props: Properties) {
  return (
    <ReactFlowProvider>
      <Canvas {...props} />
    </ReactFlowProvider>
  );
}

function Canvas({ label, of, layout, merge, groupName, onOpen, onToggle, selected }: Properties) {
  const t = useT();
  const flow = useReactFlow();
  const still = useReducedMotion();
  const whole = useRef<HTMLElement>(null);
  const { ref: sized, width } = useElementSize();
  const [looked, look] = useState("");
  const duration = still ? 0 : 200;
  // As wide as there is room, as tall as that makes it: it is read from above, as a page is.
  const fit = fitted(layout.columns.length, width ? width - 2 * EDGE : Number.POSITIVE_INFINITY);
  const step = fit.width + fit.between;
  const at = useMemo(() => {
    const found = new Map<string, { x: number; y: number }>();
    for (const [index, column] of layout.columns.entries())
      for (const id of column) found.set(id, { x: index * step, y: layout.top.get(id) ?? 0 });
    return found;
  }, [layout, step]);
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
    void flow.setCenter(where.x + fit.width / 2, where.y + SIZE.height / 2, {
      zoom: flow.getZoom(),
      duration,
    });
  };
  // By Tab as it is read: column by column.
  const placed = useMemo(() => {
    const where = (id: string) => at.get(id) ?? { x: 0, y: 0 };
    return [...of.nodes].sort((one, other) => {
      const [here, there] = [where(one.id), where(other.id)];
      return here.x - there.x || here.y - there.y;
    });
  }, [of, at]);
  const nodes: BoxNode[] = placed.map((node) => ({
    id: node.id,
    type: "box",
    position: at.get(node.id) ?? { x: 0, y: 0 },
    width: fit.width,
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
  const edges: LineEdge[] = of.edges.map((edge, index) => {
    const how = merge(edge.of);
    const alone = few || (degree.from.get(edge.from) === 1 && degree.to.get(edge.to) === 1);
    const touches = [edge.from, edge.to].some((id) => id === looked || id === selected);
    return {
      id: `${edge.from}→${edge.to}`,
      type: "line",
      source: edge.from,
      target: edge.to,
      data: {
        ...how,
        label: alone || touches || how.bad ? how.label : undefined,
        // Beside each other, not over each other.
        aside: alone ? 0 : ((index % 3) - 1) * EDGE,
        // The line is to be seen before and behind it.
        room: fit.between - EDGE / 2,
        faded: near !== null && !(near.has(edge.from) && near.has(edge.to)),
      },
    };
  });
  const tall = Math.min(MOST_HEIGHT, Math.max(LEAST_HEIGHT, layout.height * fit.zoom + 2 * EDGE));
  const shape = of.nodes.map((node) => node.id).join("\n");
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when other nodes are there
  useEffect(() => {
    if (!width) return;
    const wide = (layout.columns.length * step - fit.between) * fit.zoom;
    // What does not fit begins at its beginning.
    const x = Math.max(EDGE, (width - wide) / 2);
    const y = Math.max(EDGE, (tall - layout.height * fit.zoom) / 2);
    void flow.setViewport({ x, y, zoom: fit.zoom });
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

const FIT = { padding: 0.04, maxZoom: 1 };

function Box({ data }: NodeProps<BoxNode>) {
  const t = useT();
  const u = useUi();
  const node = data.of;
  const state = stateOf(isBundle(node) ? node.states[0]?.[0] : node.state);
  const { icon: Icon, color } = STATES[state];
  const word = u(`state.${state}`);
  const note = isBundle(node)
    ? node.states.map(([one, count]) => `${count} ${u(`state.${stateOf(one)}`)}`).join(" · ")
    : [node.kind, node.note].filter(Boolean).join(" · ");
  return (
    <>
      <Handle type="target" position={Position.Left} className={classes.handle ?? ""} />
      <button
        type="button"
        className={`${classes.box} nopan`}
        data-node={node.id}
        data-color={color}
        data-faded={data.faded || undefined}
        data-open={data.open || undefined}
        data-bundle={isBundle(node) || undefined}
        title={`${data.name}\n${note}${isBundle(node) ? `\n${t("open", { count: node.members.length })}` : ""}`}
        onMouseEnter={() => data.look(true)}
        onMouseLeave={() => data.look(false)}
        onFocus={() => data.look(true)}
        onBlur={() => data.look(false)}
        onClick={data.press}
        onKeyDown={data.key}
      >
        <span className={classes.name}>
          <Icon size={14} stroke={2} aria-hidden />
          <span>{data.name}</span>
          {isBundle(node) && <b>×{node.members.length}</b>}
        </span>
        {isBundle(node) ? (
          <span className={classes.bars} aria-hidden>
            {node.states.map(([one, count]) => (
              <i key={one} data-color={STATES[stateOf(one)].color} style={{ flexGrow: count }} />
            ))}
          </span>
        ) : null}
        <small>{note}</small>
        {!isBundle(node) && <VisuallyHidden>{`, ${word}`}</VisuallyHidden>}
        {!isBundle(node) && node.mark && (
          <span className={classes.flag}>
            <IconBolt size={12} aria-hidden />
            {node.mark}
          </span>
        )}
      </button>
      <Handle type="source" position={Position.Right} className={classes.handle ?? ""} />
    </>
  );
}

function Line(props: EdgeProps<LineEdge>) {
  const { data } = props;
  const [path, x, y] = getBezierPath({ ...props, curvature: 0.3 });
  return (
    <>
      <g
        className={classes.edge}
        data-bad={data?.bad || undefined}
        data-moving={data?.moving || undefined}
        data-faded={data?.faded || undefined}
      >
        <BaseEdge path={path} style={{ strokeWidth: data?.width ?? 1.4 }} interactionWidth={0} />
      </g>
      {data?.label && (
        <EdgeLabelRenderer>
          <span
            className={classes.label}
            data-bad={data.bad || undefined}
            data-faded={data.faded || undefined}
            style={{
              transform: `translate(-50%, -50%) translate(${x + data.aside}px, ${y}px)`,
              maxWidth: data.room,
            }}
          >
            {data.bad && <IconAlertTriangle size={12} aria-hidden />}
            {data.label.split(/(?<= ·) /).map((part) => (
              <span key={part}>{part}</span>
            ))}
          </span>
        </EdgeLabelRenderer>
      )}
    </>
  );
}

const NODES = { box: Box };
const EDGES = { line: Line };
