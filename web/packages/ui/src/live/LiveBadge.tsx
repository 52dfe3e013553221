import type { Live } from "@ecp/stream/follow";
import { ActionIcon } from "@mantine/core";
import { IconPlayerPauseFilled, IconPlayerPlayFilled } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useUi } from "../texts/texts";
import { useFormat } from "../view/format";
import classes from "./live.module.css";
import { pause, usePaused } from "./pausing";

const SIGNS = {
  live: "●",
  paused: "‖",
  connecting: "↻",
  waiting: "↻",
  stale: "↻",
  ended: "■",
} as const;

/** Who has not been here for so long (a tab behind others, a machine asleep) has missed a turn of most pages. */
const AWAY_MS = 15_000;

/** Tell whether what is shown was heard before somebody came back, and nothing since. */
function useMissed(live: Live): boolean {
  const [backMs, setBack] = useState(0);
  useEffect(() => {
    let hereMs = Date.now();
    const look = () => {
      if (document.hidden) return;
      const now = Date.now();
      if (now - hereMs > AWAY_MS) setBack(now);
      hereMs = now;
    };
    const timer = setInterval(look, 1000);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, []);
  return live.sinceMs !== undefined && live.sinceMs < backMs;
}

/** ● Live, ‖ Paused, ↻ Reconnecting in n s, stale since; and what holds the page still. */
export function LiveBadge({ live }: { live: Live }) {
  const u = useUi();
  const f = useFormat();
  const held = usePaused();
  const [, count] = useState(0);
  useEffect(() => {
    if (live.state !== "waiting") return undefined;
    const timer = setInterval(() => count((n) => n + 1), 500);
    return () => clearInterval(timer);
  }, [live]);
  // Another page goes on.
  useEffect(() => () => pause(false), []);
  const missed = useMissed(live) && live.state === "live";
  const state = held ? "paused" : missed ? "stale" : live.state;
  const seconds =
    live.state === "waiting" ? Math.max(0, Math.ceil((live.untilMs - Date.now()) / 1000)) : 0;
  const old = state !== "live" && state !== "paused" ? live.sinceMs : undefined;
  return (
    <span className={classes.whole} data-print="no">
      <span className={classes.live} data-state={state} role="status">
        <span aria-hidden>{SIGNS[state]}</span>{" "}
        {state === "stale" ? null : u(`live.${state}`, { seconds })}
        {old !== undefined &&
          `${state === "stale" ? "" : " · "}${u("live.stale", { at: f.instant(old) })}`}
      </span>
      {(held || live.state !== "ended") && (
        <ActionIcon
          variant="subtle"
          color="gray"
          size={22}
          data-do="pause"
          aria-label={u(held ? "live.resume" : "live.pause")}
          title={u(held ? "live.resume" : "live.pause")}
          onClick={() => pause(!held)}
        >
          {held ? <IconPlayerPlayFilled size={12} /> : <IconPlayerPauseFilled size={12} />}
        </ActionIcon>
      )}
    </span>
  );
}

/** How a page that asks again and again stands: as a stream does. */
export function liveOf(ask: {
  isError: boolean;
  isSuccess: boolean;
  failureCount: number;
  dataUpdatedAt?: number;
}): Live {
  if (ask.isError || ask.failureCount > 0)
    return ask.dataUpdatedAt
      ? { state: "stale", sinceMs: ask.dataUpdatedAt }
      : { state: "connecting" };
  if (!ask.isSuccess) return { state: "connecting" };
  return ask.dataUpdatedAt ? { state: "live", sinceMs: ask.dataUpdatedAt } : { state: "live" };
}
