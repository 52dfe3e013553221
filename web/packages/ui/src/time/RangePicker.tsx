/** What span of time a page shows, and how often it asks again. */
import { Button, Group, Menu, Popover, TextInput } from "@mantine/core";
import { IconCalendar, IconRefresh } from "@tabler/icons-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { useUi } from "../texts/texts";
import { useFormat } from "../view/format";
import { prefer, usePreferences, type Zone } from "../view/preferences";
import { useView } from "../view/useView";
import { iso, misread, RANGES, type Range, range, shown, type Wrong, written } from "./range";
import classes from "./time.module.css";
import { isZone, zoneLabel } from "./zones";

const VIEW = { from: "now-1h", to: "now", tz: "" };

/** The range of the address; a tz in it is taken over. */
export function useRange(nowMs: number): Range & { zone: Zone; from: string; to: string } {
  const [view] = useView(VIEW);
  const { zone } = usePreferences();
  useEffect(() => {
    if (isZone(view.tz)) prefer({ zone: view.tz });
  }, [view.tz]);
  return { ...range(view.from, view.to, nowMs), zone, from: view.from, to: view.to };
}

/** Return what sets the range: for a chart in which a span is drawn with the mouse. */
export function useZoom(): (fromMs: number, toMs: number) => void {
  const [, setView] = useView(VIEW);
  return useCallback(
    (fromMs, toMs) =>
      setView({
        from: iso(Math.floor(fromMs / 1000) * 1000),
        to: iso(Math.ceil(toMs / 1000) * 1000),
      }),
    [setView],
  );
}

/** Buttons of the usual ranges, fields for any other; the choice is in the address. */
export function RangePicker() {
  const u = useUi();
  const { zone } = usePreferences();
  const [view, setView] = useView(VIEW);
  const before = useRef(zone);
  useEffect(() => {
    // Another zone was chosen elsewhere: what the address says follows.
    if (before.current !== zone && view.tz && view.tz !== zone) setView({ tz: zone });
    before.current = zone;
  }, [zone, view.tz, setView]);
  const usual = RANGES.some((name) => view.from === `now-${name}`) && view.to === "now";
  return (
    <div>
      <Group gap={2} role="group" aria-label={u("range")} className={classes.range}>
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
        <Custom
          view={view}
          chosen={!usual}
          onChange={(from, to) => setView({ from, to, tz: zone })}
        />
        <Refresh />
      </Group>
      <Misread view={view} />
    </div>
  );
}

const MOST = 40;

/** What of the address is not understood, and what is shown instead. */
function Misread({ view }: { view: typeof VIEW }) {
  const u = useUi();
  const { zone } = usePreferences();
  const wrong = misread(view.from, view.to, Date.now());
  const lines = [
    wrong && u(`range.misread.${wrong.field}`, { text: wrong.text.slice(0, MOST) }),
    view.tz &&
      !isZone(view.tz) &&
      u("range.misread.tz", { text: view.tz.slice(0, MOST), zone: zoneLabel(zone) }),
  ].filter((line) => typeof line === "string" && line !== "");
  return lines.length > 0 ? (
    <p className={classes.misread} role="status" data-misread>
      {lines.join(" ")}
    </p>
  ) : null;
}

function Custom({
  view,
  chosen,
  onChange,
}: {
  view: { from: string; to: string };
  chosen: boolean;
  onChange: (from: string, to: string) => void;
}) {
  const u = useUi();
  const { zone } = usePreferences();
  const [opened, setOpened] = useState(false);
  const [typed, setTyped] = useState({ from: "", to: "" });
  const [wrong, setWrong] = useState<{ field: "from" | "to"; wrong: Wrong } | null>(null);
  const open = () => {
    setTyped({ from: shown(view.from, zone), to: shown(view.to, zone) });
    setWrong(null);
    setOpened(!opened);
  };
  const said = `${shown(view.from, zone)} – ${shown(view.to, zone)}`;
  const error = (field: "from" | "to") =>
    wrong?.field === field ? u(`range.wrong.${wrong.wrong}`) : null;
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" trapFocus withinPortal>
      <Popover.Target>
        <Button
          variant={chosen ? "light" : "subtle"}
          color={chosen ? "ink" : "gray"}
          px={8}
          aria-pressed={chosen}
          aria-expanded={opened}
          leftSection={<IconCalendar size={14} />}
          onClick={open}
        >
          {chosen ? said : u("range.custom")}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          className={classes.custom}
          onSubmit={(event) => {
            event.preventDefault();
            const found = written(typed.from, typed.to, zone, Date.now());
            if ("field" in found) setWrong(found);
            else {
              onChange(found.from, found.to);
              setOpened(false);
            }
          }}
        >
          {(["from", "to"] as const).map((field) => (
            <TextInput
              key={field}
              size="xs"
              label={`${u(`range.${field}`)}, ${zoneLabel(zone)}`}
              placeholder="2026-01-05 09:00"
              error={error(field)}
              value={typed[field]}
              onChange={(event) => setTyped({ ...typed, [field]: event.currentTarget.value })}
            />
          ))}
          <p className="dim">{u("range.how")}</p>
          <Button type="submit" data-do="range">
            {u("range.show")}
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}

const EVERY_MS = [0, 5000, 15_000, 60_000, -1] as const;

/** How often what is shown is asked for again. */
function Refresh() {
  const u = useUi();
  const f = useFormat();
  const { refreshMs } = usePreferences();
  const said = (ms: number) =>
    ms === 0 ? u("refresh.usual") : ms < 0 ? u("refresh.off") : f.duration(ms / 1000);
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          px={8}
          leftSection={<IconRefresh size={14} />}
          aria-label={`${u("refresh")}: ${said(refreshMs)}`}
        >
          {said(refreshMs)}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{u("refresh")}</Menu.Label>
        {EVERY_MS.map((ms) => (
          <Menu.RadioItem
            key={ms}
            value={`${ms}`}
            checked={refreshMs === ms}
            onChange={() => prefer({ refreshMs: ms })}
          >
            {said(ms)}
          </Menu.RadioItem>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
