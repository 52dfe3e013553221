import { Button, Group } from "@mantine/core";
import { useEffect } from "react";
import { useUi } from "../texts/texts";
import { prefer, usePreferences, type Zone } from "../view/preferences";
import { useView } from "../view/useView";
import { RANGES, type Range, range } from "./range";

const VIEW = { from: "now-1h", to: "now", tz: "" };

/** The range of the address; a tz in it is taken over. */
export function useRange(nowMs: number): Range & { zone: Zone; from: string; to: string } {
  const [view] = useView(VIEW);
  const { zone } = usePreferences();
  useEffect(() => {
    if (view.tz === "UTC" || view.tz === "Asia/Seoul") prefer({ zone: view.tz });
  }, [view.tz]);
  return { ...range(view.from, view.to, nowMs), zone, from: view.from, to: view.to };
}

/** Buttons of the usual ranges; the choice is in the address. */
export function RangePicker() {
  const u = useUi();
  const { zone } = usePreferences();
  const [view, setView] = useView(VIEW);
  return (
    <Group gap={2} role="group" aria-label={u("range")} wrap="nowrap">
      {RANGES.map((name) => {
        const chosen = view.from === `now-${name}` && view.to === "now";
        return (
          <Button
            key={name}
            variant={chosen ? "light" : "subtle"}
            color={chosen ? "ink" : "gray"}
            px={8}
            aria-pressed={chosen}
            onClick={() => setView({ from: `now-${name}`, to: "now", tz: zone })}
          >
            {u(`range.${name}`)}
          </Button>
        );
      })}
    </Group>
  );
}
