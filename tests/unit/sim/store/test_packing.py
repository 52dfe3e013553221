"""Snapshots as bytes: what is none, and what would be more than there is room for, is refused."""

import zlib

import pytest

from ecp.sim.store.packing import DamagedSnapshot, unpack


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param(zlib.compress(b"0" * (3 << 20)), "more than 1 MiB when unpacked", id="a bomb"),
        pytest.param(zlib.compress(b"{}")[:-3], "cut short", id="half of one"),
        pytest.param(b"no snapshot", "header", id="none at all"),
        pytest.param(zlib.compress(b"{}"), "not a snapshot", id="another object"),
        pytest.param(zlib.compress(b"{"), "end of data", id="no JSON"),
    ],
)
def test_what_is_no_snapshot_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(DamagedSnapshot, match=says):
        unpack(data, most=1 << 20)
