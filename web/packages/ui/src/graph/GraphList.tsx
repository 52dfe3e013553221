/** A graph as a list: each node with its state and where it leads. */
import { Button } from "@mantine/core";
import { IconAlertTriangle, IconArrowRight, IconBolt } from "@tabler/icons-react";
import { StatusBadge } from "../status/StatusBadge";
import classes from "./graph.module.css";
import { type Gathered, isBundle } from "./layers";
import type { GraphEdge, GraphNode, Merge, Shown } from "./model";
import { useT } from "./words";

export interface Drawn {
  readonly label: string;
  readonly of: Gathered<GraphNode, GraphEdge>;
  readonly merge: Merge;
  readonly groupName: (group: string) => string;
  readonly onOpen?: ((id: string) => void) | undefined;
  readonly onToggle: (group: string) => void;
}

export const nameOf = (node: Shown, groupName: (group: string) => string) =>
  isBundle(node) ? groupName(node.group) : node.name;

export function GraphList(props: Drawn & { columns: readonly (readonly string[])[] }) {
  const t = useT();
  const { of, merge, groupName } = props;
  const nodes = new Map(of.nodes.map((node) => [node.id, node]));
  const leaving = new Map<string, (typeof of.edges)[number][]>();
  for (const edge of of.edges) leaving.set(edge.from, [...(leaving.get(edge.from) ?? []), edge]);
  return (
    <div className={classes.list} role="region" aria-label={props.label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("list.node")}</th>
            <th scope="col">{t("list.to")}</th>
          </tr>
        </thead>
        <tbody>
          {props.columns.flat().map((id) => {
            const node = nodes.get(id);
            return (
              node && (
                <tr key={id}>
                  <td>
                    <Named node={node} {...props} />
                  </td>
                  <td>
                    {(leaving.get(id) ?? []).map((edge) => {
                      const how = merge(edge.of);
                      const to = nodes.get(edge.to);
                      return (
                        <div key={edge.to} className={how.bad ? classes.bad : undefined}>
                          {how.bad ? (
                            <IconAlertTriangle size={13} aria-label={t("legend.bad")} />
                          ) : (
                            <IconArrowRight size={13} aria-hidden className="dim" />
                          )}{" "}
                          <span className="mono">{to && nameOf(to, groupName)}</span>{" "}
                          <span className="dim">{how.label}</span>
                        </div>
                      );
                    })}
                    {!leaving.has(id) && <span className="dim">{t("list.none")}</span>}
                  </td>
                </tr>
              )
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Named({ node, groupName, onOpen, onToggle }: { node: Shown } & Drawn) {
  const t = useT();
  if (isBundle(node))
    return (
      <>
        <span className="mono">{groupName(node.group)}</span>{" "}
        {node.states.map(([state, count]) => (
          <span key={state}>
            {count} <StatusBadge state={state} />{" "}
          </span>
        ))}
        <Button variant="subtle" size="compact-xs" onClick={() => onToggle(node.group)}>
          {t("open", { count: node.members.length })}
        </Button>
      </>
    );
  return (
    <>
      <StatusBadge state={node.state} />{" "}
      {onOpen ? (
        <button type="button" className={classes.link} onClick={() => onOpen(node.id)}>
          {node.name}
        </button>
      ) : (
        <span className="mono">{node.name}</span>
      )}{" "}
      <span className="dim">{[node.kind, node.note].filter(Boolean).join(" · ")}</span>
      {node.mark && (
        <span className={classes.mark}>
          {" "}
          <IconBolt size={13} aria-hidden /> {node.mark}
        </span>
      )}
    </>
  );
}
