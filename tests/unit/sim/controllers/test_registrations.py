"""What a server says of flows, other servers and networks: words as kube-apiserver 1.36.2's."""

from typing import Any

import pytest

from ecp.kube import kinds
from ecp.sim import clusters
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.store import Obj

SPEC: Obj = {
    "name": "small",
    "zones": ["z0"],
    "pools": [{"name": "n", "count": 1, "cpu": "8", "memory": "32Gi"}],
}


@pytest.fixture
def cluster() -> Cluster:
    return Cluster.create(clusters.check(SPEC), seed=1)


def create(cluster: Cluster, resource: str, name: str, spec: Any, **more: Any) -> None:
    namespace = more.pop("namespace", "")
    body = {"metadata": {"name": name, **more.pop("metadata", {})}, "spec": spec, **more}
    cluster.submit(Request("create", resource, namespace, body=body))
    wait(cluster)


def wait(cluster: Cluster, seconds: int = 1) -> None:
    cluster.run_until(cluster.now + seconds * SECOND)


def said(cluster: Cluster, resource: str, name: str) -> tuple[str, str, str]:
    found = cluster.store.get(resource, "", name)
    assert found is not None
    (condition,) = found["status"]["conditions"]
    return condition["status"], condition["reason"], condition["message"]


# ---- flows ----------------------------------------------------------------------------------

LEVEL = {"type": "Limited", "limited": {"limitResponse": {"type": "Reject"}}}
FLOW = {
    "priorityLevelConfiguration": {"name": "slow"},
    "rules": [{
        "subjects": [{"kind": "User", "user": {"name": "u"}}],
        "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["/x"]}],
    }],
}  # fmt: skip
DANGLES = (
    "True", "NotFound",
    'This FlowSchema references the PriorityLevelConfiguration object named "slow" but there is '
    "no such object",
)  # fmt: skip
FOUND = (
    "False", "Found",
    'This FlowSchema references the PriorityLevelConfiguration object named "slow" and it exists',
)  # fmt: skip


def test_a_flow_dangles_until_its_level_is_there(cluster: Cluster) -> None:
    create(cluster, kinds.FLOWSCHEMAS, "f", FLOW)
    assert said(cluster, kinds.FLOWSCHEMAS, "f") == DANGLES
    create(cluster, kinds.PRIORITYLEVELS, "slow", LEVEL)
    assert said(cluster, kinds.FLOWSCHEMAS, "f") == FOUND
    cluster.submit(Request("delete", kinds.PRIORITYLEVELS, "", "slow"))
    wait(cluster)
    assert said(cluster, kinds.FLOWSCHEMAS, "f") == DANGLES


# ---- other servers --------------------------------------------------------------------------

SERVER = {
    "group": "x.y", "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 5,
    "service": {"namespace": "default", "name": "s"},
}  # fmt: skip


def test_another_server_is_as_available_as_its_service(cluster: Cluster) -> None:
    def reason() -> tuple[str, str]:
        status, reason, message = said(cluster, kinds.APISERVICES, "v1.x.y")
        assert status == "False"
        return reason, message

    create(cluster, kinds.APISERVICES, "v1.x.y", SERVER)
    assert reason() == ("ServiceNotFound", 'service/s in "default" is not present')
    ports = [{"name": "h", "port": 80}]
    create(cluster, kinds.SERVICES, "s", {"ports": ports, "clusterIP": "10.96.0.77"},
           namespace="default")  # fmt: skip
    assert reason() == (
        "ServicePortError", 'service/s in "default" is not listening on port 443'
    )  # fmt: skip
    body = {"spec": {"ports": [{"name": "h", "port": 443}]}}
    cluster.submit(Request("patch", kinds.SERVICES, "default", "s", patch="merge", body=body))
    wait(cluster)
    assert reason() == (
        "EndpointsNotFound", 'cannot find endpointslices for service/s in "default"'
    )  # fmt: skip
    labels = {"kubernetes.io/service-name": "s"}
    create(cluster, kinds.ENDPOINTSLICES, "s-1", None, namespace="default",
           metadata={"labels": labels}, addressType="IPv4", ports=[{"name": "other", "port": 9}],
           endpoints=[{"addresses": ["10.0.0.1"]}])  # fmt: skip
    assert reason() == (
        "MissingEndpoints",
        'endpointslices for service/s in "default" have no addresses with port name "h"',
    )
    create(cluster, kinds.ENDPOINTSLICES, "s-2", None, namespace="default",
           metadata={"labels": labels}, addressType="IPv4", ports=[{"name": "h", "port": 9}],
           endpoints=[{"addresses": ["10.0.0.1"]}])  # fmt: skip
    url = "https://10.96.0.77:443/apis/x.y/v1"
    assert reason() == (
        "FailedDiscoveryCheck",
        f'failing or missing response from {url}: Get "{url}": dial tcp 10.96.0.77:443: connect: '
        "connection refused",
    )


# ---- networks -------------------------------------------------------------------------------

READY = ("True", "", "Kubernetes Service CIDR is ready")


def test_a_network_is_ready_and_goes_ten_seconds_after_it_was_let_go(cluster: Cluster) -> None:
    create(cluster, kinds.SERVICECIDRS, "more", {"cidrs": ["10.200.0.0/24"]})
    assert said(cluster, kinds.SERVICECIDRS, "more") == READY
    cluster.submit(Request("delete", kinds.SERVICECIDRS, "", "more"))
    wait(cluster, 9)
    assert cluster.store.get(kinds.SERVICECIDRS, "", "more") is not None
    wait(cluster, 2)
    assert cluster.store.get(kinds.SERVICECIDRS, "", "more") is None


def test_a_network_stays_while_addresses_would_be_in_none(cluster: Cluster) -> None:
    assert said(cluster, kinds.SERVICECIDRS, "kubernetes") == READY
    cluster.submit(Request("delete", kinds.SERVICECIDRS, "", "kubernetes"))
    wait(cluster, 20)
    assert said(cluster, kinds.SERVICECIDRS, "kubernetes") == (
        "False", "Terminating",
        "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a "
        "new ServiceCIDR",
    )  # fmt: skip
    create(cluster, kinds.SERVICECIDRS, "wide", {"cidrs": ["10.0.0.0/8"]})
    wait(cluster, 20)
    assert cluster.store.get(kinds.SERVICECIDRS, "", "kubernetes") is None
