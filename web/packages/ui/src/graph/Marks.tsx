/** What a drawing is made of: a node as a button, an edge with its words. */
import { VisuallyHidden } from "@mantine/core";
import { IconAlertTriangle, IconBolt } from "@tabler/icons-react";
import {
  BaseEdge,
  type Edge,
  EdgeLabelRenderer,
  type EdgeProps,
  getBezierPath,
  Handle,
  type Node,
  type NodeProps,
  Position,
} from "@xyflow/react";
import type { KeyboardEvent } from "react";
import { STATES, stateOf } from "../status/states";
import { useUi } from "../texts/texts";
import classes from "./graph.module.css";
import { isBundle } from "./layers";
import type { GraphEdge, Shown } from "./model";
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
export type BoxNode = Node<Boxed, "box">;
export type LineEdge = Edge<
  Omit<GraphEdge, "from" | "to"> & { faded: boolean; aside: number; tall: boolean },
  "line"
>;

/** A line that rises or falls by no more pixels than these is level. */
const LEVEL = 8;

/** Return the line below the name. */
export function noted(node: Shown, u: ReturnType<typeof useUi>): string {
  return isBundle(node)
    ? node.states.map(([one, count]) => `${count} ${u(`state.${stateOf(one)}`)}`).join(" · ")
    : [node.kind, node.note].filter(Boolean).join(" · ");
}

export function Box({ data }: NodeProps<BoxNode>) {
  const t = useT();
  const u = useUi();
  const node = data.of;
  const state = stateOf(isBundle(node) ? node.states[0]?.[0] : node.state);
  const { icon: Icon, color } = STATES[state];
  const word = u(`state.${state}`);
  const note = noted(node, u);
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

export function Line(props: EdgeProps<LineEdge>) {
  const { data } = props;
  const [path, x, y] = getBezierPath({ ...props, curvature: 0.3 });
  // Above a line that is level: on it, it would hide it.
  const up = Math.abs(props.sourceY - props.targetY) < LEVEL ? "-100%" : "-50%";
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
            style={{ transform: `translate(-50%, ${up}) translate(${x + data.aside}px, ${y}px)` }}
          >
            {(data.tall ? data.label.split(" · ") : [data.label]).map((part, index) => (
              <span key={part}>
                {data.bad && index === 0 && <IconAlertTriangle size={12} aria-hidden />}
                {part}
              </span>
            ))}
          </span>
        </EdgeLabelRenderer>
      )}
    </>
  );
}
