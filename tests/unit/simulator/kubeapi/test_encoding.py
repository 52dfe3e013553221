"""Encoded forms: what is kept, and what is cut out of it, is what would be encoded anew."""

from typing import Any

import pytest

from ecp.kube import kinds
from ecp.sim import clusters
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.simulator.kubeapi.encoding import Encoder

POD = {
    "metadata": {"name": "bare", "labels": {"c": "d"}},
    "spec": {"containers": [{"name": "c", "image": "app:1"}]},
}
AGENT = {
    "metadata": {"name": "agent"},
    "spec": {
        "selector": {"matchLabels": {"a": "b"}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": POD["spec"]},
    },
}


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    made = Cluster.create(clusters.model("default"), seed=1)
    bodies: dict[str, Any] = {kinds.PODS: POD, kinds.DAEMONSETS: AGENT}
    for resource, body in bodies.items():
        made.submit(Request("create", resource, "default", body=body, manager="test"))
    made.run_until(made.now + 60 * SECOND)
    return made


@pytest.mark.parametrize(
    "room",
    [pytest.param(96 << 20, id="all are kept"), pytest.param(6_000, id="few have room")],
)
def test_what_is_kept_is_what_would_be_encoded_anew(cluster: Cluster, room: int) -> None:
    encoder = Encoder(cluster, room)
    for _ in range(2):
        for resource in cluster.store.resources():
            kind = cluster.catalogue.by_resource[resource]
            for stored in cluster.store.items(resource).values():
                for form in (encoder.partial, encoder.whole, encoder.item):
                    assert form(kind, stored) == form(kind, stored, cache=False)


@pytest.mark.parametrize(
    ("room", "kept"),
    [
        pytest.param(96 << 20, True, id="an object is encoded once"),
        pytest.param(1_000, False, id="one that has no room is encoded each time"),
    ],
)
def test_an_object_is_kept_while_there_is_room(cluster: Cluster, room: int, kept: bool) -> None:
    encoder = Encoder(cluster, room)
    kind = cluster.catalogue.by_resource[kinds.PODS]
    stored = cluster.store.stored(kinds.PODS, ("default", "bare"))
    assert stored is not None
    encoder.whole(kind, stored)
    assert (encoder.whole(kind, stored) is encoder.whole(kind, stored)) is kept
