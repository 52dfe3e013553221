"""The guide's settings: what is taken, what holds, who is recognised behind an address."""

import asyncio
import json
import socket
import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from ecp.edge.bodies import Body
from ecp.orchestrator.adapters.address import Address, obstacle
from ecp.orchestrator.bootstrap import Bootstrap, simulator_urls
from ecp.orchestrator.monitoring.routes import Terms
from ecp.orchestrator.ports import ClusterUnreachable
from ecp.orchestrator.records import Reached
from ecp.orchestrator.releases.schemas import Deploy
from ecp.orchestrator.settings import model
from ecp.orchestrator.tenants.schemas import Changes, Shape

GUIDE = {
    "deploymentMethod": "k8s-simulator",
    "deploymentEndpoint": "http://localhost:6360",
    "simulatorUrl": "http://localhost:6390",
    "validationStrict": True,
    "monitoringStack": "custom",
    "customApiEndpoint": "http://localhost:6360/api/metrics",
    "slaTarget": 99.5,
    "realTimeMonitoring": True,
    "dataCollectionInterval": 5,
}
VARIABLES = (
    "K8S_SIMULATOR_URL",
    "K8S_SIMULATOR_EXTERNAL_URL",
    "ECP_SIMULATOR_URL",
    "ECP_DASHBOARD_URL",
    "ECP_SIMULATOR_PORT",
    "ECP_SIMULATOR_DASHBOARD_PORT",
)


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


OF_A_REAL_CLUSTER = {"kubeconfig": "", "kubeContext": "", "clusterUrl": "", "clusterReadOnly": True}
"""What `deploymentMethod: kubernetes` wants to know besides; read-only until said otherwise."""


KEPT = {"auditDays": 365, "auditEntries": 100_000}
"""How much is kept of who did what."""


def test_r130_to_r138_the_guides_own_settings_are_the_defaults() -> None:
    wanted = {**GUIDE, **OF_A_REAL_CLUSTER, **KEPT}
    assert model.shown({}) == model.Settings.model_validate(GUIDE).model_dump() == wanted


def test_the_defaults_follow_the_chosen_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECP_SIMULATOR_PORT", "7360")
    monkeypatch.setenv("ECP_SIMULATOR_DASHBOARD_PORT", "7390")
    shown = model.shown({})
    assert shown["deploymentEndpoint"] == "http://localhost:7360"
    assert shown["simulatorUrl"] == "http://localhost:7390"
    assert shown["customApiEndpoint"] == "http://localhost:7360/api/metrics"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("deploymentMethod", "helm", id="a method that is not there"),
        pytest.param("monitoringStack", "datadog", id="a stack that is not there"),
        pytest.param("deploymentEndpoint", "localhost:6360", id="an address without scheme"),
        pytest.param("deploymentEndpoint", "ftp://x", id="an address that is not HTTP"),
        pytest.param("deploymentEndpoint", "http://me:secret@x", id="an address with a password"),
        pytest.param("customApiEndpoint", "http://x/?a=1", id="an address with a query"),
        pytest.param("slaTarget", 100, id="a target of one hundred"),
        pytest.param("slaTarget", -1, id="a target below nought"),
        pytest.param("slaTarget", float("nan"), id="a target that is no number"),
        pytest.param("dataCollectionInterval", 0.5, id="an interval below a second"),
        pytest.param("dataCollectionInterval", 3601, id="an interval beyond an hour"),
        pytest.param("validationStrict", "perhaps", id="a switch that is neither"),
        pytest.param("colour", "blue", id="a setting that does not exist"),
    ],
)
def test_what_is_no_setting_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        model.Settings.model_validate({name: value})


ENDPOINT, DASHBOARD = "deploymentEndpoint", "simulatorUrl"


@pytest.mark.parametrize(
    ("stored", "environment", "name", "held"),
    [
        pytest.param({}, {}, "slaTarget", (99.5, "default", None), id="nobody said anything"),
        pytest.param(
            {"slaTarget": 99.9}, {}, "slaTarget", (99.9, "stored", None), id="what is stored holds"
        ),
        pytest.param(
            {ENDPOINT: "http://b"},
            {"K8S_SIMULATOR_URL": "http://a/"},
            ENDPOINT,
            ("http://a", "environment", "K8S_SIMULATOR_URL"),
            id="the environment goes before what is stored",
        ),
        pytest.param(
            {},
            {"K8S_SIMULATOR_EXTERNAL_URL": "http://e", "K8S_SIMULATOR_URL": "http://i"},
            ENDPOINT,
            ("http://i", "environment", "K8S_SIMULATOR_URL"),
            id="the inner address goes before the outer",
        ),
        pytest.param(
            {DASHBOARD: "http://d"},
            {"K8S_SIMULATOR_URL": ""},
            DASHBOARD,
            ("http://d", "stored", None),
            id="an empty variable says nothing",
        ),
        pytest.param(
            {"clusterReadOnly": True},
            {"ECP_CLUSTER_READ_ONLY": "no"},
            "clusterReadOnly",
            (False, "environment", "ECP_CLUSTER_READ_ONLY"),
            id="a word of the environment is yes or no",
        ),
    ],
)
def test_what_holds_and_whence(
    stored: dict[str, Any], environment: dict[str, str], name: str, held: tuple[Any, ...]
) -> None:
    found = {one.name: one for one in model.in_force(stored, environment)}
    assert found[name][1:4] == held
    assert found[name].stored == stored.get(name)
    assert found[name].default == model.defaults()[name]


@pytest.mark.parametrize(
    ("environment", "stored", "urls"),
    [
        pytest.param({}, None, ["http://127.0.0.1:6360"], id="the local port when nobody says"),
        pytest.param({}, "http://s/", ["http://s"], id="the stored endpoint"),
        pytest.param({"ECP_SIMULATOR_URL": "http://e"}, "http://s", ["http://e"], id="before it"),
        pytest.param(
            {"K8S_SIMULATOR_URL": "http://i", "K8S_SIMULATOR_EXTERNAL_URL": "http://o/"},
            "http://s",
            ["http://i", "http://o"],
            id="C02: inner, then outer",
        ),
    ],
)
def test_where_the_simulator_is_looked_for(
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    stored: str | None,
    urls: list[str],
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert simulator_urls(stored) == urls


JSON, HTML, PLAIN = "application/json", "text/html", "text/plain"
METRICS = "customApiEndpoint"


@pytest.mark.parametrize(
    ("name", "status", "media", "content", "who"),
    [
        (ENDPOINT, 200, JSON, b'{"service":"ecp-simulator","version":"1"}', "ecp-simulator 1"),
        (ENDPOINT, 200, JSON, b'{"service":"ecp-orchestrator"}', None),
        (ENDPOINT, 200, HTML, b"<html>", None),
        (ENDPOINT, 502, JSON, b'{"service":"ecp-simulator"}', None),
        (ENDPOINT, 200, JSON, b"[1]", None),
        (DASHBOARD, 200, HTML, b"<html>", "HTML"),
        (DASHBOARD, 404, HTML, b"<html>", None),
        (DASHBOARD, 200, JSON, b"{}", None),
        (METRICS, 200, JSON, b'{"system": []}', "JSON"),
        (METRICS, 200, JSON, b'{"cut off', "JSON"),
        (METRICS, 200, PLAIN, b'# HELP up\nup{a="b"} 1\n', "Prometheus"),
        (METRICS, 200, PLAIN, b"Hello, world", None),
        (METRICS, 200, HTML, b"<html>", None),
    ],
)
def test_who_is_recognised(
    name: str, status: int, media: str, content: bytes, who: str | None
) -> None:
    assert model.recognised(name, Reached(status, media, content)) == who


# -- several addresses of one service --------------------------------------------------------------


def network(*answering: str) -> httpx.AsyncClient:
    """A client to whom only these hosts answer."""

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.host not in answering:
            raise httpx.ConnectError("refused", request=request)
        return httpx.Response(200, text=request.url.host)

    return httpx.AsyncClient(transport=httpx.MockTransport(handle))


@pytest.mark.anyio
async def test_c02_the_next_address_is_tried_and_kept() -> None:
    address = Address(["http://inner", "http://outer"])
    assert (await address.ask(network("inner", "outer"), "GET", "/", again=True)).text == "inner"
    assert (await address.ask(network("outer"), "POST", "/", again=False)).text == "outer"
    assert address.url == "http://outer"
    assert (await address.ask(network("inner", "outer"), "GET", "/", again=True)).text == "outer"
    assert (await address.ask(network("inner"), "GET", "/", again=True)).text == "inner"


@pytest.mark.anyio
async def test_c02_nobody_anywhere_names_every_address() -> None:
    address = Address(["http://inner", "http://outer"])
    with pytest.raises(ClusterUnreachable) as refusal:
        await address.ask(network(), "GET", "/", again=True)
    assert str(refusal.value) == "http://inner: refused; http://outer: refused"


@pytest.mark.anyio
async def test_what_was_asked_already_is_not_asked_elsewhere() -> None:
    asked = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        raise httpx.ReadTimeout("late", request=request)

    client = httpx.AsyncClient(transport=httpx.MockTransport(handle))
    with pytest.raises(ClusterUnreachable):
        await Address(["http://inner", "http://outer"]).ask(client, "POST", "/", again=False)
    assert asked == ["inner"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def test_what_another_process_set_holds_here_too(tmp_path: Path) -> None:
    async def play() -> tuple[Any, ...]:
        here, there = Bootstrap(tmp_path), Bootstrap(tmp_path)
        try:
            await here.storage("production")
            before = here.interval("production"), here.target("production").method
            stored = {
                "dataCollectionInterval": 2.0,
                "deploymentMethod": "kubernetes",
                "clusterUrl": "https://there.example:6443",
            }
            await (await there.storage("production")).keep_settings(stored)
            await here.resettle()
            target = here.target("production")
            return before, here.interval("production"), target.method, target.name
        finally:
            await here.close()
            await there.close()

    assert asyncio.run(play()) == ((5.0, "k8s-simulator"), 2.0, "kubernetes", "there.example:6443")


@pytest.mark.parametrize(
    ("body", "given"),
    [
        (model.Settings, {"slaTarget": True}),
        (Changes, {"sla_target": True}),
        (Changes, {"sla_target": {"availability": False}}),
        (Changes, {"service_requirements": {"callbot": True}}),
        (Shape, {"weekdays": {"mon": True}}),
        (Deploy, {"rehearse": {"policy": "warn", "seed": True}}),
        (Terms, {"revenue_per_request": True}),
    ],
    ids=["a field", "one of two", "nested", "a whole number", "in a map", "or none", "or null"],
)
def test_a_boolean_is_no_number(body: type[Body], given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        body.model_validate_json(json.dumps(given))
    said = [(error["loc"], error["msg"]) for error in refused.value.errors()]
    assert any("valid number" in words or "valid integer" in words for _, words in said), said
    assert "function" not in str([place for place, _ in said])


def test_a_number_is_one_however_it_is_written() -> None:
    assert Changes.model_validate({"sla_target": 99}).sla_target == 99
    assert model.Settings.model_validate({"slaTarget": "99.9"}).slaTarget == 99.9
    assert Changes.model_validate_json('{"service_requirements": {"callbot": 5.0}}')


# -- what keeps an answer away ---------------------------------------------------------------------


def below(top: Exception, *causes: Exception) -> Exception:
    """Return *top* as it is caught where it follows from *causes*, the first next below it."""
    error = top
    for cause in causes:
        error.__cause__ = cause
        error = cause
    return top


@pytest.mark.parametrize(
    ("error", "why"),
    [
        pytest.param(
            below(
                httpx.ConnectError("All connection attempts failed"),
                OSError("All connection attempts failed"),
                ConnectionRefusedError(111, "refused"),
            ),
            "refused",
            id="nobody listens, below two errors that do not say so",
        ),
        pytest.param(
            below(httpx.ConnectError(""), ExceptionGroup("", [ConnectionRefusedError()])),
            "refused",
            id="nobody listens at any of a name's addresses",
        ),
        pytest.param(
            below(httpx.ConnectError(""), socket.gaierror(-2, "")), "host", id="no such host"
        ),
        pytest.param(
            below(httpx.ConnectError(""), ssl.SSLCertVerificationError("self-signed")),
            "tls",
            id="a certificate of nobody known",
        ),
        pytest.param(httpx.ReadTimeout(""), "silent", id="no answer in time"),
        pytest.param(httpx.ReadError("reset"), "", id="something else"),
    ],
)
def test_what_kept_an_answer_away_is_told_apart(error: Exception, why: str) -> None:
    assert obstacle(error) == why
