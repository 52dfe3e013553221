"""A cluster as it was before a restart: its newest snapshot, and its journal lived again."""

import logging
from collections.abc import Callable
from typing import Any

from ecp.kube.errors import KubeError
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import ReplayDiverged
from ecp.sim.requests import Request
from ecp.simulator import journal as journals
from ecp.simulator.hosting import HostedCluster
from ecp.simulator.pacer import Pace
from ecp.simulator.saving import restored
from ecp.simulator.storage import Store, engine_version

log = logging.getLogger("ecp.simulator")


def reopen(name: str, store: Store, wall: Callable[[], int]) -> HostedCluster:
    """Return the cluster of a shelf as its snapshot and journal say it is.

    Under the engine version that wrote the journal the replay is exact; under another one each
    request is submitted at its instant and what no longer applies is logged.
    """
    shelf = store.shelf(name)
    number = shelf.newest()
    if number is None:
        raise FileNotFoundError(shelf.place)
    state = shelf.load(number)
    cluster = restored(state)
    exact = state["engine_version"] == engine_version()
    pace = Pace.from_json(state["pace"])
    actions = state["actions"]
    for record in journals.read(shelf.journal(number)):
        actions += 1
        now, fired = record["at"]
        if exact:
            cluster.engine.run_to_position(now, fired)
        else:
            cluster.run_until(now)
        if "pace" in record:
            pace = Pace.from_json(record["pace"])
        else:
            replay(cluster, record, exact)
    goes_on = pace.restarted(cluster.now, shelf.lived_until(), wall())
    # Older files do not say which it is.
    incarnation, rewinds = state.get("incarnation", ""), state.get("rewinds", 0)
    hosted = HostedCluster(
        name, cluster, goes_on, shelf, number, wall,
        incarnation=incarnation, rewinds=rewinds, actions=actions,
        forked_from=state.get("forked_from", ""),
    )  # fmt: skip
    if not exact or goes_on != pace:
        # What follows is written by this version: it must not stand after a snapshot of another.
        # And where a clock was set to is kept before anybody sees it.
        hosted.save()
    return hosted


def replay(cluster: Cluster, record: dict[str, Any], exact: bool) -> None:
    """Submit a journalled request again. Raises ReplayDiverged when an exact one is refused."""
    request = Request.from_json(record["request"])
    try:
        cluster.submit(request, cause=record["cause"])
    except KubeError as error:
        if exact:
            raise ReplayDiverged(f"{record['cause']} was accepted and is now refused") from error
        log.warning("after an upgrade %s no longer applies: %s", record["cause"], error)
