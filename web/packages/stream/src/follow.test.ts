import { describe, expect, it } from "vitest";
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
      timers.push({ run, ms });
      return () => {};
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
    timers[0]?.run();
    sockets[1]?.socket.onopen?.({} as Event);
    expect(sockets.map(({ url }) => url)).toEqual(["ws://here/ws/a", "ws://here/ws/a?since=8"]);
    say(1, 8);
    say(1, 9);
    close(1, 4404);
    expect(heard).toEqual([7, 8, 9]);
    expect(states).toEqual(["connecting", "live", "waiting", "connecting", "live", "ended"]);
    expect(timers.length).toBe(1);
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
    timers[0]?.run();
    await settled();
    timers[1]?.run();
    expect(expired).toBe(1);
    expect(urls).toEqual([
      "http://here/changes",
      "http://here/changes?since=3",
      "http://here/changes",
    ]);
  });
});

it("waits twice as long each time, up to half a minute", () => {
  expect([0, 1, 2, 9].map((n) => backOff(n, 1))).toEqual([500, 1000, 2000, 30_000]);
  expect(backOff(0, 0)).toBe(375);
});
