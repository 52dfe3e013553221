"""A judgement about a start-up: what is up since when, what keeps the rest, as plain data too."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ecp.kube.kinds import SERVICES
from ecp.kube.times import rfc3339
from ecp.rehearsal.bundle import Ref
from ecp.rehearsal.fields import place_of
from ecp.rehearsal.startup import READY_DEADLINE
from ecp.rehearsal.troubles import Trouble, cause_text, remedy_text
from ecp.sim.traffic.trial import Called
from ecp.texts import Language

_SECOND = 1_000_000_000


class Seen(NamedTuple):
    """A workload or Service of the release: since when it is up (ns), None while it is not."""

    ref: Ref
    desired: int
    ready: int
    since: int | None


class Entry(NamedTuple):
    """Where requests enter: when the first was served (ns), None = not yet; then how they fail.

    `values` are those of `startup.cause.entry`: path, reason.
    """

    ref: Ref
    served: int | None
    values: Mapping[str, str] = {}


class Judgement(NamedTuple):
    """What became of a release, at the cluster's instant `now` (ns).

    `blocked`: a rollout has given up; `doubtful`: something may still pass, or not.
    """

    now: int
    began: int
    workloads: tuple[Seen, ...]
    services: tuple[Seen, ...]
    calls: tuple[Called, ...]
    entries: tuple[Entry, ...]
    troubles: tuple[Trouble, ...]
    blocked: bool
    doubtful: bool = False

    @property
    def ready(self) -> bool:
        """Whether all workloads are available and all Services have endpoints."""
        return all(item.since is not None for item in (*self.workloads, *self.services))

    @property
    def started(self) -> bool:
        """Whether the tenant's solution is up: ready, whom it calls answers, requests served.

        What is not, or is not yet, is a trouble, told or doubtful.
        """
        return self.ready and not self.troubles and not self.doubtful

    @property
    def late(self) -> bool:
        """Whether nothing more is to be expected of what is not up."""
        return self.blocked or self.now - self.began >= READY_DEADLINE

    @property
    def stalled(self) -> bool:
        """Whether it is not ready and nothing more is to be expected."""
        return not self.ready and self.late

    @property
    def settled(self) -> bool:
        """Whether it is ready and known to be started, or not."""
        return self.ready and (self.started or (bool(self.troubles) and not self.doubtful))

    def conditions(self) -> dict[str, tuple[bool, int | None]]:
        """Return the conditions of "started": whether each holds, since when (ns)."""
        up = {item.ref: item.since for item in (*self.workloads, *self.services)}
        ends: list[int | None] = [
            None if call.fails else up.get(Ref(*call.caller), self.began)
            for call in self.calls
            if not call.spared and not call.outside
        ]
        ends += [
            up.get(Ref(SERVICES, *call.service), self.began)
            for call in self.calls
            if call.service is not None and not call.spared
        ]
        groups: dict[str, list[int | None]] = {
            "workloads_available": [item.since for item in self.workloads],
            "services_with_endpoints": [item.since for item in self.services],
            "dependencies_answering": ends,
            "entry_requests_served": [entry.served for entry in self.entries],
        }
        return {name: _all(instants, self.began) for name, instants in groups.items()}

    def to_json(self, language: Language) -> dict[str, Any]:
        """Return it as plain data; `seconds` are simulated ones since the release began."""
        conditions = self.conditions()
        confirmed = max(since or self.began for _, since in conditions.values())
        return {
            "started": self.started,
            "ready": self.ready,
            "settled": self.settled,
            "stalled": self.stalled,
            "judged_at": rfc3339(self.now),
            "began": rfc3339(self.began),
            "confirmed_at": rfc3339(confirmed) if self.started else None,
            "seconds": _since(confirmed, self.began) if self.started else None,
            "conditions": {
                name: {"met": met, "seconds": _since(since, self.began)}
                for name, (met, since) in conditions.items()
            },
            "workloads": [self._item(item) for item in self.workloads],
            "services": [self._item(item) for item in self.services],
            "dependencies": {
                "declared": len(self.calls),
                "answering": sum(call.outcome.ok for call in self.calls),
                "failing": sum(call.fails for call in self.calls),
                "spared": sum(call.spared and not call.outcome.ok for call in self.calls),
                "outside": sum(call.outside for call in self.calls),
            },
            "entries": [
                {
                    "object": entry.ref.word,
                    "served": entry.served is not None,
                    "seconds": _since(entry.served, self.began),
                }
                for entry in self.entries
            ],
            "problems": [problem_json(trouble, language) for trouble in self.troubles],
        }

    def _item(self, item: Seen) -> dict[str, Any]:
        return {
            "object": item.ref.word,
            "desired": item.desired,
            "ready": item.ready,
            "available": item.since is not None,
            "seconds": _since(item.since, self.began),
        }


def problem_json(trouble: Trouble, language: Language) -> dict[str, Any]:
    """Return what keeps a release from starting: the object, the cause, what to change.

    `pod` is one that it concerns; `at` the field of the object of the manifest that is to change.
    """
    place = place_of(trouble.ref, trouble.cause, trouble.values)
    return {
        "object": trouble.ref.word,
        "namespace": trouble.ref.namespace,
        "cause": trouble.cause,
        "text": cause_text(trouble, language),
        "remedy": remedy_text(trouble, language),
        "pod": trouble.values.get("pod"),
        "at": {"object": place.ref.word, "field": place.field},
    }


def _all(instants: Sequence[int | None], began: int) -> tuple[bool, int | None]:
    there = [instant for instant in instants if instant is not None]
    met = len(there) == len(instants)
    return met, max(there, default=began) if met else None


def _since(instant: int | None, began: int) -> float | None:
    # Conditions are written in whole seconds: nothing was up before it was sent.
    return None if instant is None else max(0.0, round((instant - began) / _SECOND, 1))
