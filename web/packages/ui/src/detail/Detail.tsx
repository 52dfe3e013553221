/** Details on the right, beside their list: tabs in the address, `y` `e` `l` and `[` `]` by keys. */
import { Tabs } from "@mantine/core";
import { type ReactNode, useMemo } from "react";
import { Side } from "../layout/over";
import { useUi } from "../texts/texts";
import { useKeys } from "../view/useKeys";
import { useView } from "../view/useView";

export interface Tab {
  readonly id: string;
  readonly name: string;
  /** The key that chooses it: y, e or l. */
  readonly key?: string;
  readonly show: () => ReactNode;
}

const VIEW = { tab: "" };

export function Detail({
  title,
  opened,
  onClose,
  onNeighbour,
  tabs,
}: {
  title: ReactNode;
  opened: boolean;
  onClose: () => void;
  /** −1 the one before, +1 the next. */
  onNeighbour?: (by: -1 | 1) => void;
  tabs: readonly Tab[];
}) {
  const u = useUi();
  const [view, setView] = useView(VIEW);
  const chosen = tabs.find((tab) => tab.id === view.tab) ?? tabs[0];
  const [keys, says] = useMemo(() => {
    const found: Record<string, () => void> = {};
    const named: Record<string, string> = {};
    if (!opened) return [found, named] as const;
    if (onNeighbour) {
      found["["] = () => onNeighbour(-1);
      found["]"] = () => onNeighbour(1);
      named["[ ]"] = u("help.neighbour");
    }
    for (const tab of tabs) {
      if (!tab.key) continue;
      found[tab.key] = () => setView({ tab: tab.id });
      named[tab.key] = tab.name;
    }
    return [found, named] as const;
  }, [opened, onNeighbour, tabs, setView, u]);
  useKeys(keys, says);
  return (
    <Side
      opened={opened}
      onClose={onClose}
      position="right"
      size="min(720px, 92vw)"
      // Of the neighbour that is gone to, its name is read.
      title={<span aria-live="polite">{title}</span>}
      overlayProps={{ backgroundOpacity: 0.08 }}
      closeButtonProps={{ "aria-label": u("close") }}
    >
      <Tabs
        value={chosen?.id ?? null}
        onChange={(id) => setView({ tab: id ?? "" })}
        keepMounted={false}
      >
        <Tabs.List>
          {tabs.map((tab) => (
            <Tabs.Tab key={tab.id} value={tab.id}>
              {tab.name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {tabs.map((tab) => (
          <Tabs.Panel key={tab.id} value={tab.id} pt="sm">
            {chosen?.id === tab.id && tab.show()}
          </Tabs.Panel>
        ))}
      </Tabs>
    </Side>
  );
}
