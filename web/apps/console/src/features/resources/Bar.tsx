/** What all three views are filtered by, and how much of all that leaves. */

import { FilterBox } from "@ecp/ui/table/FilterBox";
import { useUi } from "@ecp/ui/texts/texts";
import { useFormat } from "@ecp/ui/view/format";
import { isComposed } from "@ecp/ui/view/useKeys";
import { Button, Menu, TextInput } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconChevronDown, IconTag, IconX } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import type { Filter } from "./choosing";
import classes from "./resources.module.css";
import { flipped, listed } from "./view";
import { useT } from "./words";

export interface BarProps {
  readonly view: Filter;
  readonly setView: (change: Partial<Filter & { show: string }>) => void;
  readonly kinds: readonly (readonly [string, number])[];
  readonly problems: { readonly on: boolean; readonly count: number };
  /** What the service says of the selector: it cannot be read. */
  readonly wrong?: string | undefined;
}

/** Kinds, selector and problems: what stands beside the box for words. */
export function Chips({ view, setView, kinds, problems, wrong }: BarProps) {
  const t = useT();
  const some = listed(view.kind);
  const [typed, setTyped] = useState(view.label);
  useEffect(() => setTyped(view.label), [view.label]);
  const ask = () => typed.trim() !== view.label && setView({ label: typed.trim() });
  return (
    <>
      <Menu closeOnItemClick={false} position="bottom-start">
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={14} aria-hidden />}>
            {some.size === 1
              ? [...some][0]
              : some.size
                ? t("kinds.some", { count: some.size })
                : t("kinds")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown className={classes.kinds ?? ""}>
          {kinds.map(([kind, count]) => (
            <Menu.Item
              key={kind}
              role="menuitemcheckbox"
              aria-checked={some.has(kind)}
              leftSection={
                <IconCheck size={14} aria-hidden style={{ opacity: some.has(kind) ? 1 : 0 }} />
              }
              rightSection={<span className="dim">{count}</span>}
              onClick={() => setView({ kind: flipped(view.kind, kind) })}
            >
              {kind}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <TextInput
        size="xs"
        w={210}
        data-selector
        aria-label={t("selector")}
        placeholder={t("selector")}
        leftSection={<IconTag size={14} aria-hidden />}
        value={typed}
        error={wrong}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={ask}
        onKeyDown={(press) => {
          if (press.key === "Enter" && !isComposed(press.nativeEvent)) ask();
        }}
      />
      {view.in && (
        <Button
          variant="light"
          data-do="leave"
          rightSection={<IconX size={14} aria-hidden />}
          onClick={() => setView({ in: "" })}
        >
          {t("group.only", { kind: view.in.replace(/^.*\*|!$/g, "") })}
        </Button>
      )}
      <Button
        variant={problems.on ? "light" : "default"}
        aria-pressed={problems.on}
        data-do="problems"
        leftSection={<IconAlertTriangle size={14} aria-hidden />}
        onClick={() => setView({ show: problems.on ? "all" : "problems" })}
      >
        {t("problems.count", { count: problems.count })}
      </Button>
    </>
  );
}

/** The same bar as a table's, for the views that are none. */
export function Bar(props: BarProps & { shown: number; total: number }) {
  const u = useUi();
  const f = useFormat();
  const { view, setView, shown, total } = props;
  return (
    <div className={classes.bar}>
      <FilterBox value={view.q} onChange={(q) => setView({ q })} />
      <Chips {...props} />
      <span className="dim" role="status" data-count={shown}>
        {u("filter.shown", { shown: f.number(shown), total: f.number(total) })}
      </span>
      {(view.q || view.kind || view.label || view.in) && (
        <Button variant="subtle" onClick={() => setView({ q: "", kind: "", label: "", in: "" })}>
          {u("clear")}
        </Button>
      )}
    </div>
  );
}
