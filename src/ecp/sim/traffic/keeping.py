"""A tenant's state as plain data; what can be looked at again is not in it."""

from collections.abc import Mapping
from typing import Any

from ecp.sim.traffic.model import Offer, Seen
from ecp.sim.traffic.state import Back, Door, State
from ecp.sim.traffic.tenants import plain_result, plain_tenant, result_from_plain
from ecp.sim.traffic.underway import open_from_plain, plain_open


def plain_state(state: State) -> dict[str, Any]:
    """Write down what is kept of a tenant."""
    return {
        "tenant": plain_tenant(state.tenant),
        "since": state.since,
        "lost": [state.lost, state.unseen],
        "results": None
        if state.results is None
        else [plain_result(result) for result in state.results],
        "doors": [
            [*key, door.listed, [*map(list, door.answering)], list(door.dead),
             [*map(list, door.pods)]]
            for key, door in state.doors.items()
        ],
        "drawn": state.parts is not None,
        "dirty": [list(key) for key in state.dirty],
        "open": plain_open(state.open),
        "turns": [[*key, at] for key, at in state.turns.items()],
        "entering": {name: list(offer) for name, offer in state.entering.items()},
        "step_at": state.step_at,
        "turn": state.turn,
        "known": list(state.known),
        "versions": {name: list(row) for name, row in state.versions.items()},
        "backs": [list(back) for back in state.backs],
        "unnamed": [[*key, since] for key, since in state.unnamed.items()],
    }  # fmt: skip


def fill(state: State, row: Mapping[str, Any]) -> None:
    """Take over what `plain_state` wrote, also before it told of all that."""
    state.since = row["since"]
    state.lost, state.unseen = row.get("lost", ("", 0))
    if row["results"] is not None:
        state.results = tuple(result_from_plain(result) for result in row["results"])
    state.known = dict.fromkeys(row["known"])
    for namespace, name, listed, answering, dead, pods in row["doors"]:
        state.doors[namespace, name] = Door(
            listed,
            tuple((ns, pod) for ns, pod in answering),
            Seen(*dead),
            tuple((ns, pod) for ns, pod in pods),
        )
    state.versions = {name: tuple(found) for name, found in row.get("versions", {}).items()}
    state.backs = [Back(*back) for back in row.get("backs", ())]
    state.unnamed = {(part, host): since for part, host, since in row.get("unnamed", ())}
    state.open = open_from_plain(row.get("open", ()))
    state.leaving = {one.key: None for one in state.open.values() if one.left >= 0}
    state.dirty = dict.fromkeys((ns, service) for ns, service in row["dirty"])
    if "open" not in row:
        # An older snapshot does not say who is asked: from here on it is known.
        state.dirty |= dict.fromkeys(state.doors)
    # An older snapshot does not say: then all are looked at again.
    turns = row.get("turns", [[*key, 0] for key in state.doors])
    state.turns = {(ns, service): at for ns, service, at in turns}
    state.entering = {name: Offer(*offer) for name, offer in row["entering"].items()}
    state.step_at, state.turn = row["step_at"], row["turn"]
