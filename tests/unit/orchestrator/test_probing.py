"""Where customers enter a namespace, what asking there tells, and what a cluster says of why."""

import asyncio
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from ecp.kube.kinds import DEPLOYMENTS, EVENTS, INGRESSES, PODS, SERVICES, STATEFULSETS
from ecp.orchestrator.adapters.database import Database
from ecp.orchestrator.adapters.kubeconfig import Access
from ecp.orchestrator.adapters.kubernetes import NamespaceView
from ecp.orchestrator.adapters.measuring import PROBED, Look, Measured, sighting
from ecp.orchestrator.adapters.probing import Asked, counted, grown, of_error, of_proxy
from ecp.orchestrator.adapters.real import RealCluster
from ecp.orchestrator.monitoring.entries import Entry, causes_of, entries_of, ready_endpoints
from ecp.orchestrator.ports import StorageFailed
from ecp.orchestrator.records import Target

SECOND = 1_000_000_000


def service(name: str = "web", **spec: Any) -> dict[str, Any]:
    note = spec.pop("probe", None)
    meta = {"name": name, **({"annotations": {"ecp.ai/probe": note}} if note else {})}
    asked = {"selector": {"app": name}, "ports": [{"port": 8080}], **spec}
    return {"metadata": meta, "spec": asked, "status": spec.pop("status", {})}


def ingress(backend: str, *, address: str = "", tls: bool = False) -> dict[str, Any]:
    path = {"path": "/chat", "backend": {"service": {"name": backend}}}
    spec: dict[str, Any] = {"rules": [{"host": "shop.example", "http": {"paths": [path]}}]}
    spec |= {"tls": [{"hosts": ["shop.example"]}]} if tls else {}
    given = [{"ip": address}] if address else []
    return {"metadata": {"name": "i"}, "spec": spec, "status": {"loadBalancer": {"ingress": given}}}


def deployment(name: str) -> dict[str, Any]:
    probe = {"httpGet": {"path": "/ready", "port": 8080}}
    template = {"metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "a", "readinessProbe": probe}]}}  # fmt: skip
    return {"metadata": {"name": f"{name}-main"}, "spec": {"template": template}}


def view(**rows: Any) -> NamespaceView:
    names = {"services": SERVICES, "ingresses": INGRESSES, "deployments": DEPLOYMENTS,
             "statefulsets": STATEFULSETS, "pods": PODS, "events": EVENTS}  # fmt: skip
    return NamespaceView(0, {names[name]: found for name, found in rows.items()})


PROXY = "/api/v1/namespaces/shop/services/http:web:8080/proxy"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ({"services": [service(), service("other", probe="tcp://a:1")],
          "ingresses": [ingress("web")]}, [("other", "tcp://a:1", "", "")]),
        ({"services": [service(), service("other")],
          "ingresses": [ingress("web", address="9.9.9.9")]},
         [("web", "http://9.9.9.9/chat", "", "shop.example")]),
        ({"services": [service()], "ingresses": [ingress("web", address="9.9.9.9", tls=True)]},
         [("web", "https://shop.example/chat", "", "shop.example")]),
        ({"services": [service()], "ingresses": [ingress("web")],
          "deployments": [deployment("web")]},
         [("web-main", "", f"{PROXY}/ready", "shop.example")]),
        ({"services": [service(), service("callbot")]},
         [("callbot", "", PROXY.replace("web", "callbot") + "/", "")]),
        ({"services": [service(), service("db", clusterIP="None")]},
         [("web", "", f"{PROXY}/", "")]),
        ({"services": [service(selector=None)]}, []),
    ],
    ids=[
        "an address of its own goes before all else",
        "an Ingress with an address is asked there",
        "with TLS by its name, which the certificate has",
        "one without is asked through the API server, as the readiness probe asks",
        "without an Ingress what a profile calls an entry",
        "else every Service but headless ones",
        "a Service without pods is none",
    ],
)  # fmt: skip
def test_entries(rows: Any, expected: list[tuple[str, ...]]) -> None:
    found = entries_of(view(**rows), "shop")
    assert [(e.name, e.url, e.path, e.host) for e in found] == expected


def status(code: int, message: str) -> httpx.Response:
    return httpx.Response(code, json={"kind": "Status", "message": message})


@pytest.mark.parametrize(
    ("response", "vote", "reason"),
    [
        (httpx.Response(204), "up", ""),
        (httpx.Response(404, text="no such page"), "up", ""),
        (httpx.Response(503, text="busy"), "down", "HTTP 503"),
        (status(503, 'no endpoints available for service "web"'), "down", "no endpoints"),
        (
            httpx.Response(502, text="error trying to reach service: refused"),
            "down",
            "error trying",
        ),
        (
            status(503, "error trying to reach service: dial tcp 192.0.2.2:80: connect: refused"),
            "down",
            "error trying to reach service: dial",
        ),
        (status(503, 'no service port 81 found for service "web"'), "down", "no service port"),
        (status(404, 'services "web" not found'), "down", "services"),
        (status(401, "Unauthorized"), "", "API server: Unauthorized"),
        (status(403, "services is forbidden"), "", "API server: services is forbidden"),
        (status(500, "etcd"), "", "API server: HTTP 500"),
    ],
    ids=[
        "the service answers",
        "with an error of the caller's too",
        "the service fails",
        "nobody is behind it",
        "nobody is there, as older servers say it",
        "nobody is there, as kube-apiserver 1.36.2 says it",
        "the port is not the Service's any more",
        "the Service is gone",
        "who is not known knows nothing",
        "who may not ask knows nothing",
        "a server in trouble knows nothing",
    ],
)
def test_what_the_api_servers_proxy_says(response: httpx.Response, vote: str, reason: str) -> None:
    found = of_proxy(response)
    assert (found.vote, found.answered) == (vote, True)
    assert found.reason.startswith(reason)


def _caused(cause: BaseException) -> httpx.ConnectError:
    error = httpx.ConnectError("All connection attempts failed")
    error.__cause__ = ExceptionGroup("tries", [cause]) if isinstance(cause, Exception) else cause
    return error


@pytest.mark.parametrize(
    ("error", "vote", "reason"),
    [
        (_caused(ConnectionRefusedError(111)), "down", "connection refused"),
        (_caused(socket.gaierror(-2, "Name or service not known")), "", "name not found"),
        (httpx.ReadTimeout("slow"), "down", "timeout"),
        (httpx.InvalidURL("no port"), "", "address: no port"),
    ],
    ids=["refused", "a name that cannot be looked up", "no answer in time", "no address"],
)
def test_how_asking_fails(error: BaseException, vote: str, reason: str) -> None:
    found = of_error(error)
    assert (found.vote, found.answered, found.reason) == (vote, False, reason)


def test_counters() -> None:
    """Requests since the slot before; a counter that began anew counts from nothing."""

    def body(good: str, bad: str) -> dict[str, Any]:
        rows = [
            ({"service": "web", "code": "200"}, good),
            ({"service": "web", "status": "503"}, bad),
        ]
        return {"data": {"result": [{"metric": m, "value": [0, v]} for m, v in rows]}}

    assert grown(counted(body("100", "5")), counted(body("130", "2"))) == {"web": (30, 32)}
    assert grown(counted(body("1", "1")), counted({"status": "error"})) == {}


def pod(*, waiting: str = "", ended: str = "", pending: str = "") -> dict[str, Any]:
    row: dict[str, Any] = {"name": "a", "ready": False, "state": {}}
    row["state"] = {"waiting": {"reason": waiting}} if waiting else {"running": {}}
    row |= {"lastState": {"terminated": {"reason": ended}}} if ended else {}
    scheduled = {"type": "PodScheduled", "status": "False", "reason": pending}
    owner = {"kind": "ReplicaSet", "name": "web-5c9d", "uid": "r"}
    return {
        "metadata": {"name": "web-5c9d-x", "ownerReferences": [owner]},
        "status": {
            "phase": "Pending" if pending else "Running",
            "containerStatuses": [] if pending else [row],
            "conditions": [scheduled] if pending else [],
        },
    }


EVENT = {"metadata": {"name": "e"}, "type": "Warning", "reason": "FailedCreate",
         "involvedObject": {"kind": "ReplicaSet", "name": "web-5c9d"}}  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "cause"),
    [
        ({"pods": [pod(waiting="CrashLoopBackOff"), pod(waiting="CrashLoopBackOff")]},
         "deployment/web: CrashLoopBackOff"),
        ({"pods": [pod(waiting="CrashLoopBackOff", ended="OOMKilled")]},
         "deployment/web: OOMKilled"),
        ({"pods": [pod(pending="Unschedulable")]}, "deployment/web: Unschedulable"),
        ({"events": [EVENT]}, "replicaset/web-5c9d: FailedCreate"),
        ({"pods": []}, "service/web: timeout"),
    ],
    ids=["pods that crash", "of want of memory", "that find no node", "pods that are not made",
         "the cluster knows of nothing"],
)  # fmt: skip
def test_why_it_is_down(rows: Any, cause: str) -> None:
    assert causes_of(view(**rows), {"web": "timeout"}) == (cause,)


def test_ready_endpoints() -> None:
    own = {"metadata": {"labels": {"kubernetes.io/service-name": "web"}},
           "endpoints": [{"conditions": {"ready": False}}, {"conditions": {}}]}  # fmt: skip
    assert ready_endpoints([own], "web") == 1
    assert ready_endpoints([own], "other") is None


# -- the prober's own clock and counters ----------------------------------------------------------


class Hand:
    """A clock that stands still but for what is slept, and what a look takes."""

    def __init__(self, now: int) -> None:
        self.now, self.slept, self.takes = now, list[float](), 0

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += round(seconds * SECOND)

    async def take(self) -> None:
        self.now += self.takes * SECOND


def test_every_slot_is_looked_at_once_by_who_leads(tmp_path: Path) -> None:
    hand = Hand(1_700_000_002 * SECOND)
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    broken: list[StorageFailed] = []

    async def storage() -> Any:
        await hand.take()
        if broken:
            raise broken.pop()
        return database

    async def work() -> None:
        await database.open()
        cluster = RealCluster(
            lambda: Access("away", "http://127.0.0.1:1"), Target("kubernetes", "away"), connect_s=1
        )
        measured = Measured(cluster, storage, "me", now=lambda: hand.now, sleep=hand.sleep)
        try:
            for _ in range(3):
                await measured.turn()
            assert hand.slept == [3, 5, 5]
            assert measured.probed["slots_looked"] == 3
            # A look that takes longer than a slot misses those between, and says so.
            hand.takes = 12
            await measured.turn()
            assert (measured.probed["slots_looked"], measured.probed["slots_missed"]) == (4, 2)
            hand.takes = 0
            await measured.turn()
            assert hand.slept[-1] == 1  # looking took twelve seconds twice
            # Another leads: this one looks at nothing.
            await database.lease("collector", "me", hand.now, hand.now)
            await database.lease("collector", "other", hand.now + 1, hand.now + 60 * SECOND)
            await measured.turn()
            assert measured.probed["slots_looked"] == 5
            broken.append(StorageFailed("away"))
            with pytest.raises(StorageFailed):
                await measured.turn()
            assert set(measured.probed) == set(PROBED)
        finally:
            await measured.close()
            await cluster.close()
            await database.close()

    asyncio.run(work())


@pytest.mark.parametrize(
    ("url", "asked", "ready", "reached", "state"),
    [
        pytest.param("http://a/", Asked(False, "down", "timeout"), 1, True, "D",
                     id="nobody answers a prober whom others answer"),
        pytest.param("http://a/", Asked(False, "down", "timeout"), None, False, "N",
                     id="nobody at all answers: that is the prober's own network"),
        pytest.param("", Asked(False, "down", "timeout"), None, True, "N",
                     id="an API server that answers nothing was no way to ask"),
        pytest.param("", Asked(True, "down", "no endpoints available"), 0, True, "D",
                     id="an API server that says nobody is there"),
        pytest.param("", Asked(False, "", "API server: refused"), None, True, "N",
                     id="an API server that is away"),
        pytest.param("http://a/", Asked(False, "", "name not found"), 1, True, "N",
                     id="a name that the prober cannot look up"),
        pytest.param("http://a/", Asked(True, "up"), None, True, "U",
                     id="who answers is up without an API server"),
    ],
)  # fmt: skip
def test_the_probers_own_failure_is_unknown(
    url: str, asked: Asked, ready: int | None, reached: bool, state: str
) -> None:
    entry = Entry("web", "web", url, "" if url else "/api/v1/x")
    look = Look([asked], None if ready is None else {"web": ready}, {})
    assert sighting(entry, asked, look, reached=reached).state == state
