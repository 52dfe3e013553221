import type { Live } from "@ecp/stream/follow";
import { useEffect, useState } from "react";
import { useUi } from "../texts/texts";
import classes from "./live.module.css";

const SIGNS = { live: "●", paused: "‖", connecting: "↻", waiting: "↻", ended: "■" } as const;

/** ● Live, ‖ Paused, ↻ Reconnecting in n s. */
export function LiveBadge({ live }: { live: Live }) {
  const u = useUi();
  const [now, setNow] = useState(0);
  useEffect(() => {
    if (live.state !== "waiting") return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [live]);
  const seconds =
    live.state === "waiting" ? Math.max(0, Math.ceil((live.untilMs - now) / 1000)) : 0;
  return (
    <span className={classes.live} data-state={live.state} role="status">
      <span aria-hidden>{SIGNS[live.state]}</span> {u(`live.${live.state}`, { seconds })}
    </span>
  );
}

/** How a page that asks again and again stands: as a stream does. */
export function liveOf(ask: { isError: boolean; isSuccess: boolean; failureCount: number }): Live {
  if (ask.isError || ask.failureCount > 0) return { state: "connecting" };
  return { state: ask.isSuccess ? "live" : "connecting" };
}
