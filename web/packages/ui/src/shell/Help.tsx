/** `?`: the keys that work on this page, now. */
import { Group, Kbd, Text } from "@mantine/core";
import { useMemo } from "react";
import { Dialog } from "../layout/over";
import { useUi } from "../texts/texts";
import { keysNow } from "../view/useKeys";

export function Help({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const u = useUi();
  const rows = useMemo(() => {
    if (!opened) return [];
    const drawn = (selector: string) => document.querySelector(selector) !== null;
    return [
      ["Ctrl K", u("help.palette")] as const,
      ...keysNow().filter(([key]) => key !== "/" || drawn("[data-filter]")),
      ...(drawn("[role=group] [role=table]")
        ? [["↑ ↓ Home End", u("help.rows")] as const, ["Enter", u("help.open")] as const]
        : []),
      ["Esc", u("help.close")] as const,
    ];
  }, [opened, u]);
  return (
    <Dialog
      opened={opened}
      onClose={onClose}
      title={u("help.title")}
      size="sm"
      closeButtonProps={{ "aria-label": u("close") }}
    >
      {rows.map(([key, what]) => (
        <Group key={key} justify="space-between" py={5} wrap="nowrap">
          <Text size="sm">{what}</Text>
          <Kbd size="xs" style={{ whiteSpace: "nowrap" }}>
            {key}
          </Kbd>
        </Group>
      ))}
    </Dialog>
  );
}
