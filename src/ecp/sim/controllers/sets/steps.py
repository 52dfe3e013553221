"""A plan in steps: each action with what is said about it, and what goes on when it is refused.

Source: kubernetes pkg/controller/controller_utils.go (slow start), client-go
util/workqueue/default_rate_limiters.go (5 ms, doubled up to 1000 s; 1.36).
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ecp.kube.errors import AlreadyExists, KubeError, NotFound
from ecp.sim.plans import NOTHING, Action, Delete, EventNote, Plan, Update
from ecp.sim.store import Key, Obj

FIRST, ALWAYS = 0, -1
"""The batch of what everything else rests on, and of what is done whatever was refused."""

_RETRY_LEAST = 5_000_000
_RETRY_MOST = 1_000_000_000_000
_MOST_DOUBLINGS = 18


class Step(NamedTuple):
    """An action with what is said once it is done, and how a refusal is said.

    Steps of one `batch` are tried together: when one is refused, the others about its object
    (`about`) are dropped, and so is every later batch.
    """

    action: Action | None
    note: EventNote | None = None
    failed: tuple[Callable[[Exception], EventNote], ...] = ()
    batch: int = FIRST
    about: int = -1


class Retries:
    """How often in a row each key has failed; what is being carried out at this instant."""

    def __init__(self) -> None:
        self._tries: dict[Key, int] = {}
        self._work: tuple[Sequence[Step], int] = ((), 0)

    def plan(
        self, now: int, key: Key, steps: Sequence[Step], wake: int | None, *, failed: bool
    ) -> Plan:
        """Return the plan of *steps*; *failed*: a sync that has to be tried again soon (ns)."""
        tries = self._tries.pop(key, 0)
        self._work = (steps, tries)
        if failed:
            retry = self._again(now, key, tries)
            wake = retry if wake is None else min(wake, retry)
        return _plan(steps, wake)

    def forget(self, key: Key) -> None:
        """Drop what is known of a key whose object is gone."""
        self._tries.pop(key, None)

    def _again(self, now: int, key: Key, tries: int) -> int:
        self._tries[key] = tries + 1
        return now + min(_RETRY_LEAST << min(tries, _MOST_DOUBLINGS), _RETRY_MOST)

    def refused(
        self,
        now: int,
        key: Key,
        action: Action,
        error: Exception,
        status: Callable[[], Sequence[Step]] | None = None,
    ) -> Plan:
        """Say what failed, go on with what is tried beside it, come again later and later.

        *status* gives the writing of a status that had counted on what was refused.
        """
        steps, tries = self._work
        at = next((n for n, step in enumerate(steps) if step.action is action), None)
        if at is None:
            return NOTHING
        step = steps[at]
        said = [one.note for one in steps[:at] if one.note is not None]
        wake = None
        if isinstance(action, Delete) and isinstance(error, NotFound):
            # It is gone, which is what was wanted.
            said += [] if step.note is None else [step.note]
            rest: Sequence[Step] = steps[at + 1 :]
        else:
            ending = isinstance(error, KubeError) and "is being terminated" in error.message
            if not ending and not isinstance(error, AlreadyExists):
                said += [note(error) for note in step.failed]
            rest = [one for one in steps[at + 1 :] if _goes_on(one, step)]
            if status is not None and step.batch != FIRST:
                kept = [one for one in rest if not _writes_status(one)]
                rest = [*kept, *status()]
            wake = None if ending else self._again(now, key, tries)
        after = [*(Step(None, note) for note in said), *rest]
        self._work = (after, tries)
        return _plan(after, wake)

    def snapshot(self) -> list[list[Any]]:
        """Return [namespace, name, failures in a row] of each key that failed last."""
        return [[*key, tries] for key, tries in self._tries.items()]

    def restore(self, state: list[list[Any]]) -> None:
        """Take over a snapshot."""
        self._tries = {(namespace, name): tries for namespace, name, tries in state}


def _writes_status(step: Step) -> bool:
    return isinstance(step.action, Update) and step.action.subresource == "status"


def _goes_on(step: Step, refused: Step) -> bool:
    if step.batch == ALWAYS:
        return refused.batch != FIRST
    return step.batch == refused.batch > 0 and step.about != refused.about


def _plan(steps: Sequence[Step], wake: int | None) -> Plan:
    actions = tuple(step.action for step in steps if step.action is not None)
    notes = tuple(step.note for step in steps if step.note is not None)
    return Plan(actions, notes, wake)


def with_owners(obj: Obj, references: Sequence[Obj]) -> Obj:
    """Return *obj* owned by *references*."""
    meta = {k: v for k, v in obj["metadata"].items() if k != "ownerReferences"}
    if references:
        meta["ownerReferences"] = list(references)
    return {**obj, "metadata": meta}
