"""Outputs of two right runs have one form; what is no race stays different."""

import pytest

from .races import one_form
from .reasons import BUILD, DEVICES, PROTOBUF, seen

_WAITS = 'Waiting for deployment "web" rollout to finish: {}...\n'
_ROW = "- apiVersion: apps/v1\nfieldsV1:\nf:{}: {{}}\nmanager: {}\ntime: <time>\n"
_MANAGED = "metadata:\nmanagedFields:\n{}{}name: web\n"
_ONE, _OTHER = _ROW.format("spec", "kubectl"), _ROW.format("status", "kubelet")
_DONE = 'deployment "web" successfully rolled out\n'


@pytest.mark.parametrize(
    ("command", "one", "other"),
    [
        pytest.param(
            "kubectl get pods -o wide",
            "a 1/1 node-3",
            "a 1/1 node-0",
            id="a pod may land elsewhere",
        ),
        pytest.param(
            "kubectl rollout status deploy/web",
            _WAITS.format("1 out of 3 new replicas have been updated") + _DONE,
            _WAITS.format("1 old replicas are pending termination") + _DONE,
            id="a rollout may be further when somebody looks",
        ),
        pytest.param(
            "kubectl get events",
            "<age> Normal Pulled pod/a x\n<age> Normal Started pod/b y",
            "<age> Normal Started pod/b y\n<age> (x2 over <age>) Normal Pulled pod/a x",
            id="of two events either may come first",
        ),
        pytest.param(
            "kubectl get rs",
            "NAME\nweb-<hash_suffix> 0\nweb-<hash_suffix> 3",
            "NAME\nweb-<hash_suffix> 3\nweb-<hash_suffix> 0",
            id="drawn names sort as they like",
        ),
        pytest.param(
            "kubectl get deploy web -o yaml --show-managed-fields",
            _MANAGED.format(_ONE, _OTHER),
            _MANAGED.format(_OTHER, _ONE),
            id="who set fields sorts by the second",
        ),
    ],
)
def test_two_samples_of_a_race_have_one_form(command: str, one: str, other: str) -> None:
    assert one != other
    assert one_form(command, one) == one_form(command, other)


@pytest.mark.parametrize(
    ("command", "one", "other"),
    [
        pytest.param(
            "kubectl get nodes", "node-3 Ready", "node-0 Ready", id="nodes are told by their names"
        ),
        pytest.param(
            "kubectl rollout status deploy/web",
            _WAITS.format("1 old replicas are pending termination") + _DONE,
            _WAITS.format("1 old replicas are pending termination")
            + 'error: deployment "web" exceeded its progress deadline\n',
            id="how a rollout ends is no race",
        ),
        pytest.param(
            "kubectl get events",
            "<age> Normal Pulled pod/a x",
            "<age> Normal Pulled pod/a y",
            id="what an event says is no race",
        ),
        pytest.param(
            "kubectl get deploy web -o yaml --show-managed-fields",
            _MANAGED.format(_ONE, _OTHER),
            _MANAGED.format(_ONE, _OTHER.replace("status", "spec")),
            id="who set which field is no race",
        ),
        pytest.param("kubectl get cm", "a 1\nb 2", "b 2\na 1", id="given names are sorted"),
    ],
)
def test_what_is_no_race_stays_different(command: str, one: str, other: str) -> None:
    assert one_form(command, one) != one_form(command, other)


@pytest.mark.parametrize(
    ("request_", "difference", "reason"),
    [
        ("GET /apis/resource.k8s.io/v1/deviceclasses?", ".rows: 1 items wanted", DEVICES),
        (
            "GET /api/v1/pods?",
            "header content-type: want ['application/vnd.kubernetes.protobuf'], got ['x']",
            PROTOBUF,
        ),
        ("PUT /x?", '.message: want "pod updates may not change fields ... service-ca.crt', BUILD),
        ("GET /api/v1/pods?", ".items: 1 items wanted, got []", ""),
    ],
)
def test_a_difference_shows_its_reason(request_: str, difference: str, reason: str) -> None:
    assert seen(request_, difference) == reason
