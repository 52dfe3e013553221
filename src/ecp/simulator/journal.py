"""The journal: what came in from outside, in order, on disk before it is answered.

A tape is a run of records: length and CRC-32 (4 bytes each, big-endian), then JSON. In a file a
torn tail, left by a crash in mid-write, is cut off when it is opened: it was never answered. A
damaged record with whole ones after it was answered: then the file is left alone, with
DamagedJournal. A tape in a database takes whole batches or none, so that each damage is one.
"""

import asyncio
import contextlib
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Protocol

import orjson

_HEAD = struct.Struct(">II")
_PAYLOAD_BEGINS = b"{"


class DamagedJournal(ValueError):
    """Records of a journal are lost that were answered; the message names file and place."""


class Tape(Protocol):
    """Where the bytes of one journal are; `place` says so to people. All raise OSError."""

    place: str

    def read(self) -> bytes:
        """Return all that is there; nothing of a tape that is new. Raises DamagedJournal."""
        ...

    def open(self, end: int) -> None:
        """Get ready to write after so many whole bytes. Raises DamagedJournal for what is behind
        them, unless it was torn in mid-write."""
        ...

    def write(self, data: bytes) -> None:
        """Append *data*: it is durable when this returns, and not there when it raises."""
        ...

    def close(self) -> None: ...


def encode(record: dict[str, Any]) -> bytes:
    """Return *record* as it stands in a journal file."""
    payload = orjson.dumps(record)
    return _HEAD.pack(len(payload), zlib.crc32(payload)) + payload


def read(tape: Tape) -> Iterator[dict[str, Any]]:
    """Yield the whole records of a journal, up to a torn tail. Raises DamagedJournal."""
    for record, _ in _scan(tape):
        yield record


def whole(tape: Tape) -> bytes:
    """Return the whole records of a journal as they stand there. Raises DamagedJournal."""
    end = max((end for _, end in _scan(tape)), default=0)
    return tape.read()[:end]


def _scan(tape: Tape) -> Iterator[tuple[dict[str, Any], int]]:
    data = tape.read()
    at = 0
    while (end := _end_of(data, at)) is not None:
        yield orjson.loads(data[at + _HEAD.size : end]), end
        at = end
    found = data.find(_PAYLOAD_BEGINS, at + _HEAD.size)
    while found > 0:
        if found - _HEAD.size > at and _end_of(data, found - _HEAD.size) is not None:
            raise DamagedJournal(f"{tape.place}: damaged at byte {at}, whole again at {found}")
        found = data.find(_PAYLOAD_BEGINS, found + 1)


def _end_of(data: bytes, at: int) -> int | None:
    """Return where the record at *at* ends; None when no whole one stands there."""
    begin = at + _HEAD.size
    if begin > len(data):
        return None
    length, crc = _HEAD.unpack_from(data, at)
    end = begin + int(length)
    if length == 0 or end > len(data) or zlib.crc32(data[begin:end]) != crc:
        return None
    return end


def _still_waiting(waiting: list[asyncio.Future[None]]) -> list[asyncio.Future[None]]:
    """Return those who were not cancelled meanwhile: an answer to such a one would be an error."""
    return [done for done in waiting if not done.done()]


def _durable(path: str, flags: int) -> int:
    """Open a file of which each write returns when it is on disk: one call where fsync makes two.

    Between two calls a thread waits for the interpreter, as long as a quick disk takes.
    """
    return os.open(path, flags | os.O_DSYNC, 0o666)


class File:
    """A journal in a file of its own. Fulfils `Tape`."""

    def __init__(self, path: Path) -> None:
        self.place = str(path)
        self._path = path
        self._file: IO[bytes] | None = None
        self._durable = 0

    def read(self) -> bytes:
        return self._path.read_bytes() if self._path.exists() else b""

    def open(self, end: int) -> None:
        # Unbuffered: what a failed write leaves behind must not go out with a later one.
        self._file = open(self._path, "ab", buffering=0, opener=_durable)  # noqa: SIM115 - kept
        if self._file.tell() != end:
            self._file.truncate(end)
        self._durable = end

    def write(self, data: bytes) -> None:
        assert self._file is not None, "open the file first"
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            with contextlib.suppress(OSError):
                self._file.truncate(self._durable)
            raise
        self._durable += len(data)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


class Journal:
    """Appends to one tape; `commit()` returns when everything appended before is on disk.

    Group commit: while one write runs, later records gather and go out with the next.
    """

    def __init__(self, tape: Tape) -> None:
        end = max((end for _, end in _scan(tape)), default=0)
        tape.open(end)
        self.place = tape.place
        self._tape = tape
        self._broken: OSError | None = None
        self._pending: list[bytes] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._flushing = False
        self._task: asyncio.Task[None] | None = None  # held, or it may be collected
        self.size = end
        self.records = 0

    def append(self, record: dict[str, Any]) -> None:
        """Note *record*; it is safe once a `commit` that began later has returned."""
        data = encode(record)
        self.size += len(data)
        self.records += 1
        self._pending.append(data)

    async def commit(self) -> None:
        """Wait until all appended records are on disk. Raises OSError when the disk refuses."""
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        self._waiting.append(done)
        if not self._flushing:
            self._flushing = True
            self._task = loop.create_task(self._flush())
        await done

    async def settle(self) -> None:
        """Wait until nothing is on its way to the disk."""
        while self._flushing or self._pending:
            await self.commit()

    async def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                data, self._pending = b"".join(self._pending), []
                waiting, self._waiting = self._waiting, []
                try:
                    await loop.run_in_executor(None, self._write, data)
                except OSError as error:
                    for done in _still_waiting(waiting):
                        done.set_exception(error)
                else:
                    for done in _still_waiting(waiting):
                        done.set_result(None)
        finally:
            self._flushing = False

    def _write(self, data: bytes) -> None:
        if self._broken is not None:
            # A gap would be worse than an end: after a lost record nothing more is taken.
            raise self._broken
        try:
            self._tape.write(data)
        except OSError as error:
            self._broken = error
            raise

    def close(self) -> None:
        """Write what is pending and close the tape."""
        if self._pending and self._broken is None:
            data, self._pending = b"".join(self._pending), []
            self._write(data)
        self._tape.close()
