/** Beside the graph, pinned: which edges fail and why, and which faults act now. */
import { Panel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { Button } from "@mantine/core";
import { IconBolt } from "@tabler/icons-react";
import { failing, type Part, type Way } from "./drawn";
import classes from "./topology.module.css";
import { useT } from "./words";

const MOST = 8;
const nameOf = (id: string) => id.split("/").pop() ?? id;

export function Failing({ of, onOpen }: { of: readonly Way[]; onOpen: (id: string) => void }) {
  const t = useT();
  const f = useFormat();
  const found = failing(of);
  return (
    <Panel title={`${t("failing")} ${f.number(found.length)}`}>
      {found.length === 0 && <p className="dim">{t("failing.none")}</p>}
      <ul className={classes.list}>
        {found.slice(0, MOST).map((way) => (
          <li key={`${way.from} ${way.to}`}>
            <StatusBadge
              state="failed"
              word={t("failing.why", {
                errors: f.percent(way.error_percent, 1),
                reason: way.reason || "–",
              })}
            />{" "}
            <Button variant="subtle" size="compact-xs" onClick={() => onOpen(way.to)}>
              {nameOf(way.from)} → {nameOf(way.to)}
            </Button>{" "}
            {way.cause && (
              <span className="dim mono">{t("failing.cause", { cause: way.cause })}</span>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

export function Faults({ of, onOpen }: { of: readonly Part[]; onOpen: (id: string) => void }) {
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
              <IconBolt size={14} aria-hidden /> {fault}
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
