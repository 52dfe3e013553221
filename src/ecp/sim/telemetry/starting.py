"""When a tenant's first entry requests were served, as its ledger has it, or how they fail."""

from collections.abc import Iterator
from typing import NamedTuple

from ecp.sim.telemetry.ledger import Ledger, chain, entries
from ecp.sim.traffic.model import Result
from ecp.slo.slots import SLOT_SECONDS

_SECOND = 1_000_000_000


class FirstServed(NamedTuple):
    """A workload by which requests enter: the first good slot's instant (ns), None = none yet.

    Then `path` are the workloads on the way to where they fail, `reason` the word for how.
    """

    name: str
    served: int | None
    path: str = ""
    reason: str = ""


def first_served(
    ledger: Ledger | None, now: int, results: tuple[Result, ...], since: int
) -> Iterator[FirstServed]:
    """Yield what became of each entry's requests since *since* (ns); *results* hold at *now*.

    A slot is good where its entry request was: the modelled share of bad ones stays below the
    objective's. Without an entry among the workloads each of them is one.
    """
    slot_ns = SLOT_SECONDS * _SECOND
    first = -(-since // slot_ns)
    for result in entries(results):
        if not result.wanted:
            continue
        slot = None if ledger is None else _first_good(ledger, result.name, first)
        if slot is None and result.state == "U":
            slot = max(first, now // slot_ns)
        if slot is not None and slot * slot_ns <= now:
            yield FirstServed(result.name, slot * slot_ns)
        else:
            steps = chain(results, result)
            last = steps[-1][1].seen if steps else None
            path = " → ".join(step.name for step, _ in steps) or result.name
            yield FirstServed(result.name, None, path, last.reason if last else "")


def _first_good(ledger: Ledger, name: str, first: int) -> int | None:
    if ledger.end is None:
        return None
    for start, _, results in ledger.between(first, ledger.end):
        if any(result.name == name and result.state == "U" for result in results or ()):
            return start
    return None
