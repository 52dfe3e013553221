/** Beside the graph, pinned: which edges fail and why, and which faults act now. */
import { Panel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { Button } from "@mantine/core";
import { IconBolt } from "@tabler/icons-react";
import { byCause, failing, type Part, type Way } from "./drawn";
import classes from "./topology.module.css";
import { useT } from "./words";

const MOST = 8;
const nameOf = (id: string) => id.split("/").pop() ?? id;

export function Failing({
  of,
  parts,
  onOpen,
}: {
  of: readonly Way[];
  parts: readonly Part[];
  onOpen: (id: string) => void;
}) {
  const t = useT();
  const f = useFormat();
  const found = failing(of, parts);
  return (
    <Panel title={`${t("failing")} ${f.number(found.length)}`}>
      {found.length === 0 && <p className="dim">{t("failing.none")}</p>}
      <ul className={classes.list}>
        {byCause(found).map((group) => (
          <li key={`${group[0]?.cause} ${group[0]?.reason}`}>
            <StatusBadge state="failed" word={group[0]?.said?.[f.language] ?? "–"} />{" "}
            {group[0]?.cause && (
              <span className="dim">{t("failing.cause", { cause: group[0].cause })}</span>
            )}
            <div className={classes.edges}>
              {group.slice(0, MOST).map((way) => (
                <Button
                  key={`${way.from} ${way.to}`}
                  variant="subtle"
                  size="compact-xs"
                  onClick={() => onOpen(way.to)}
                >
                  {nameOf(way.from)} → {nameOf(way.to)} {f.percent(way.error_percent, 1)}
                </Button>
              ))}
              {group.length > MOST && (
                <span className="dim">
                  {t("failing.more", { count: f.number(group.length - MOST) })}
                </span>
              )}
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

export function Faults({
  of,
  title,
  onOpen,
}: {
  of: readonly Part[];
  title: (fault: string) => string;
  onOpen: (id: string) => void;
}) {
  const t = useT();
  const f = useFormat();
  const found = new Map<string, { fault: string; parts: Part[] }>();
  for (const part of of)
    for (const { id, fault } of part.faults) {
      const one = found.get(id) ?? { fault, parts: [] };
      one.parts.push(part);
      found.set(id, one);
    }
  return (
    <Panel title={`${t("faults")} ${f.number(found.size)}`}>
      {found.size === 0 && <p className="dim">{t("faults.none")}</p>}
      <ul className={classes.list}>
        {[...found].map(([id, { fault, parts }]) => (
          <li key={id}>
            <span className={classes.fault}>
              <IconBolt size={14} aria-hidden /> {title(fault)}
            </span>{" "}
            <span className="dim mono">{id}</span>
            {parts.slice(0, MOST).map((part) => (
              <Button
                key={part.id}
                variant="subtle"
                size="compact-xs"
                onClick={() => onOpen(part.id)}
              >
                {part.name}
              </Button>
            ))}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
