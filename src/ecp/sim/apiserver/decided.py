"""What is to become of a request that was not refused."""

from collections.abc import Callable
from typing import NamedTuple

from ecp.kube.patch.apply import Owner
from ecp.sim.requests import Answer
from ecp.sim.store import Obj


class Decided(NamedTuple):
    """What is to become of a request that was not refused; nothing has changed yet.

    `object` and `owners` are what would be stored, None where that shows only when it is done.
    `carry_out` does it, and must be called before anything else changes.
    """

    object: Obj | None
    owners: tuple[Owner, ...]
    carry_out: Callable[[], Answer]
