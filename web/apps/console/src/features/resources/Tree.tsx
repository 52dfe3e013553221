/** Objects as a tree from left to right; only the rows in view are in the document. */

import { stateOf as rowOf, STATES } from "@ecp/ui/status/states";
import { useUi } from "@ecp/ui/texts/texts";
import { VisuallyHidden } from "@mantine/core";
import { IconChevronRight } from "@tabler/icons-react";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import classes from "./resources.module.css";
import { type Laid, ROW, type Row, WIDE } from "./tree";
import { stateOf } from "./types";
import { useT } from "./words";

const TALL = 44;
const SPARE = 300;

export interface TreeProps {
  readonly label: string;
  readonly of: Laid;
  readonly open: string;
  readonly onOpen: (id: string) => void;
  readonly onFlip: (id: string) => void;
}

export function Tree({ label, of, open, onOpen, onFlip }: TreeProps) {
  const t = useT();
  const keys = useId();
  const box = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ top: 0, height: 700 });
  const [at, setAt] = useState("");
  const { rows } = of;
  const here = Math.max(
    0,
    rows.findIndex((row) => row.id === (at || open)),
  );

  useEffect(() => {
    const place = box.current;
    if (!place) return undefined;
    const look = () => {
      const top = Math.floor(place.scrollTop / 100) * 100;
      setSeen((old) =>
        old.top === top && old.height === place.clientHeight
          ? old
          : { top, height: place.clientHeight },
      );
    };
    look();
    const watch = new ResizeObserver(look);
    watch.observe(place);
    place.addEventListener("scroll", look, { passive: true });
    return () => {
      watch.disconnect();
      place.removeEventListener("scroll", look);
    };
  }, []);

  const go = (index: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    const place = box.current;
    if (!row || !place) return;
    setAt(row.id);
    if (row.y < place.scrollTop) place.scrollTop = row.y;
    else if (row.y + ROW > place.scrollTop + place.clientHeight)
      place.scrollTop = row.y + ROW - place.clientHeight;
    // It may have to be drawn first.
    requestAnimationFrame(() =>
      [...place.querySelectorAll<HTMLElement>("[data-row]")]
        .find((one) => one.dataset.row === row.id)
        ?.focus(),
    );
  };
  const press = (event: KeyboardEvent) => {
    const row = rows[here];
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const run: Record<string, () => void> = {
      ArrowDown: () => go(here + 1),
      ArrowUp: () => go(here - 1),
      Home: () => go(0),
      End: () => go(rows.length - 1),
      ArrowRight: () => (row.opens && !row.opened ? onFlip(row.id) : go(here + 1)),
      ArrowLeft: () => (row.opened ? onFlip(row.id) : row.parent >= 0 && go(row.parent)),
      Enter: () => (row.item ? onOpen(row.id) : onFlip(row.id)),
      " ": () => row.opens && onFlip(row.id),
    };
    const found = run[event.key];
    if (!found) return;
    event.preventDefault();
    found();
  };

  const [from, until] = [seen.top - SPARE, seen.top + seen.height + SPARE];
  const drawn = rows
    .map((row, index) => ({ row, index }))
    .filter(({ row, index }) => (row.y >= from && row.y <= until) || index === here);
  return (
    <>
      <VisuallyHidden id={keys}>{t("tree.keys")}</VisuallyHidden>
      <div ref={box} className={classes.tree}>
        <div
          role="tree"
          aria-label={label}
          aria-describedby={keys}
          style={{ width: of.width + 24, height: of.height + 12 }}
          onKeyDown={press}
        >
          <svg width={of.width + 24} height={of.height + 12} aria-hidden>
            {rows.map((row) => {
              const above = rows[row.parent];
              if (!above || Math.max(row.y, above.y) < from || Math.min(row.y, above.y) > until)
                return null;
              const [x, y] = [above.x + WIDE, above.y + TALL / 2];
              const middle = (x + row.x) / 2;
              const end = row.y + TALL / 2;
              return (
                <path
                  key={row.id}
                  d={`M${x} ${y}C${middle} ${y} ${middle} ${end} ${row.x} ${end}`}
                />
              );
            })}
          </svg>
          {drawn.map(({ row, index }) => (
            <Box
              key={row.id}
              row={row}
              chosen={row.id === open}
              here={index === here}
              onFocus={() => setAt(row.id)}
              onPress={() => (row.item ? onOpen(row.id) : onFlip(row.id))}
              onFlip={() => onFlip(row.id)}
            />
          ))}
        </div>
      </div>
    </>
  );
}

function Box({
  row,
  chosen,
  here,
  onFocus,
  onPress,
  onFlip,
}: {
  row: Row;
  chosen: boolean;
  here: boolean;
  onFocus: () => void;
  onPress: () => void;
  onFlip: () => void;
}) {
  const { item, group } = row;
  const state = item ? stateOf(item) : (group?.states[0]?.[0] ?? "unknown");
  return (
    <div
      role="treeitem"
      aria-level={row.depth + 1}
      aria-posinset={row.place[0]}
      aria-setsize={row.place[1]}
      aria-expanded={row.opens ? row.opened : undefined}
      aria-selected={chosen}
      tabIndex={here ? 0 : -1}
      data-row={row.id}
      data-kind={item?.kind ?? group?.kind}
      data-color={STATES[rowOf(state)].color}
      data-bundle={group ? true : undefined}
      data-chosen={chosen || undefined}
      className={classes.box}
      style={{ left: row.x, top: row.y, width: WIDE, height: TALL }}
      onFocus={onFocus}
      onClick={onPress}
    >
      {item ? <One row={row} /> : <Many row={row} />}
      {row.opens && (
        <span
          className={classes.fold}
          data-opened={row.opened || undefined}
          aria-hidden
          onClick={(event) => {
            event.stopPropagation();
            onFlip();
          }}
        >
          <IconChevronRight size={14} />
        </span>
      )}
    </div>
  );
}

function One({ row: { item } }: { row: Row }) {
  const u = useUi();
  const t = useT();
  if (!item) return null;
  const state = stateOf(item);
  const { icon: Icon } = STATES[rowOf(state)];
  const changed = item.sync === "changed" || item.sync === "extra";
  return (
    <>
      <Icon size={16} stroke={2} role="img" aria-label={u(`state.${rowOf(state)}`)} />
      <span className={classes.words}>
        <b title={item.name}>{item.name}</b>
        <small title={item.reason ?? undefined}>
          {item.kind}
          {item.desired !== null && ` · ${item.ready}/${item.desired}`}
          {!!item.restarts && ` · ↻ ${item.restarts}`}
          {changed && <em> · {t(`sync.${item.sync}`)}</em>}
          {item.reason && ` · ${item.reason}`}
        </small>
      </span>
    </>
  );
}

function Many({ row: { group } }: { row: Row }) {
  const u = useUi();
  const t = useT();
  if (!group) return null;
  return (
    <span className={classes.words}>
      <b>{t(group.rest ? "tree.rest" : "tree.group", { count: group.count, kind: group.kind })}</b>
      <span className={classes.bars} aria-hidden>
        {group.states.map(([state, count]) => (
          <i key={state} data-color={STATES[rowOf(state)].color} style={{ flexGrow: count }} />
        ))}
      </span>
      <small title={group.reason ?? undefined}>
        {group.states.map(([state, count]) => `${count} ${u(`state.${rowOf(state)}`)}`).join(" · ")}
        {group.reason && ` · ${group.reason}`}
      </small>
    </span>
  );
}
