"""What a tenant's manifest is sized for: the GPUs of the cluster it goes to, and how it is told."""

import io
import json
import zipfile
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import yaml

from ecp.edge.problems import Problem
from ecp.orchestrator.tenants import generation
from ecp.orchestrator.tenants.generation import Archive, archived, costed, generated
from ecp.orchestrator.tenants.usecases import draft
from ecp.sim import clusters
from ecp.workloads.presets import preset

Obj = dict[str, Any]


def room(model: str) -> str:
    """Return a shipped cluster's Nodes as `ClusterPort.room` does."""
    nodes = [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": row.name, "labels": row.labels},
            "spec": {"taints": list(row.taints)},
            "status": {
                "allocatable": {
                    "cpu": row.cpu, "memory": row.memory, "nvidia.com/gpu": str(row.gpus)
                }
            },
        }
        for row in clusters.node_rows(clusters.check(clusters.model(model)))
    ]  # fmt: skip
    return json.dumps(nodes)


def made(
    counters: Mapping[str, int], options: Mapping[str, Any] | None = None, **rest: Any
) -> tuple[list[Obj], Obj]:
    """Return (objects, resources) of a tenant with those counters."""
    tenant = draft("acme", now=0, requirements=counters)
    found = generated(tenant, options or {}, **rest)
    return list(yaml.safe_load_all(found.text)), dict(found.resources)


def template(name: str) -> dict[str, int]:
    return dict(preset(name).template.items())


@pytest.mark.parametrize(
    ("name", "cluster", "gpu", "short"),
    [
        ("micro", "default", "t4", []),
        ("small", "default", "t4", []),
        ("medium", "default", "t4", [("nvidia.com/gpu", 25, 12)]),
        (
            "large",
            "default",
            "t4",
            [
                ("cpu", 511_650, 304_000),
                ("memory", 2997 << 29, 1216 << 30),
                ("nvidia.com/gpu", 109, 12),
            ],
        ),
        ("micro", "large", "l40s", []),
        ("small", "large", "l40s", []),
        ("medium", "large", "l40s", []),
        ("large", "large", "l40s", []),
    ],
)
def test_presets_are_sized_for_what_is_there_and_told_what_is_not(
    name: str, cluster: str, gpu: str, short: list[tuple[str, int, int]]
) -> None:
    objects, resources = made(template(name), room=room(cluster))
    assert resources["gpu_type"] == gpu
    rows = resources["capacity"]["shortages"]
    assert sorted((row["resource"], row["needed"], row["available"]) for row in rows) == short
    assert all(row["message"].startswith("needs ") for row in rows)
    assert resources["capacity"]["fits"] == (not short)
    selectors = [
        obj["spec"]["template"]["spec"]["nodeSelector"]
        for obj in objects
        if obj["kind"] == "Deployment" and "nodeSelector" in obj["spec"]["template"]["spec"]
    ]
    assert selectors == 3 * [{"accelerator": f"nvidia-{gpu}"}]


def test_a_caller_chooses_and_is_told_that_it_is_not_there() -> None:
    _, resources = made(template("medium"), {"gpu_type": "l40s"}, room=room("default"))
    assert resources["gpu_type"] == "l40s"
    rows = resources["capacity"]["shortages"]
    assert {row["of"] for row in rows} == {"accelerator=nvidia-l40s"}
    assert all(row["message"].startswith("no node may take a pod of Deployment") for row in rows)


def test_nothing_is_said_of_a_cluster_that_was_not_reached() -> None:
    _, resources = made(template("medium"))
    assert (resources["gpu_type"], resources["capacity"]) == ("l40s", None)


def test_a_tenant_without_gpus_asks_for_none() -> None:
    _, resources = made({"stt": 10}, room=room("large"))
    assert (resources["gpu_type"], resources["totals"]["gpus"]) == (None, 0)
    assert resources["capacity"]["fits"]


def test_every_reason_is_a_sentence() -> None:
    _, resources = made({"callbot": 10, "chatbot": 50, "advisor": 5}, room=room("default"))
    rows = [*resources["why"], *(why for w in resources["workloads"] for why in w["why"])]
    assert all(row["text"] and "{" not in row["text"] for row in rows)
    (lines,) = [row["text"] for row in rows if row["rule"] == "not-as-many-as-units"]
    assert lines.startswith("Exactly 10 lines for 10 channels would refuse 2")


def test_passwords_come_from_the_installations_key() -> None:
    def password(key: bytes) -> str:
        objects, _ = made({"chatbot": 1}, secret_key=key)
        (secret,) = [obj for obj in objects if obj["kind"] == "Secret"]
        assert ("annotations" in secret["metadata"]) == (not key)
        return b64decode(secret["data"]["database-password"]).decode()

    assert password(b"one") == password(b"one") != password(b"two")


def test_more_kinds_come_when_they_are_asked_for() -> None:
    def kinds(*include: str) -> set[str]:
        return {obj["kind"] for obj in made({"callbot": 3}, {"include": include})[0]}

    assert {"PodDisruptionBudget", "HorizontalPodAutoscaler"} <= kinds()
    assert kinds("storage") - kinds() == {"PersistentVolumeClaim", "StatefulSet"}


@pytest.mark.parametrize(
    ("counters", "options", "code", "key"),
    [
        pytest.param({}, {}, "INVALID_TENANT", "tenant.nothing-asked", id="nothing"),
        pytest.param(
            {"callbot": 100_000}, {}, "INSUFFICIENT_RESOURCES", "sizing.one-only", id="huge"
        ),
        pytest.param(
            {"tts": 100_000}, {"gpu_type": "t4"}, "INSUFFICIENT_RESOURCES", "sizing.too-large",
            id="more replicas than a cluster has",
        ),
        pytest.param(
            {"callbot": 1}, {"gpu_type": "h100"}, "INVALID_OPTION", "tenant.gpu-unknown", id="a GPU"
        ),
        pytest.param(
            {"callbot": 1}, {"cloud_provider": "moon"}, "INVALID_OPTION",
            "tenant.provider-unknown", id="a provider",
        ),
        pytest.param(
            {"callbot": 1}, {"cloud_provider": "gcp", "gpu_type": "l40s"}, "INVALID_TENANT",
            "tenant.gpu-not-offered", id="a GPU that the provider does not have",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_generated_says_why(
    counters: dict[str, int], options: dict[str, Any], code: str, key: str
) -> None:
    with pytest.raises(Problem) as caught:
        made(counters, options, room=room("default"))
    assert (caught.value.status, caught.value.code, caught.value.key) == (422, code, key)


def test_another_provider_selects_its_own_nodes() -> None:
    objects, resources = made({"callbot": 3}, {"cloud_provider": "gcp"}, room=room("default"))
    pod = next(o for o in objects if o["metadata"]["name"] == "tts" and o["kind"] == "Deployment")
    selector = pod["spec"]["template"]["spec"]["nodeSelector"]
    assert selector == {"cloud.google.com/gke-accelerator": "nvidia-tesla-t4"}
    assert not resources["capacity"]["fits"]


# --- archives and costs --------------------------------------------------------------------------


def names_of(packed: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return archive.namelist()


@pytest.mark.parametrize("form", ["zip", "kustomize", "offline"])
def test_the_same_tenant_gives_the_same_archive(form: Archive) -> None:
    tenant = draft("acme", now=0, requirements={"chatbot": 3, "callbot": 2})
    tenant = replace(tenant, options={"cloud_provider": "aws", "gpu_type": "l40s"})

    def packed(**options: Any) -> bytes:
        return archived(tenant, options, form, secret_key=b"k", registry="r.example:5000")

    assert packed() == packed()
    assert packed() != packed(include_ingress=False)
    assert "README.md" in names_of(packed())
    if form == "kustomize":
        overlays = {name.split("/")[1] for name in names_of(packed()) if "overlays/" in name}
        assert len(overlays) == 10
        # L40S, which only two of them have, is nobody else's.
        assert {"azure-production", "iaas-rehearsal"} < overlays


def test_a_bill_is_for_the_size_that_was_asked_for() -> None:
    tenant = draft("acme", now=0, requirements=template("small"))
    found = costed(tenant, {"cloud_provider": "ncp", "gpu_type": "v100"})
    assert (found["gpu_type"], found["cloud_provider"]) == ("v100", "ncp")
    assert [pool["gpu_type"] for pool in found["node_pools"]] == [None, "v100"]
    with pytest.raises(Problem) as caught:
        costed(tenant, {"cloud_provider": "azure", "gpu_type": "v100"})
    assert caught.value.key == "sizing.no-machine"


@pytest.mark.parametrize(
    ("amount", "needed", "there"),
    [
        pytest.param("1244384Mi", "1215.22Gi", "1215.21Gi", id="memory in Gi, on the safe side"),
        pytest.param("2048Mi", "2Gi", "2Gi", id="no digit more than needed"),
        pytest.param("733655m", "733.66", "733.65", id="CPU in cores"),
        pytest.param("25", "25", "25", id="whole numbers as they are"),
    ],
)
def test_amounts_are_spelled_for_reading(amount: str, needed: str, there: str) -> None:
    assert generation._rounded(amount, up=True) == needed
    assert generation._rounded(amount, up=False) == there
