"""At which field of which object of a manifest a trouble is mended."""

from typing import Any

import pytest

from ecp.kube.kinds import DEPLOYMENTS, PODS
from ecp.rehearsal.bundle import Ref
from ecp.rehearsal.fields import place_of, referring

WEB = Ref(DEPLOYMENTS, "shop", "web")
ABOUT_A_POD = {"pod": "web-1", "container": "c", "among": "containers"}
NO_NODE = "0/11 nodes are available: 3 node(s) had untolerated taint(s), 8 "


@pytest.mark.parametrize(
    ("cause", "values", "object_", "field"),
    [
        pytest.param("image", {}, "deployment/web", "spec.template.spec.containers[c].image",
                     id="an image"),
        pytest.param("image", {"among": "initContainers"}, "deployment/web",
                     "spec.template.spec.initContainers[c].image", id="that of an init container"),
        pytest.param("oom", {}, "deployment/web",
                     "spec.template.spec.containers[c].resources.limits.memory",
                     id="too little memory"),
        pytest.param("probe", {"probe": "Liveness probe failed: x"}, "deployment/web",
                     "spec.template.spec.containers[c].livenessProbe", id="the probe that fails"),
        pytest.param("probe", {"probe": "Readiness probe failed: x"}, "deployment/web",
                     "spec.template.spec.containers[c].readinessProbe", id="another probe"),
        pytest.param("config", {"field": "spec.containers[c].envFrom[1]"}, "deployment/web",
                     "spec.template.spec.containers[c].envFrom[1]", id="what refers to a Secret"),
        pytest.param("claim", {"claim": "data"}, "persistentvolumeclaim/data",
                     "spec.storageClassName", id="a claim: itself, not who uses it"),
        pytest.param("unschedulable",
                     {"message": f"{NO_NODE}node(s) didn't match Pod's node affinity/selector."},
                     "deployment/web", "spec.template.spec.nodeSelector", id="a node selector"),
        pytest.param("unschedulable", {"message": f"{NO_NODE}Insufficient cpu."},
                     "deployment/web", "spec.template.spec.containers", id="requests"),
        pytest.param("calls-nothing", {}, "deployment/web", "", id="else the object"),
    ],
)  # fmt: skip
def test_a_trouble_is_mended_at_a_field(
    cause: str, values: dict[str, str], object_: str, field: str
) -> None:
    place = place_of(WEB, cause, ABOUT_A_POD | values)
    assert (place.ref.word, place.field) == (object_, field)


def test_a_bare_pod_has_no_template() -> None:
    pod = Ref(PODS, "shop", "p")
    assert place_of(pod, "image", ABOUT_A_POD).field == "spec.containers[c].image"


@pytest.mark.parametrize(
    ("container", "message", "field"),
    [
        pytest.param({"envFrom": [{"configMapRef": {"name": "a"}}, {"secretRef": {"name": "b"}}]},
                     'secret "b" not found', "spec.containers[c].envFrom[1]", id="all of a Secret"),
        pytest.param({"env": [{"name": "KEY", "valueFrom":
                               {"secretKeyRef": {"name": "b", "key": "k"}}}]},
                     "couldn't find key k in Secret shop/b", "spec.containers[c].env[KEY]",
                     id="a key of one"),
        pytest.param({}, 'secret "b" not found', "", id="nothing refers to it"),
    ],
)  # fmt: skip
def test_what_refers_to_what_is_not_there(
    container: dict[str, Any], message: str, field: str
) -> None:
    pod = {"spec": {"containers": [{"name": "other"}, {"name": "c", **container}]}}
    assert referring(pod, "c", message) == field
