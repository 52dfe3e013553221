"""One piece of work by several processes.

They are forks of this one: nothing is loaded again and nothing sent in, and what they read they
share with it. Only their answers come back, through pipes. Nothing else runs in a process of the
command line, so that a fork has all of it.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TypeVar

_Share = TypeVar("_Share")
_Answer = TypeVar("_Answer")


class _Hand(NamedTuple):
    """A process at work, and the pipe that its answer comes through."""

    process: int
    answer: int


POSSIBLE: Final = sys.platform not in ("win32", "darwin")
"""Whether a process can be had: Windows has no fork, and the libraries of a Mac do not bear one."""


def processors() -> int:
    """Return how many processors this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def shared_out(work: Callable[[_Share], _Answer], shares: Sequence[_Share]) -> list[_Answer]:
    """Return what comes of the work on each share, in their order; one of them is done here.

    What a process does not bring to an end is done here as well: what *work* raises is raised
    here, and a process that was killed is no more than a delay.
    """
    hands: list[_Hand] = []
    try:
        hands += [_begun(work, share) for share in shares[1:]]
        found = [work(share) for share in shares[:1]]
        for share in shares[1:]:
            answer = _answer(hands.pop(0))
            found.append(work(share) if answer is None else pickle.loads(answer))
        return found
    finally:
        for hand in hands:
            os.kill(hand.process, signal.SIGKILL)
            _answer(hand)


def _begun(work: Callable[[_Share], _Answer], share: _Share) -> _Hand:
    read, write = os.pipe()
    process = os.fork()
    if process:
        os.close(write)
        return _Hand(process, read)
    status = 1
    try:
        with open(write, "wb") as pipe:
            pipe.write(pickle.dumps(work(share), pickle.HIGHEST_PROTOCOL))
        status = 0
    finally:
        # Whatever it was, and be it Ctrl-C: it is said by the one who asked, or not at all.
        os._exit(status)


def _answer(hand: _Hand) -> bytes | None:
    """Return what a process has answered once it has ended, None where it did not end well."""
    with open(hand.answer, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(hand.process, 0)
    return None if status else answer
