import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { backOff, follow, type Live, type Outside } from "./follow";

/** A browser in which nothing happens by itself. */
function outside(answers: readonly (() => Response | Promise<Response>)[] = []) {
  const sockets: { url: string; socket: WebSocket }[] = [];
  const timers: { run: () => void; ms: number }[] = [];
  const urls: string[] = [];
  const said: string[] = [];
  const found: Outside = {
    now: () => 0,
    later: (run, ms) => {
      const timer = { run, ms };
      timers.push(timer);
      return () => {
        const place = timers.indexOf(timer);
        if (place >= 0) timers.splice(place, 1);
      };
    },
    chance: () => 1,
    socket: (url) => {
      const socket = { close() {}, send: (text: string) => said.push(text) } as never as WebSocket;
      sockets.push({ url, socket });
      return socket;
    },
    fetch: async (url) => {
      urls.push(String(url));
      const answer = answers[urls.length - 1];
      if (!answer) throw new TypeError("nobody");
      return answer();
    },
    origin: "http://here",
  };
  return { found, sockets, timers, urls, said };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

describe("following by WebSocket", () => {
  it("opens again after what was seen, says nothing twice, and ends where the answer is no", () => {
    const { found, sockets, timers, said } = outside();
    const heard: unknown[] = [];
    const states: Live["state"][] = [];
    follow(
      {
        path: "/ws/a",
        by: "ws",
        hello: "of whom",
        onMessage: (m) => heard.push(m.sequence),
        onState: (s) => states.push(s.state),
      },
      found,
    );
    const say = (n: number, sequence: number) =>
      sockets[n]?.socket.onmessage?.({ data: JSON.stringify({ sequence }) } as MessageEvent);
    const close = (n: number, code: number) => sockets[n]?.socket.onclose?.({ code } as CloseEvent);
    sockets[0]?.socket.onopen?.({} as Event);
    say(0, 7);
    say(0, 8);
    close(0, 1006);
    timers.shift()?.run();
    sockets[1]?.socket.onopen?.({} as Event);
    expect(sockets.map(({ url }) => url)).toEqual(["ws://here/ws/a", "ws://here/ws/a?since=8"]);
    say(1, 8);
    say(1, 9);
    close(1, 4404);
    expect(heard).toEqual([7, 8, 9]);
    expect(states).toEqual(["connecting", "live", "waiting", "connecting", "live", "ended"]);
    expect(timers).toEqual([]);
    expect(said).toEqual(["of whom", "of whom"]);
  });
});

describe("following by server-sent events", () => {
  it("lists again when the stream no longer reaches back", async () => {
    const { found, timers, urls } = outside([
      () => new Response('id: 3\nevent: change\ndata: {"sequence": 3}\n\n'),
      () => new Response("", { status: 410 }),
    ]);
    let expired = 0;
    follow(
      {
        path: "/changes",
        by: "sse",
        onMessage: () => {},
        onState: () => {},
        onExpired: () => {
          expired += 1;
        },
      },
      found,
    );
    await settled();
    await settled();
    timers.shift()?.run();
    await settled();
    timers.shift()?.run();
    expect(expired).toBe(1);
    expect(urls).toEqual([
      "http://here/changes",
      "http://here/changes?since=3",
      "http://here/changes",
    ]);
  });
});

describe("a line that died without a word", () => {
  beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
  afterEach(() => void vi.useRealTimers());
  const ping = '{"action":"ping"}';
  const followed = () => {
    const { found, sockets, said } = outside();
    const states: Live[] = [];
    const stop = follow(
      { path: "/ws/a", by: "ws", onMessage: () => {}, onState: (s) => states.push(s) },
      {
        ...found,
        now: () => Date.now(),
        later: (run, ms) => {
          const timer = setTimeout(run, ms);
          return () => clearTimeout(timer);
        },
      },
    );
    const say = (n: number, body: object) =>
      sockets[n]?.socket.onmessage?.({ data: JSON.stringify(body) } as MessageEvent);
    sockets[0]?.socket.onopen?.({} as Event);
    return { sockets, said, states, say, stop };
  };

  it("is asked for a word after 15 s, and opened again when none came within 10", () => {
    const { sockets, said, states, say } = followed();
    say(0, { sequence: 7 });
    vi.advanceTimersByTime(15_000);
    expect(said).toEqual([ping]);
    say(0, { action: "pong" });
    vi.advanceTimersByTime(15_000);
    expect(said).toEqual([ping, ping]);
    expect(states.at(-1)?.state).toBe("live");
    vi.advanceTimersByTime(9_000);
    expect(sockets.length).toBe(1);
    vi.advanceTimersByTime(1_000);
    expect(states.at(-1)).toMatchObject({ state: "waiting", sinceMs: 1_015_000 });
    vi.advanceTimersByTime(500);
    expect(sockets.map(({ url }) => url)).toEqual(["ws://here/ws/a", "ws://here/ws/a?since=7"]);
  });
  it("is known at the first look after this machine slept", () => {
    const { sockets, states, say, stop } = followed();
    say(0, { sequence: 7 });
    vi.setSystemTime(Date.now() + 3_600_000);
    vi.advanceTimersByTime(1_000);
    expect(states.at(-1)).toMatchObject({ state: "waiting", sinceMs: 1_000_000 });
    vi.advanceTimersByTime(500);
    expect(sockets.length).toBe(2);
    stop();
    vi.advanceTimersByTime(3_600_000);
    expect(sockets.length).toBe(2);
  });
});

it("waits twice as long each time, up to half a minute", () => {
  expect([0, 1, 2, 9].map((n) => backOff(n, 1))).toEqual([500, 1000, 2000, 30_000]);
  expect(backOff(0, 0)).toBe(375);
});
