/**
 * Follow a stream by sequence: WebSocket or SSE, opened again after it broke, resumed after the last
 * sequence that was seen, so that nothing is missed and nothing is said twice.
 */

export type Live = (
  | { readonly state: "connecting" | "live" | "paused" | "ended" | "stale" }
  | { readonly state: "waiting"; readonly untilMs: number }
) & {
  /** When something was heard last (ms since 1970): what is shown is as old, unless it is live. */
  readonly sinceMs?: number;
};

export interface Message {
  readonly topic?: string;
  readonly sequence?: number;
  readonly body?: unknown;
}

export interface Wish {
  /** Path of this origin; `since=` is added to it. ws: a WebSocket, sse: server-sent events. */
  readonly path: string;
  readonly by: "ws" | "sse";
  /** Said first, each time that a WebSocket opens: of what to tell. */
  readonly hello?: string | undefined;
  readonly onMessage: (message: Message) => void;
  /** Told of each change, and of when something was heard last. */
  readonly onState: (live: Live) => void;
  /** The stream no longer reaches back to what was seen (410): list again. */
  readonly onExpired?: () => void;
  readonly since?: number;
}

export interface Outside {
  readonly now: () => number;
  readonly later: (run: () => void, ms: number) => () => void;
  readonly chance: () => number;
  readonly socket: (url: string) => WebSocket;
  readonly fetch: typeof fetch;
  readonly origin: string;
}

const LEAST_MS = 500;
const MOST_MS = 30_000;
/** A close with one of these is an answer, not a mishap. */
const FINAL = new Set([4401, 4403, 4404]);
const LOOK_MS = 1000;
/** Every socket answers this, and nothing else is sure to come: a clock that stands still tells nothing. */
const PING = '{"action":"ping"}';
/** Who has said nothing for so long is asked for a word, ... */
const QUIET_MS = 15_000;
/** ... and has gone when none comes for as long again as the slowest line takes. */
const ANSWER_MS = 10_000;
/** Of events the service says every 15 s, unasked, that it is still there: three that did not come. */
const EVENTS_MS = 45_000;

/** Return how long to wait before attempt *n* (from 0): doubled each time, a quarter of it by chance. */
export function backOff(n: number, chance: number): number {
  const whole = Math.min(LEAST_MS * 2 ** n, MOST_MS);
  return Math.round(whole * (0.75 + chance * 0.25));
}

export function browser(): Outside {
  return {
    now: () => Date.now(),
    later: (run, ms) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    chance: Math.random,
    socket: (url) => new WebSocket(url),
    fetch: (...given) => fetch(...given),
    origin: location.origin,
  };
}

/** Follow until the function that is returned is called. */
export function follow(wish: Wish, outside: Outside = browser()): () => void {
  let since = wish.since;
  let attempt = 0;
  let ended = false;
  let heardMs: number | undefined;
  let stop = () => {};
  let cancel = () => {};
  let look = () => {};

  const take = (text: string) => {
    if (ended) return;
    let message: Message;
    try {
      message = JSON.parse(text) as Message;
    } catch {
      return; // No message of ours: a proxy's word.
    }
    if (typeof message.sequence === "number") {
      if (since !== undefined && message.sequence <= since) return;
      since = message.sequence;
    }
    attempt = 0;
    heardMs = outside.now();
    wish.onMessage(message);
  };
  const tell = (live: Live) =>
    wish.onState(
      heardMs === undefined || live.state === "live" ? live : { ...live, sinceMs: heardMs },
    );
  const end = () => {
    ended = true;
    look();
    tell({ state: "ended" });
  };
  /** Watch for a line that is dead though nobody closed it: its other end, or this machine, slept. Returns
   * what is to be called with each sign of life. */
  const watch = (mostMs: number, ask?: { readonly afterMs: number; readonly say: () => void }) => {
    let signMs = outside.now();
    let asked = false;
    const check = () => {
      const silentMs = outside.now() - signMs;
      if (silentMs >= mostMs) {
        stop();
        return again();
      }
      if (ask && !asked && silentMs >= ask.afterMs) {
        asked = true;
        ask.say();
      }
      look = outside.later(check, LOOK_MS);
    };
    look = outside.later(check, LOOK_MS);
    return () => {
      signMs = outside.now();
      asked = false;
    };
  };
  const again = () => {
    if (ended) return;
    look();
    const ms = backOff(attempt, outside.chance());
    attempt += 1;
    tell({ state: "waiting", untilMs: outside.now() + ms });
    cancel = outside.later(open, ms);
  };
  const expired = () => {
    since = undefined;
    wish.onExpired?.();
  };
  const open = () => {
    if (ended) return;
    tell({ state: "connecting" });
    const url = new URL(wish.path, outside.origin);
    if (since !== undefined) url.searchParams.set("since", String(since));
    stop = wish.by === "ws" ? bySocket(url) : byEvents(url);
  };
  const bySocket = (url: URL) => {
    url.protocol = url.protocol.replace("http", "ws");
    const socket = outside.socket(url.href);
    let opened = false;
    const sign = watch(QUIET_MS + ANSWER_MS, {
      afterMs: QUIET_MS,
      say: () => opened && socket.send(PING),
    });
    socket.onopen = () => {
      opened = true;
      sign();
      if (wish.hello !== undefined) socket.send(wish.hello);
      tell({ state: "live" });
    };
    socket.onmessage = (said) => {
      sign();
      take(String(said.data));
    };
    socket.onclose = (said) => {
      if (said.code === 4410) expired();
      if (FINAL.has(said.code)) end();
      else again();
    };
    return () => {
      socket.onclose = null;
      // One that is dead takes minutes to close, and may tell what it still has.
      socket.onmessage = null;
      socket.onopen = null;
      socket.close();
    };
  };
  const byEvents = (url: URL) => {
    const control = new AbortController();
    const sign = watch(EVENTS_MS);
    const run = async () => {
      const answer = await outside.fetch(url.href, {
        headers: { Accept: "text/event-stream" },
        signal: control.signal,
      });
      if (answer.status === 410) {
        expired();
        return again();
      }
      if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) return end();
      if (!answer.ok || !answer.body) return again();
      tell({ state: "live" });
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return again();
        sign();
        const blocks = (rest + value).split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks) {
          const lines = block.split("\n");
          if (lines.includes("event: expired")) expired();
          else for (const line of lines) if (line.startsWith("data: ")) take(line.slice(6));
        }
      }
    };
    run().catch(() => {
      if (!control.signal.aborted) again();
    });
    return () => control.abort();
  };
  open();
  return () => {
    ended = true;
    look();
    cancel();
    stop();
  };
}
