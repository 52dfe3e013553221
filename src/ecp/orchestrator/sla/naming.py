"""What faults are called that a report names as causes: an id says nothing to a customer."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final

from ecp.orchestrator.ports import ClusterRefused, ClusterUnreachable, House
from ecp.orchestrator.records import Mode
from ecp.slo.kept import KeptMinute

Titles = Mapping[str, Mapping[str, str]]
"""By the id of a fault: its title and whom it hit, by language."""

_PATIENCE_S: Final = 5.0


async def titles(house: House, mode: Mode, namespace: str) -> Titles:
    """Return the titles of the faults in a namespace; none while nobody can say them."""
    simulator = house.simulator(mode)
    try:
        async with asyncio.timeout(_PATIENCE_S):
            kinds = {row["name"]: row["title"] for row in await simulator.fault_kinds()}
            rows = await simulator.faults(namespace)
    except (ClusterUnreachable, ClusterRefused, TimeoutError):
        return {}
    return {
        row["id"]: {
            language: f"{title} ({', '.join(row['targets'])})" if row["targets"] else title
            for language, title in kinds[row["fault"]].items()
        }
        for row in rows
        if isinstance(kinds.get(row["fault"]), Mapping)
    }


def named(known: Titles, minutes: Iterable[KeptMinute]) -> Titles:
    """Return of what is known that which minutes name as a cause, by id."""
    ids = {cause[1] for minute in minutes for cause in minute.causes}
    return {name: known[name] for name in sorted(ids & known.keys())}
