"""1,000 viewers of one tenant's live figures, a frame every 5 s each: what does that cost?

Prints the CPU that the orchestrator takes for them, as a share of one core, over what it takes
without them, and what one frame comes to. The viewers are WebSockets of this process and begin
spread over the interval, as people do.

Arguments: `--viewers N`, `--interval SECONDS`, `--seconds N` (how long to look at each).
"""

import argparse
import asyncio
import json
import time
import urllib.request

from websockets.asyncio.client import ClientConnection, connect

from bench._stack import Stack, cpu_seconds, running

_TENANT = "viewed"
_AT_ONCE = 50


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, default=1000)
    parser.add_argument("--interval", type=float, default=5.0)
    parser.add_argument("--seconds", type=float, default=30.0)
    asked = parser.parse_args(arguments)
    with running() as stack:
        _deploy(stack)
        asyncio.run(_watched(stack, asked.viewers, asked.interval, asked.seconds))


def _deploy(stack: Stack) -> None:
    for path in (f"/api/v1/simulator/deploy/{_TENANT}?wait=ready&timeout=300",):
        request = urllib.request.Request(
            stack.url("orchestrator") + path,
            method="POST",
            data=b"{}",
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=400).read()


async def _watched(stack: Stack, viewers: int, interval: float, seconds: float) -> None:
    # What follows a deploy is over before it is measured.
    await asyncio.sleep(15)
    before, without = await _share(stack, seconds), stack.resident_mb()["orchestrator"]
    url = stack.url("orchestrator").replace("http", "ws")
    url += f"/api/v1/simulator/realtime/{_TENANT}"
    turns = asyncio.Semaphore(_AT_ONCE)
    frames = [0]
    sockets: list[ClientConnection] = []

    async def view(number: int) -> None:
        await asyncio.sleep(interval * number / viewers)
        async with turns:
            socket = await connect(url, compression=None, proxy=None, ping_interval=None)
        sockets.append(socket)
        await socket.send(json.dumps({"action": "subscribe", "interval": interval * 1000}))
        async for _ in socket:
            frames[0] += 1

    tasks = [asyncio.create_task(view(number)) for number in range(viewers)]
    while len(sockets) < viewers:
        await asyncio.sleep(0.2)
    await asyncio.sleep(2 * interval)
    frames[0] = 0
    began = time.monotonic()
    with_viewers = await _share(stack, seconds)
    rate = frames[0] / (time.monotonic() - began)
    held = stack.resident_mb()["orchestrator"]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for socket in sockets:
        socket.transport.abort()
    cost = with_viewers - before
    print(f"viewers              {viewers}, a frame every {interval:g} s")
    print(f"frames               {rate:.1f}/s")
    print(f"orchestrator         {before:.2%} of a core without them, {with_viewers:.2%} with them")
    print(f"they cost            {cost:.2%} of a core, {1e6 * cost / max(rate, 1):.0f} µs a frame")
    print(f"resident             {without:.0f} MB without them, {held:.0f} MB with them")


async def _share(stack: Stack, seconds: float) -> float:
    """Return the share of a core that the orchestrator takes over some seconds."""
    pid = stack.pids["orchestrator"]
    began, taken = time.monotonic(), cpu_seconds(pid)
    await asyncio.sleep(seconds)
    return (cpu_seconds(pid) - taken) / (time.monotonic() - began)


if __name__ == "__main__":
    main()
