"""How a service process serves: on sockets it was handed, for as long as its parent lives.

`ecp up` binds the ports and hands the sockets down (ECP_SOCKETS). It also holds the other end of a
pipe (ECP_LIFELINE): when the parent dies, however it dies, the pipe closes and the service stops
as if it had been told to. So nothing is left that would hold ports or files.
"""

import asyncio
import contextlib
import gc
import os
import signal
import socket
import threading
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from ecp.edge.logs import to_stdout
from ecp.edge.sockets import Sockets

GRACE_S = 3
PING_S = 45
"""Less than the minute after which proxies end what is quiet; a ping costs as much as a frame."""
# Ticks of the server (0.1 s) until what is there counts as settled, and until all is looked at.
_SETTLED_TICKS = 20
_FEW_LOOKS = 4  # of the middle generation: below some 40,000 objects, a few ms
_EVERYTHING_TICKS = 36_000


class Server(uvicorn.Server):
    """Ends endless answers before it waits for connections to end."""

    def __init__(self, config: uvicorn.Config, before_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._before_stop = before_stop

    async def on_tick(self, counter: int) -> bool:
        """Let the cycle collector rest: what has lived for two seconds is looked at once an hour.

        Walking a large cluster again and again kept everybody waiting for a tenth of a second and
        more, and found next to nothing. What died within those two seconds is looked for first,
        where little was made in them: frozen garbage stays for the hour.
        """
        if counter % _EVERYTHING_TICKS == _EVERYTHING_TICKS - 1:
            gc.unfreeze()
            gc.collect()
        if counter % _SETTLED_TICKS == 0:
            settle()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._before_stop()
        await super().shutdown(sockets)


def settle() -> None:
    """Hide what is there from the cycle collector; garbage goes first, if little is new."""
    if gc.get_count()[2] <= _FEW_LOOKS:
        gc.collect()
    gc.freeze()


def serve(app: FastAPI, before_stop: Callable[[], None] = lambda: None) -> None:
    """Serve *app* until SIGINT, SIGTERM or the end of the parent.

    *before_stop* lets streams end: without it they hold the stop for GRACE_S seconds.
    """
    descriptors = [int(part) for part in os.environ["ECP_SOCKETS"].split(",")]
    sockets = [socket.socket(fileno=descriptor) for descriptor in descriptors]
    lifeline = os.environ.get("ECP_LIFELINE", "")
    if lifeline:
        threading.Thread(target=_watch, args=(int(lifeline),), daemon=True).start()
    as_json = os.environ.get("ECP_LOG", "") == "json"
    if as_json:
        to_stdout()
    config = uvicorn.Config(
        app,
        log_level="info" if as_json else "warning",
        access_log=as_json,
        log_config=None if as_json else uvicorn.config.LOGGING_CONFIG,
        server_header=False,  # an API server has none
        ws=Sockets,
        ws_per_message_deflate=False,
        ws_ping_interval=PING_S,
        timeout_graceful_shutdown=GRACE_S,
        lifespan="on",
    )
    # What stands now stands to the end: the cycle collector need not walk it again and again.
    gc.freeze()
    # uvicorn repeats the signal once it has stopped, for whoever else listens; nobody does.
    with (
        contextlib.suppress(KeyboardInterrupt),
        asyncio.Runner(loop_factory=config.get_loop_factory()) as runner,
    ):
        runner.run(Server(config, before_stop).serve(sockets=sockets))


def _watch(lifeline: int) -> None:
    """Wait for the other end of the pipe to close; nothing is ever written to it."""
    while os.read(lifeline, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
