import { follow, type Live, type Message } from "@ecp/stream/follow";
import { useEffect, useRef, useState } from "react";
import { isPaused, onPause } from "./pausing";

/** A page draws what it hears at most so often. */
const DRAWN_MS = 1000;
/** Nobody looks: a stream is let go after so long, and taken up where it stood when somebody does. */
const HIDDEN_MS = 60_000;
/** While a page is held, so many messages are kept; a page that was held for longer lists again. */
const KEPT = 5000;

/** Follow a stream while the page is shown. *path* null: not yet; *hello* is said when it opens. What is
 * heard within a second is told at once, together; what is heard while the page is held, afterwards.
 * Returns how it stands. */
export function useFollow(
  path: string | null,
  by: "ws" | "sse",
  onMessage: (message: Message) => void,
  onExpired?: () => void,
  hello?: string,
): Live {
  const [live, setLive] = useState<Live>({ state: "connecting" });
  const heard = useRef({ onMessage, onExpired });
  useEffect(() => {
    heard.current = { onMessage, onExpired };
  });
  useEffect(() => {
    if (path === null) return undefined;
    const inbox = gathered(
      (message) => heard.current.onMessage(message),
      () => heard.current.onExpired?.(),
    );
    let since: number | undefined;
    let stop: (() => void) | null = null;
    let resting: ReturnType<typeof setTimeout> | undefined;
    const begin = () => {
      stop = follow({
        path,
        by,
        hello,
        ...(since === undefined ? {} : { since }),
        onState: setLive,
        onMessage: (message) => {
          since = message.sequence ?? since;
          inbox.add(message);
        },
        onExpired: () => {
          since = undefined;
          inbox.expire();
        },
      });
    };
    const seen = () => {
      clearTimeout(resting);
      if (!document.hidden) {
        if (!stop) begin();
        return;
      }
      resting = setTimeout(() => {
        stop?.();
        stop = null;
        setLive({ state: "paused" });
      }, HIDDEN_MS);
    };
    begin();
    const ignore = onPause(inbox.flush);
    document.addEventListener("visibilitychange", seen);
    return () => {
      clearTimeout(resting);
      document.removeEventListener("visibilitychange", seen);
      ignore();
      inbox.end();
      stop?.();
    };
  }, [path, by, hello]);
  return live;
}

/** Return what gathers messages and tells them together, at most once a second. */
export function gathered(
  tell: (message: Message) => void,
  expired: () => void,
  now: () => number = () => performance.now(),
) {
  let kept: Message[] = [];
  let lost = false;
  let toldAt = Number.NEGATIVE_INFINITY;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    if (isPaused()) return;
    clearTimeout(timer);
    timer = undefined;
    toldAt = now();
    const all = kept;
    kept = [];
    if (lost) expired();
    lost = false;
    // In one turn: React draws once.
    for (const message of all) tell(message);
  };
  return {
    flush,
    add(message: Message) {
      kept.push(message);
      if (kept.length > KEPT) {
        kept = [];
        lost = true;
      }
      if (isPaused() || timer !== undefined) return;
      const wait = toldAt + DRAWN_MS - now();
      if (wait <= 0) flush();
      else timer = setTimeout(flush, wait);
    },
    expire() {
      lost = true;
      flush();
    },
    end() {
      clearTimeout(timer);
    },
  };
}
