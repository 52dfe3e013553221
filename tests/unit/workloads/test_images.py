"""Image facts, names and the words of data files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecp.kube.durations import InvalidDuration, go_duration
from ecp.kube.durations import parse as duration
from ecp.workloads.commands import Ends, ends
from ecp.workloads.images import (
    InvalidImageName,
    InvalidImageRow,
    facts,
    full_name,
    image_id,
    read_rows,
)

SECOND = 1_000_000_000
DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.21-alpine", "docker.io/library/nginx:1.21-alpine"),
        ("ecp-ai/chatbot:latest", "docker.io/ecp-ai/chatbot:latest"),
        ("gcr.io/google-samples/gb-frontend:v5", "gcr.io/google-samples/gb-frontend:v5"),
        ("localhost:5000/a", "localhost:5000/a:latest"),
        (f"busybox:1.38.0@{DIGEST}", f"docker.io/library/busybox:1.38.0@{DIGEST}"),
        (f"nginx@{DIGEST}", f"docker.io/library/nginx@{DIGEST}"),
    ],
)
def test_full_names(image: str, name: str) -> None:
    assert full_name(image) == name


@pytest.mark.parametrize("image", ["NOT/a valid::image", "", "a b", "nginx:", "-x", "x@sha256:1"])
def test_what_is_no_image_name(image: str) -> None:
    with pytest.raises(InvalidImageName, match="couldn't parse image name"):
        full_name(image)


def test_upper_case_is_named_as_such() -> None:
    with pytest.raises(InvalidImageName, match="repository name must be lowercase"):
        full_name("Nginx:1")


def test_image_id_is_the_digest_asked_for_or_a_stable_one() -> None:
    assert image_id(f"busybox:1@{DIGEST}") == f"docker.io/library/busybox@{DIGEST}"
    assert image_id("localhost:5000/a").startswith("localhost:5000/a@sha256:")
    assert image_id("nginx") == image_id("docker.io/library/nginx:latest")


@pytest.mark.parametrize(
    ("image", "profile"),
    [
        ("nginx:1.21-alpine", "nginx"),
        ("postgres:13-alpine", "postgresql"),
        ("qdrant/qdrant:latest", "qdrant"),
        ("mongo", "mongodb"),
        ("redis:alpine", "redis"),
        ("registry.k8s.io/redis:e2e", "redis"),
        ("rabbitmq:3.6.8-management", "rabbitmq"),
        ("weaveworksdemos/user-db:0.3.0", "sock-shop-mongo"),
        ("weaveworksdemos/carts:0.4.8", "sock-shop-jvm"),
        ("weaveworksdemos/catalogue:0.3.5", "sock-shop-go"),
        (
            "us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/"
            "checkoutservice:v0.10.6",
            "boutique-go",
        ),
        ("gcr.io/google-samples/gb-frontend:v5", "guestbook-frontend"),
        (f"busybox:1.38.0@{DIGEST}", "busybox"),
        ("ecp-ai/chatbot:latest", "generic"),
        ("example.com/nginx:1", "generic"),
        ("nginxinc/nginx-unprivileged:1.27", "nginx"),
    ],
)
def test_profiles(image: str, profile: str) -> None:
    assert facts(image).profile == profile


@pytest.mark.parametrize(
    ("image", "user"),
    [
        ("nginx", "0"),
        ("nginxinc/nginx-unprivileged", "101"),
        ("memcached", "memcache"),
        ("registry.k8s.io/pause:3.10", "65535"),
        ("nobody/knows:this", None),
    ],
    ids=["none", "a number", "a name", "a number beside a group", "not known"],
)
def test_as_whom_an_image_runs(image: str, user: str | None) -> None:
    assert facts(image).user == user


def test_generic_is_what_the_domain_decided() -> None:
    generic = facts("nobody/knows:this")
    assert generic.source == "assumed"
    assert generic.size == 200_000_000
    assert generic.start == 2 * SECOND
    assert generic.ports is None
    assert not generic.missing


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{match: x}", r"images\[0\].source: required"),
        ("{match: x, source: s, sise_mb: 1}", r"images\[0\]: unknown field 'sise_mb'"),
        ("{match: x, source: s, start: soon}", "'soon' is not a duration"),
        ("{match: x, source: s, memory: lots}", "quantities must match"),
    ],
)
def test_a_wrong_row_is_refused_by_name(row: str, message: str) -> None:
    with pytest.raises(InvalidImageRow, match=message):
        read_rows(f"images: [{row}]", "f.yaml")


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("1.5s", 1_500_000_000),
        ("500ms", 500_000_000),
        ("2m", 120 * SECOND),
        ("1h30m", 5400 * SECOND),
        ("0", 0),
        ("30d", 30 * 86400 * SECOND),
        (".5s", SECOND // 2),
    ],
)
def test_durations(text: str, ns: int) -> None:
    assert duration(text) == ns


@pytest.mark.parametrize("text", ["", "5", "soon", "1 s", "s", "-1s", "1s2"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(InvalidDuration):
        duration(text)


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0s"),
        (10 * SECOND, "10s"),
        (80 * SECOND, "1m20s"),
        (300 * SECOND, "5m0s"),
        (1_234_000_000, "1.234s"),
        (612_000_000, "612ms"),
        (1500, "1.5µs"),
        (3_661_500_000_000, "1h1m1.5s"),
    ],
)
def test_go_spells_durations(ns: int, text: str) -> None:
    assert go_duration(ns) == text


@given(st.integers(0, 10**16))
def test_what_go_spells_can_be_read_again(ns: int) -> None:
    assert duration(go_duration(ns).replace("µs", "us").replace("0s", "0s")) == ns


@pytest.mark.parametrize(
    ("argv", "found"),
    [
        ([], None),
        (["sleep", "5"], Ends(5 * SECOND, 0)),
        (["sleep", "infinity"], Ends(None, 0)),
        (["/bin/sh", "-c", "exit 3"], Ends(0, 3)),
        (["sh", "-c", "echo hi; sleep 2; exit 1"], Ends(2 * SECOND, 1)),
        (["sh", "-c", "sleep 1 && false"], Ends(SECOND, 1)),
        (["sh", "-c", "while true; do sleep 1; done"], None),
        (["sh", "-c", "my-server --port 80"], None),
        (["false"], Ends(0, 1)),
        (["python", "app.py"], None),
    ],
)
def test_what_a_command_does(argv: list[str], found: Ends | None) -> None:
    assert ends(argv) == found
