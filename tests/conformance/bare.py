"""A cluster without controllers but those of a server itself, and an in-memory host of it."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

import orjson

from ecp.kube import kinds
from ecp.kube.kinds import Catalogue
from ecp.sim.access import ALWAYS_ALLOW, Access
from ecp.sim.apiserver import ApiServer
from ecp.sim.clusters.system import install
from ecp.sim.controllers import crd
from ecp.sim.engine.chance import Chance
from ecp.sim.engine.engine import SECOND, Engine
from ecp.sim.requests import Answer, Request
from ecp.sim.store import Obj, Store
from ecp.sim.world import World
from ecp.simulator.kubeapi import kubeapi

START = 1_767_571_200 * SECOND


class Read:
    """The store's reads; heartbeats go on."""

    def __init__(self, store: Store) -> None:
        self.get = store.get
        self.list = store.list
        self.owned = store.owned
        self.on_node = store.on_node

    def heartbeat(self, node: str) -> int | None:
        return None


_KUBERNETES: Obj = {
    "metadata": {
        "name": "kubernetes",
        "namespace": "default",
        "labels": {"component": "apiserver", "provider": "kubernetes"},
    },
    "spec": {
        "clusterIP": "10.96.0.1",
        "ports": [{"name": "https", "port": 443, "targetPort": 6443}],
    },
}


class BareCluster:
    """Write path and store, nothing that acts by itself."""

    def __init__(self, *, window: int = 10_000, mode: str = ALWAYS_ALLOW) -> None:
        self.engine = Engine(START)
        self.store = Store(window=window)
        self.read = Read(self.store)
        self.world = World(Chance(1))
        self.access = Access(self.store, self.read, mode=mode)
        self.api = ApiServer(
            self.engine, self.store, Chance(1), self.read, service_network="10.96.0.0/16",
            access=self.access,
        )  # fmt: skip
        self._definitions: dict[tuple[str, str], int] = {}
        for name in ("default", "kube-node-lease", "kube-public", "kube-system"):
            body = {"metadata": {"name": name}}
            self.submit(Request("create", kinds.NAMESPACES, body=body, manager="kube-apiserver"))
        install(self.store, Chance(1), "10.96.0.0/16", now=START, cause="boot")
        self._before_aggregation()
        self.submit(
            Request("create", kinds.SERVICES, "default", body=_KUBERNETES, manager="kube-apiserver")
        )

    def _before_aggregation(self) -> None:
        """Roles that are made of others say nothing before a controller has looked at them."""
        for key, stored in list(self.store.items("clusterroles.rbac.authorization.k8s.io").items()):
            if stored.object.get("aggregationRule"):
                owners = tuple(one for one in stored.owners if one.operation != "Apply")
                role = {**stored.object, "rules": None}
                self.store.put(
                    "clusterroles.rbac.authorization.k8s.io",
                    key,
                    role,
                    owners,
                    at=START,
                    cause="boot",
                    actor="x",
                )

    @property
    def now(self) -> int:
        return self.engine.now

    def check_open(self, *, reading: bool = False) -> None:
        """It is always open: no fault reaches it."""

    @property
    def catalogue(self) -> Catalogue:
        return self.api.catalogue

    def submit(self, request: Request) -> Answer:
        answer = self.api.submit(request)
        if request.resource == kinds.CRDS:
            self._definitions |= {("", request.name or (request.body or {})["metadata"]["name"]): 1}
            if request.verb != "delete":
                self.settle_definitions()
        return answer

    def settle_definitions(self) -> None:
        """Do a server's own work: accept names, establish, register; begin to clear, then clear."""
        loop = crd.controller()
        for key in self._definitions:
            while actions := loop.reconcile(self.engine.now, key, self.read).actions:
                for action in actions:
                    self.api.carry_out(action, loop.actor)
                if "InstanceDeletionInProgress" in str(actions):
                    break


PUBLIC = "system:maker:public-info-viewer"
"""A role by which the server of the recordings let everybody see more than Kubernetes does."""


def as_recorded(cluster: Any) -> Any:
    """Let *cluster* know the one more role of the recorded server."""
    group = "rbac.authorization.k8s.io"
    rules = [{"verbs": ["get"], "nonResourceURLs": ["/.well-known", "/.well-known/*"]}]
    everybody = [
        {"kind": "Group", "name": f"system:{name}", "apiGroup": group}
        for name in ("authenticated", "unauthenticated")
    ]
    reference = {"apiGroup": group, "kind": "ClusterRole", "name": PUBLIC}
    meta = {"metadata": {"name": PUBLIC}}
    bodies = {
        "clusterroles": {**meta, "rules": rules},
        "clusterrolebindings": {**meta, "roleRef": reference, "subjects": everybody},
    }
    for plural, body in bodies.items():
        cluster.submit(Request("create", f"{plural}.{group}", body=body))
    return cluster


class Host:
    """Commits at once; wakes those who wait."""

    def __init__(self, cluster: Any, name: str = "default") -> None:
        self.name = name
        self.cluster = cluster
        self._news = asyncio.Event()
        self.kept: list[Any] = []  # changes that lists do not know any more

    def catch_up(self) -> None:
        """Nothing lags behind but what a server does by itself with definitions that are to go."""
        if isinstance(self.cluster, BareCluster):
            self.cluster.settle_definitions()
            self.wake()

    async def submit(self, request: Request) -> Answer:
        answer: Answer = self.cluster.submit(request)
        self.wake()
        return answer

    def wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def live(self, seconds: float) -> None:
        """Let a cluster that has controllers live on; watchers see what comes of it."""
        self.cluster.run_until(self.cluster.now + int(seconds * SECOND))
        self.wake()
        await asyncio.sleep(0.05)

    async def changed(self, after: int) -> int:
        while self.cluster.store.version <= after:
            await self._news.wait()
        version: int = self.cluster.store.version
        return version


class Directory(dict[str, Any]):
    """Hosts by name."""


class Got(NamedTuple):
    """An answer."""

    status: int
    headers: dict[str, list[str]]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def frames(self) -> list[dict[str, Any]]:
        return [orjson.loads(line) for line in self.body.splitlines()]

    @property
    def content_type(self) -> str:
        return self.headers["content-type"][0]


_Headers = Mapping[str, str | None] | Sequence[tuple[str, str]]


def _scope(
    method: str, path: str, query: str, headers: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    return {
        "type": "http",
        "method": method,
        "path": unquote(path),
        "raw_path": quote(path, safe="/%").encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(key.lower().encode(), value.encode()) for key, value in headers],
        "extensions": {},
    }


class Client:
    """Drives an ASGI application inside one event loop."""

    def __init__(self, app: Any, prefix: str = "/clusters/default") -> None:
        self.app = app
        self.prefix = prefix

    async def ask(
        self,
        method: str,
        url: str,
        body: Any = None,
        *,
        type_: str = "application/json",
        accept: str = "application/json",
        headers: _Headers = (),
        until: Callable[[bytes], bool] | None = None,
        leave: asyncio.Event | None = None,
    ) -> Got:
        """Send a request and gather the answer; *until* or *leave* says when to leave a stream.

        It comes from the administrator, unless *headers* say otherwise; None: without the header.
        Those of one name are given in pairs.
        """
        path, _, query = url.partition("?")
        given = {"user-agent": "golden-client/1.0", "host": "test:80"}
        given |= {"authorization": "Bearer admin"}
        pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
        named = {key.lower() for key, _ in pairs}
        if accept:
            given["accept"] = accept
        sent = [pair for pair in given.items() if pair[0] not in named]
        sent += [(key, text) for key, text in pairs if text is not None]
        data = b""
        if body is not None:
            data = body if isinstance(body, bytes) else orjson.dumps(body)
            if type_ and "content-type" not in named:
                sent.append(("content-type", type_))
        inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        inbox.put_nowait({"type": "http.request", "body": data, "more_body": False})
        status = 0
        got_headers: dict[str, list[str]] = {}
        pieces: list[bytes] = []

        async def receive() -> dict[str, Any]:
            if inbox.empty() and leave is not None:
                await leave.wait()
                return {"type": "http.disconnect"}
            return await inbox.get()

        async def send(message: dict[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                for key, value in message["headers"]:
                    got_headers.setdefault(key.decode(), []).append(value.decode())
            else:
                pieces.append(message.get("body", b""))
                if until is not None and until(b"".join(pieces)):
                    inbox.put_nowait({"type": "http.disconnect"})

        await self.app(_scope(method, self.prefix + path, query, sent), receive, send)
        return Got(status, got_headers, b"".join(pieces))


class _QuickSelector(selectors.DefaultSelector):  # type: ignore[misc,valid-type]
    """Waits a fraction of what it is asked to."""

    def select(self, timeout: float | None = None) -> Any:
        return super().select(timeout if timeout is None else timeout / QUICK)


class _QuickLoop(asyncio.SelectorEventLoop):
    """An event loop whose seconds are short: nobody waits for a watch to time out."""

    def __init__(self) -> None:
        super().__init__(_QuickSelector())

    def time(self) -> float:
        return super().time() * QUICK


QUICK = 40.0


def drive(story: Callable[[Client, Host], Coroutine[Any, Any, None]], cluster: Any = None) -> None:
    """Run *story* against a façade over a fresh bare cluster, in a loop with short seconds."""

    async def run() -> None:
        host = Host(cluster if cluster is not None else BareCluster())
        await story(Client(kubeapi(Directory(default=host))), host)

    with asyncio.Runner(loop_factory=_QuickLoop) as runner:
        runner.run(run())


def config_map(name: str, **more: Any) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, **more},
        "data": {"k": "v"},
    }
