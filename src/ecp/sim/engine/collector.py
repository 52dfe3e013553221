"""Python's cycle collector, at rest while simulated time passes.

A run leaves it nothing to find, and its looks at a growing store took a fifth of the time. What a
long run made is here to stay, so it is not looked at afterwards either: it goes to the oldest
generation as it is. The collector's own count of what is due there does not see that, hence one
look at everything each time so much has gone there: clusters that were dropped are found by it.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_LONG = 50_000  # objects; a slice of a paced cluster makes fewer
_LOOK = 2_000_000  # objects, 300 MB or so


class _Kept:
    """How many objects went to the oldest generation unseen since the last look."""

    unseen = 0


@contextmanager
def resting() -> Iterator[None]:
    """Let the collector rest inside the block; where it rested before, it goes on resting."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            _keep(gc.get_count()[0])
            gc.enable()


def _keep(made: int) -> None:
    # A process that freezes has a rule of its own for what is old.
    if made < _LONG or gc.get_freeze_count():
        return
    gc.freeze()
    gc.unfreeze()
    _Kept.unseen += made
    if _Kept.unseen >= _LOOK:
        _Kept.unseen = 0
        gc.collect()
