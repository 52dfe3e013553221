"""How a tenant came up, as its ledger has it: first served requests, first slots in full."""

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


class Stood(NamedTuple):
    """A workload since some instant: the first slots (ns) in which it had all its pods, and in
    which it answered; None = none yet. `modelled`: the calls that it declares are made."""

    name: str
    modelled: bool
    whole: int | None = None
    answered: int | None = None


def stood(ledger: Ledger | None, began: int, since: int) -> tuple[int | None, list[Stood]]:
    """Return what closed slots tell of a start-up, whatever came after it; instants in ns.

    First that of the first slot since *since* in which all workloads had all their pods and
    answered, None = none yet; then each workload by itself, since *began*.
    """
    slot_ns = SLOT_SECONDS * _SECOND
    rows: dict[str, Stood] = {}
    if ledger is None or ledger.end is None:
        return None, []
    for start, after, results in ledger.between(-(-began // slot_ns), ledger.end):
        at = start * slot_ns
        for result in results or ():
            row = rows.get(result.name) or Stood(result.name, result.modelled)
            if row.whole is None and result.pods >= result.wanted:
                row = row._replace(whole=at)
            if row.answered is None and result.state == "U":
                row = row._replace(answered=at)
            rows[result.name] = row
        whole = results and all(r.state == "U" and r.pods >= r.wanted for r in results)
        if whole and after * slot_ns > since:
            return max(at, -(-since // slot_ns) * slot_ns), list(rows.values())
    return None, list(rows.values())


def _first_good(ledger: Ledger, name: str, first: int) -> int | None:
    if ledger.end is None:
        return None
    for start, _, results in ledger.between(first, ledger.end):
        if any(result.name == name and result.state == "U" for result in results or ()):
            return start
    return None
