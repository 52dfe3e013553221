"""The journal: what came in from outside, in order, on disk before it is answered.

A file is a run of records: length and CRC-32 (4 bytes each, big-endian), then JSON. A torn tail,
left by a crash in mid-write, is cut off when the file is opened: it was never answered.
"""

import asyncio
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

_HEAD = struct.Struct(">II")


def encode(record: dict[str, Any]) -> bytes:
    """Return *record* as it stands in a journal file."""
    payload = orjson.dumps(record)
    return _HEAD.pack(len(payload), zlib.crc32(payload)) + payload


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the whole records of a journal file; stop at the first torn or damaged one."""
    for record, _ in _scan(path):
        yield record


def _scan(path: Path) -> Iterator[tuple[dict[str, Any], int]]:
    data = path.read_bytes() if path.exists() else b""
    at = 0
    while at + _HEAD.size <= len(data):
        length, crc = _HEAD.unpack_from(data, at)
        payload = data[at + _HEAD.size : at + _HEAD.size + length]
        if len(payload) < length or zlib.crc32(payload) != crc:
            return
        at += _HEAD.size + length
        yield orjson.loads(payload), at


class Journal:
    """Appends to one file; `commit()` returns when everything appended before is on disk.

    Group commit: while one fsync runs, later records gather and go out with the next.
    """

    def __init__(self, path: Path) -> None:
        end = max((end for _, end in _scan(path)), default=0)
        self.path = path
        self._file = open(path, "ab")  # noqa: SIM115 - kept open for the journal's life
        if self._file.tell() != end:
            self._file.truncate(end)
            self._file.seek(end)
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
                    for done in waiting:
                        done.set_exception(error)
                else:
                    for done in waiting:
                        done.set_result(None)
        finally:
            self._flushing = False

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Write what is pending and close the file."""
        if self._pending:
            data, self._pending = b"".join(self._pending), []
            self._write(data)
        self._file.close()
