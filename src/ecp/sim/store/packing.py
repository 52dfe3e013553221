"""A cluster's snapshot as bytes, and back: JSON, compressed; field ownership in its short form."""

import zlib
from typing import Any

import orjson

from ecp.kube.patch.apply import Owner
from ecp.kube.patch.fieldset import decode as decode_fields
from ecp.kube.patch.fieldset import encode as encode_fields
from ecp.sim.engine.collector import resting


class DamagedSnapshot(ValueError):
    """A snapshot cannot be read; the message says why, and of which file where there is one."""


def _plain(value: Any) -> Any:
    if isinstance(value, Owner):
        fields = None if value.fields is None else encode_fields(value.fields)
        return [*value[:-1], fields]
    if isinstance(value, tuple):
        return list(value)
    raise TypeError(f"not plain data: {type(value)}")


def pack(state: dict[str, Any]) -> bytes:
    """Return a cluster snapshot as bytes."""
    raw = orjson.dumps(state, default=_plain, option=orjson.OPT_NON_STR_KEYS)
    return zlib.compress(raw, 1)


def unpack(data: bytes, *, most: int = 0) -> dict[str, Any]:
    """Return the snapshot in *data*, of at most so many bytes when it is unpacked (0 = any).

    Raises DamagedSnapshot.
    """
    try:
        with resting():  # all of it stays
            state: dict[str, Any] = orjson.loads(_inflated(data, most))
            for rows in state["store"]["tables"].values():
                for row in rows:
                    row[3] = tuple(_owner(*owner) for owner in row[3])
    except (zlib.error, orjson.JSONDecodeError) as error:
        raise DamagedSnapshot(str(error)) from error
    except (AttributeError, KeyError, IndexError, TypeError) as error:
        raise DamagedSnapshot(f"not a snapshot: {error!r}") from error
    return state


def _inflated(data: bytes, most: int) -> bytes:
    """Unpack *data*: a few bytes of somebody else may stand for more than there is memory."""
    stream = zlib.decompressobj()
    raw = stream.decompress(data, most and most + 1)
    if most and len(raw) > most:
        raise DamagedSnapshot(f"more than {most >> 20} MiB when unpacked")
    if not stream.eof:
        raise DamagedSnapshot("it is cut short")
    return raw


def _owner(
    manager: str,
    operation: str,
    api_version: str,
    time: str | None,
    subresource: str,
    fields: dict[str, Any] | None,
) -> Owner:
    found = None if fields is None else decode_fields(fields)
    return Owner(manager, operation, api_version, time, subresource, found)
