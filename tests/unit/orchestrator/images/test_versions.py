"""Versions in bundles, registries that stand in for others, facts as the simulator reads them."""

import json
from base64 import b64decode, b64encode
from typing import Any

import pytest

from ecp.orchestrator.adapters.images import Images
from ecp.orchestrator.images import model
from ecp.orchestrator.ports import SEALED, SealLost
from ecp.orchestrator.records import ImageVersion, Registry
from ecp.validation import validate

CALLBOT = "harbor.ecp-ai.com/ecp-ai/callbot"
MIRROR = Registry("inner", "harbor.internal:5000", "mirror", "harbor.ecp-ai.com", "", "", 0)


def deployment(name: str, *images: str, **annotations: str) -> dict[str, Any]:
    containers = [
        {"name": name if number == 0 else f"side-{number}", "image": image}
        for number, image in enumerate(images)
    ]
    template: dict[str, Any] = {"metadata": {"labels": {"app": name}}}
    if annotations:
        template["metadata"]["annotations"] = annotations
    template["spec"] = {"containers": containers}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"template": template},
    }


def version(facts: dict[str, str] | None = None) -> dict[str, ImageVersion]:
    row = ImageVersion(1, "callbot", "1.4.2", f"{CALLBOT}:1.4.2", facts or {}, "", 0)
    return {"callbot": row}


def images_of(obj: dict[str, Any]) -> list[str]:
    return [row["image"] for row in obj["spec"]["template"]["spec"]["containers"]]


def notes_of(obj: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = obj["spec"]["template"]["metadata"].get("annotations", {})
    return found


def test_a_version_changes_its_own_workload_and_no_sidecar() -> None:
    bundle = [deployment("callbot", f"{CALLBOT}:1.0.0", "envoy:1"), deployment("stt", "a/stt:1")]
    callbot, stt = model.with_images(bundle, version(), None)
    assert images_of(callbot) == [f"{CALLBOT}:1.4.2", "envoy:1"]
    assert stt is bundle[1]
    assert images_of(bundle[0])[0] == f"{CALLBOT}:1.0.0", "what was handed out stays as it was"


def test_facts_of_a_version_go_with_its_pods_and_replace_those_of_the_one_before() -> None:
    old = {f"{model.PREFIX}memory.callbot": "1Gi", f"{model.PREFIX}ready-after": "1s", "a": "b"}
    bundle = [deployment("callbot", f"{CALLBOT}:1.0.0", **old)]
    facts = {"start": "40s", "size": "900M"}
    [made] = model.with_images(bundle, version(facts), None)
    assert notes_of(made) == {
        "a": "b",
        f"{model.PREFIX}ready-after": "1s",
        f"{model.PREFIX}start-after.callbot": "40s",
        f"{model.PREFIX}image-size.callbot": "900M",
    }


@pytest.mark.parametrize(
    ("image", "there"),
    [
        pytest.param(f"{CALLBOT}:1", "harbor.internal:5000/mirror/ecp-ai/callbot:1", id="its own"),
        pytest.param("harbor.ecp-ai.company/a:1", "harbor.ecp-ai.company/a:1", id="another host"),
        pytest.param("nginx:1.27", "nginx:1.27", id="a short name of the Docker hub"),
    ],
)
def test_a_registry_stands_in_for(image: str, there: str) -> None:
    assert model.inside(image, MIRROR) == there


def test_what_is_known_of_an_image_is_not_lost_when_another_registry_has_it() -> None:
    [made] = model.with_images([deployment("callbot", f"{CALLBOT}:1.0.0")], {}, MIRROR)
    shipped = model.known_facts(f"{CALLBOT}:1.0.0")
    notes = notes_of(made)
    assert shipped["start"]
    assert notes[f"{model.PREFIX}start-after.callbot"] == shipped["start"]
    assert notes[f"{model.PREFIX}image-size.callbot"] == shipped["size"]


def test_the_simulator_believes_what_a_version_says() -> None:
    """The annotations are the simulator's own: its template of the pod has these figures."""
    from ecp.sim.kubelet.template import Notes, _override
    from ecp.workloads.images import facts

    given = {"size": "900M", "start": "40s", "memory": "700Mi", "memory_growth": "1Mi",
             "cpu": "100m", "stop": "never", "drains": "true", "missing": "true",
                 "private": "true"}  # fmt: skip
    assert given.keys() == model.FACTS.keys()
    [made] = model.with_images([deployment("callbot", "x:1")], version(given), None)
    known, _, _, _ = _override(facts("x:1"), None, 0, "callbot", Notes(notes_of(made)))
    assert (known.size, known.start, known.memory) == (900_000_000, 40_000_000_000, 700 << 20)
    assert (known.growth, known.cpu, known.stop) == (1 << 20, 100_000_000, None)
    assert (known.drains, known.missing) == (True, True)


@pytest.mark.parametrize(
    ("field", "given"),
    [
        pytest.param("facts.start", {"start": "soon"}, id="a duration that is none"),
        pytest.param("facts.size", {"size": "-1"}, id="a negative size"),
        pytest.param("facts.drains", {"drains": "yes"}, id="neither true nor false"),
        pytest.param("facts.colour", {"colour": "blue"}, id="a fact that there is not"),
    ],
)
def test_refused_facts_name_the_field(field: str, given: dict[str, str]) -> None:
    with pytest.raises(model.BadImage) as refused:
        model.check_facts(given)
    assert refused.value.field == field


def test_a_password_is_never_shown_and_a_variable_that_holds_one_is() -> None:
    shown = [
        model.registry_json(MIRROR._replace(password=password), "")["password"]
        for password in ("hunter2", "env:HARBOR", "")
    ]
    assert shown == ["***", "env:HARBOR", ""]


def test_a_registry_with_a_user_is_pulled_from_with_its_own_secret() -> None:
    inner = MIRROR._replace(username="robot")
    theirs = deployment("b", "harbor.internal:5000/mirrored/b:1")
    bundle = model.with_images([deployment("a", f"{CALLBOT}:1", "envoy:1"), theirs], {}, inner)
    made, other, secret = model.with_pull_secret(bundle, inner, "p:w")
    assert made["spec"]["template"]["spec"]["imagePullSecrets"] == [{"name": "ecp-registry"}]
    private = [note for note in notes_of(made) if "image-private" in note]
    assert private == [f"{model.PREFIX}image-private.a"]
    assert other is theirs
    assert secret["type"] == "kubernetes.io/dockerconfigjson"
    read = json.loads(b64decode(secret["data"][".dockerconfigjson"]))
    auth = b64encode(b"robot:p:w").decode()
    row = {"username": "robot", "password": "p:w", "auth": auth}
    assert read == {"auths": {"harbor.internal:5000": row}}
    # No server refuses it, and it changes nothing when it is there already.
    assert validate(json.dumps({**secret, "metadata": {"name": "ecp-registry"}})).valid
    again = model.with_pull_secret([made], inner, "p:w")[0]
    assert again["spec"]["template"]["spec"]["imagePullSecrets"] == [{"name": "ecp-registry"}]
    # Where nothing comes from it, nobody needs a password.
    assert not model.draws_on([theirs], inner)
    assert model.draws_on(bundle, inner)


def test_a_password_is_what_was_given_or_what_its_variable_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    book = Images(None, None)  # type: ignore[arg-type]
    monkeypatch.setenv("HARBOR", "word")
    assert book.password(MIRROR._replace(password="env:HARBOR")) == "word"
    assert book.password(MIRROR._replace(password="env:NOT_SET")) == ""
    assert book.password(MIRROR._replace(password="plain")) == "plain"
    with pytest.raises(SealLost):
        book.password(MIRROR._replace(password=f"{SEALED}x"))
