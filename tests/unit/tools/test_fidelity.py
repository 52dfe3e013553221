"""What docs/reference/fidelity.md says is held against the kinds, the API and the sources."""

import asyncio
import importlib.util
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from conformance.bare import BareCluster, Client, Directory, Got, Host
from ecp.kube.kinds import KINDS, VERBS, Kind
from ecp.kube.openapi import ASKED
from ecp.simulator.kubeapi import kubeapi

ROOT = Path(__file__).resolve().parents[3]
LANGUAGES = ("en", "ko")
WHATS = ("faithful", "simplified", "kept", "refused")
FITS = {
    "acts": ("faithful", "simplified"),
    "kept": ("kept",),
    "warned": ("kept",),
    "refused": ("refused",),
}
"""What some row of a kind has to say, by the kind's effect."""
METHODS = ("GET", "PUT", "PATCH", "POST", "DELETE")
OF_VERB = {
    "create": ("POST", ""),
    "delete": ("DELETE", "/x"),
    "deletecollection": ("DELETE", ""),
    "get": ("GET", "/x"),
    "list": ("GET", ""),
    "patch": ("PATCH", "/x"),
    "update": ("PUT", "/x"),
    "watch": ("GET", "?watch=1"),
}


@cache
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "make_reference", ROOT / "tools/make_reference.py"
    )
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_reference"] = module
    spec.loader.exec_module(module)
    return module


@cache
def read() -> dict[str, Any]:
    found: dict[str, Any] = reference().fidelity()
    return found


def rows() -> list[dict[str, Any]]:
    return list(read()["rows"])


def named(row: dict[str, Any]) -> str:
    of = row["of"]
    name = ", ".join(of) if isinstance(of, list) else str(of)
    return f"{name}: {row['about']['en']}" if "about" in row else name


def of_kind(name: str) -> list[dict[str, Any]]:
    return [row for row in rows() if isinstance(row["of"], list) and name in row["of"]]


# --- the rows --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_a_kind_has_a_row_that_fits_its_effect(kind: Kind) -> None:
    said = [row["what"] for row in of_kind(kind.kind)]
    assert set(said) & set(FITS[kind.effect]), f"tools/fidelity.yaml says {said}"


def test_every_kind_and_part_that_is_named_exists_and_no_row_is_there_twice() -> None:
    kinds = {kind.kind for kind in KINDS}
    lists = [row["of"] for row in rows() if isinstance(row["of"], list)]
    parts = {row["of"] for row in rows() if not isinstance(row["of"], list)}
    assert [name for of in lists for name in of if name not in kinds] == []
    assert parts == set(read()["parts"])
    names = [named(row) for row in rows()]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("row", rows(), ids=named)
def test_a_row_says_in_both_languages_what_is_done_and_which_error_it_makes(
    row: dict[str, Any],
) -> None:
    assert row.keys() <= {"of", "about", "what", "how", "error", "source"}
    assert row["what"] in WHATS
    assert ("error" in row) is (row["what"] != "faithful")
    for field in row.keys() & {"about", "how", "error"}:
        assert tuple(row[field]) == LANGUAGES
        assert all(row[field].values())
    assert (ROOT / "src/ecp" / row["source"]).is_file()


# --- the API ---------------------------------------------------------------------------------


def subresources() -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in read()["subresources"]}


def test_the_subresources_are_those_of_the_kinds() -> None:
    there = {name for kind in KINDS for name in kind.subresources}
    assert sorted(subresources()) == sorted(there)
    for row in subresources().values():
        assert row.keys() == {"name", "methods", "what", "how"}
        assert row["what"] in WHATS
        assert tuple(row["how"]) == LANGUAGES


def path(kind: Kind) -> str:
    root = f"/apis/{kind.api_version}" if kind.group else f"/api/{kind.api_version}"
    return f"{root}{'/namespaces/default' if kind.namespaced else ''}/{kind.plural}"


def answers(asked: list[tuple[str, str]]) -> list[Got]:
    """Ask with half a body: 405 is said before a body is read, and nothing comes of the rest."""

    async def ask() -> list[Got]:
        client = Client(kubeapi(Directory(default=Host(BareCluster()))))
        leave = asyncio.Event()
        leave.set()  # a watch ends as it begins
        return [await client.ask(method, path, b"{", leave=leave) for method, path in asked]

    return asyncio.run(ask())


def below() -> Iterator[Any]:
    for kind in KINDS:
        for name in kind.subresources:
            yield pytest.param(kind, name, id=f"{kind.kind}/{name}")


@pytest.mark.parametrize(("kind", "name"), list(below()))
def test_a_subresource_answers_the_methods_that_are_named(kind: Kind, name: str) -> None:
    got = answers([(method, f"{path(kind)}/x/{name}") for method in METHODS])
    taken = {method for method, one in zip(METHODS, got, strict=True) if one.status != 405}
    assert taken == set(subresources()[name]["methods"])


NGINX = {"metadata": {"name": "x"}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
ACCOUNTS = "/api/v1/namespaces/default/serviceaccounts"
NODE = {
    "metadata": {"name": "n"},
    "status": {"addresses": [{"type": "InternalIP", "address": "192.0.2.1"}]},
}
BOUND = {**NGINX, "spec": {**NGINX["spec"], "nodeName": "n"}}  # type: ignore[dict-item]
SERVICE = {"metadata": {"name": "x"}, "spec": {"ports": [{"port": 80}]}}
PODS, SERVICES = "/api/v1/namespaces/default/pods", "/api/v1/namespaces/default/services"
SLICE = {
    "metadata": {"name": "x-1", "labels": {"kubernetes.io/service-name": "x"}},
    "addressType": "IPv4",
    "endpoints": [{"addresses": ["10.1.2.3"], "conditions": {"ready": True}}],
    "ports": [{"port": 80}],
}
SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"


@pytest.mark.parametrize(
    ("subresource", "asked", "status"),
    [
        pytest.param("exec", f"{PODS}/x/exec?command=ls", 500, id="exec"),
        pytest.param("attach", f"{PODS}/x/attach", 500, id="attach"),
        pytest.param("portforward", f"{PODS}/x/portforward", 500, id="portforward"),
        pytest.param("proxy", "/api/v1/nodes/n/proxy/metrics", 500, id="proxy of a node"),
        pytest.param("proxy", f"{SERVICES}/x/proxy/", 503, id="proxy of a Service"),
    ],
)
def test_a_refused_subresource_answers_as_it_says(
    subresource: str, asked: str, status: int
) -> None:
    async def ask() -> Got:
        client = Client(kubeapi(Directory(default=Host(BareCluster()))))
        there = ((ACCOUNTS, {"metadata": {"name": "default"}}), ("/api/v1/nodes", NODE),
                 (PODS, BOUND), (SERVICES, SERVICE), (SLICES, SLICE))  # fmt: skip
        for where, body in there:
            made = await client.ask("POST", where, body)
            assert made.status == 201, made.body
        return await client.ask("GET", asked)

    got = asyncio.run(ask())
    row = subresources()[subresource]
    assert row["what"] == "refused"
    assert got.status == status
    assert str(status) in row["how"]["en"]
    said = got.json["message"].split(": ")
    assert said[0] in row["how"]["en"]


@pytest.mark.parametrize("kind", [*KINDS, *ASKED], ids=lambda kind: kind.kind)
def test_a_verb_answers_405_where_the_page_says_so(kind: Kind) -> None:
    got = answers([(method, f"{path(kind)}{rest}") for method, rest in map(OF_VERB.get, VERBS)])  # type: ignore[misc]
    lacking = [verb for verb, one in zip(VERBS, got, strict=True) if one.status == 405]
    assert lacking == reference().lacking_verbs(kind)


@pytest.mark.parametrize(
    "kind", [k for k in KINDS if k.effect == "refused"], ids=lambda kind: kind.kind
)
def test_a_refused_kind_is_not_created(kind: Kind) -> None:
    body = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": "x"}}

    async def ask() -> Got:
        client = Client(kubeapi(Directory(default=Host(BareCluster()))))
        return await client.ask("POST", path(kind), {**body, "spec": {}})

    got = asyncio.run(ask())
    assert got.status == 403, got.body


# --- the pages -------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_what_the_generator_writes_and_has_every_row(language: str) -> None:
    name = f"fidelity{'' if language == 'en' else '.ko'}.md"
    page = (ROOT / "docs/reference" / name).read_text("utf-8")
    assert page == f"{reference().HEAD}\n{reference().fidelity_page(language)}"
    flat = [row["how"][language] for row in (*rows(), *read()["subresources"])]
    flat += [row["error"][language] for row in rows() if "error" in row]
    flat += [f"| {kind.kind} | {', '.join(kind.verbs)} |" for kind in (*KINDS, *ASKED)
             if kind.verbs != VERBS]  # fmt: skip
    assert [text for text in flat if text not in page] == []
