"""Processes that work for a service, so that its loop is not held up: both ends of their pipe.

A worker is a module run with `python -m` that calls `serve`. It is started when the first work
comes, is kept while it is idle, and ends when its input does: with the service at the latest. One
that is given up in the middle of its work is ended, since its answer would be taken for the next
one's. A message is its length and a pickle; an answer is ("told", …) as often as the worker likes,
then ("done", …).
"""

import asyncio
import pickle
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, BinaryIO, Final

_LENGTH_BYTES: Final = 8
Tell = Callable[[Any], None]


class Workers:
    """The workers of one module, at most *most* at work at once; `close` at the end."""

    def __init__(self, module: str, most: int) -> None:
        self._module = module
        self._free = asyncio.Semaphore(most)
        self._idle: list[Process] = []

    async def work(self, asked: Any, tell: Tell = lambda said: None) -> Any:
        """Hand *asked* to a worker and return its answer; *tell* hears what comes before it.

        Raises OSError or EOFError when the worker dies of it.
        """
        async with self._free, self._one() as worker:
            return await _answer(worker, asked, tell)

    @asynccontextmanager
    async def _one(self) -> AsyncIterator[Process]:
        worker = self._idle.pop() if self._idle else await self._started()
        try:
            yield worker
        except EOFError as error:
            await _ended(worker)
            raise EOFError(f"a worker ended with code {worker.returncode}") from error
        except BaseException:
            await _ended(worker)
            raise
        self._idle.append(worker)

    async def _started(self) -> Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", self._module, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
        )

    async def close(self) -> None:
        """End those that are idle."""
        while self._idle:
            await _ended(self._idle.pop())


async def _answer(worker: Process, asked: Any, tell: Tell) -> Any:
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(_framed(asked))
    await worker.stdin.drain()
    while True:
        length = int.from_bytes(await worker.stdout.readexactly(_LENGTH_BYTES), "big")
        kind, body = pickle.loads(await worker.stdout.readexactly(length))
        if kind == "done":
            return body
        tell(body)


async def _ended(worker: Process) -> None:
    if worker.returncode is None:
        worker.kill()
    await worker.wait()


def serve(work: Callable[[Any, Tell], Any]) -> None:
    """Be a worker: answer what comes until there is no more."""
    # Ctrl-C reaches everything in the foreground; who started this ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    source, sink = sys.stdin.buffer, sys.stdout.buffer

    def send(kind: str, body: Any) -> None:
        sink.write(_framed((kind, body)))
        sink.flush()

    while (message := _received(source)) is not None:
        send("done", work(pickle.loads(message), lambda said: send("told", said)))


def _framed(message: Any) -> bytes:
    content = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return len(content).to_bytes(_LENGTH_BYTES, "big") + content


def _received(source: BinaryIO) -> bytes | None:
    head = source.read(_LENGTH_BYTES)
    if len(head) < _LENGTH_BYTES:
        return None
    return source.read(int.from_bytes(head, "big"))
