"""The ASGI application: from a path to the room that answers it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import orjson

from ecp.kube import kinds, openapi, openapi_binary, openapi_documents
from ecp.kube.errors import (
    BadRequest,
    InternalError,
    KubeError,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    go_quote,
)
from ecp.kube.kinds import Catalogue
from ecp.kube.openapi_documents import Document
from ecp.kube.times import nanoseconds
from ecp.sim.access.impersonation import Impersonation
from ecp.sim.store import Obj
from ecp.simulator.kubeapi import (
    asking,
    credentials,
    health,
    logs,
    marks,
    reading,
    reviews,
    scale,
    watching,
    writing,
)
from ecp.simulator.kubeapi.encoding import Encoder
from ecp.simulator.kubeapi.hosting import ClusterDirectory, Hosted
from ecp.simulator.kubeapi.permissions import may_approve, may_create
from ecp.simulator.kubeapi.routes import PageNotFound, Target, resource
from ecp.simulator.kubeapi.wire import (
    JSON,
    PAGE_NOT_FOUND,
    TEXT,
    AsgiApp,
    Call,
    Disconnected,
    Media,
    Receive,
    Reply,
    Scope,
    Send,
    encoded,
    head,
    negotiate,
    no_cache,
    refusal,
    reply,
    warnings,
)

KUBERNETES: Final = "1.36.2"
_MOUNT: Final = "/clusters"
_UPGRADES: Final = ("attach", "exec", "portforward", "proxy")

Answer = Reply | AsyncIterator[bytes]


class _Served:
    """What is kept for one cluster between requests: encoded objects, rendered documents."""

    def __init__(self, hosted: Hosted) -> None:
        self.hosted = hosted
        self.cluster = hosted.cluster
        self.encoder = Encoder(hosted.cluster)
        self.impersonation = Impersonation(hosted.cluster.access)
        self.changes = watching.Changes(hosted)
        self._catalogue: Catalogue | None = None
        self._documents: dict[str, Document] = {}

    def document(self, name: str) -> Document | None:
        """Return an OpenAPI document and its hash: "v2", "api/v1", "apis/apps/v1" …"""
        catalogue = self.cluster.catalogue
        if catalogue is not self._catalogue:
            self._catalogue, self._documents = catalogue, {}
        found = self._documents.get(name)
        if found is None:
            found = self._rendered(name, catalogue)
            if found is not None:
                self._documents[name] = found
        return found

    def old_binary(self) -> Document:
        """Return the old document in protobuf; its hash is that of its JSON."""
        found = self.document("v2")
        assert found is not None
        binary = self._documents.get("v2 binary")
        if binary is None:
            body = openapi_binary.encode(orjson.loads(found.body))
            binary = self._documents["v2 binary"] = Document(body, found.digest)
        return binary

    def digests(self) -> dict[str, str]:
        """Return name → hash of the newer documents, sorted by name."""
        found = openapi_documents.published_digests()
        for name in openapi_documents.custom_versions(self.cluster.catalogue):
            document = self.document(name)
            assert document is not None
            found.setdefault(name, document.digest)
        return dict(sorted(found.items()))

    def _rendered(self, name: str, catalogue: Catalogue) -> Document | None:
        kinds_of = openapi_documents.custom_versions(catalogue)
        if name == "v2" and kinds_of:
            return openapi_documents.old(catalogue, self._custom_schemas())
        found = openapi_documents.published(name)
        if found is None and name in kinds_of:
            return openapi_documents.custom(kinds_of[name], self._custom_schemas())
        return found

    def _custom_schemas(self) -> dict[tuple[str, str, str], Obj]:
        found = {}
        for crd in self.cluster.store.list(kinds.CRDS):
            spec = crd["spec"]
            for version in spec["versions"]:
                described = (version.get("schema") or {}).get("openAPIV3Schema")
                if described:
                    found[spec["group"], version["name"], spec["names"]["kind"]] = described
        return found


def kubeapi(clusters: ClusterDirectory) -> AsgiApp:
    """Return the application that serves `/clusters/{name}/…` for the clusters of *clusters*.

    It may be mounted at /clusters or stand alone. `/clusters/{name}@{token}/…` is for kubectl and
    the like, which send no token over plain HTTP: they have it in the server's address.
    """
    known: dict[str, _Served] = {}

    def served(name: str) -> _Served | None:
        hosted = clusters.get(name)
        if hosted is None:
            known.pop(name, None)
            return None
        found = known.get(name)
        if found is None or found.hosted is not hosted or found.cluster is not hosted.cluster:
            found = known[name] = _Served(hosted)
        return found

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        base, name, path = _split(scope)
        name, _, token = name.partition("@")
        call = Call(scope, receive, path, token)
        if scope["type"] == "websocket":
            await _refuse_websocket(scope, call, served(name), send)
            return
        accept = call.header(b"accept")
        cluster = served(name)
        send = marks.marked(send, call, None if cluster is None else cluster.cluster.store)
        try:
            answer = await _answer(cluster, name, base, call)
        except Disconnected:
            return
        except PageNotFound:
            answer = PAGE_NOT_FOUND
        except KubeError as error:
            answer = refusal(error, accept)
        except Exception as error:
            # A fault of ours: the client gets a Status, the server above logs what is raised.
            words = f"{type(error).__name__}: {error}"
            await reply(send, refusal(InternalError(words), accept))
            raise
        if isinstance(answer, Reply):
            answer = marks.prettied(answer) if marks.is_pretty(call) else answer
            await reply(send, answer, without_body=call.method == "HEAD")
        else:
            await _stream(answer, send)

    return application


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def _split(scope: Scope) -> tuple[str, str, str]:
    """Return (path of the cluster's root, its name, the path below it)."""
    path: str = scope["path"]
    mount: str = scope.get("root_path", "")
    if not (mount and path.startswith(f"{mount}/")):
        mount = _MOUNT if path.startswith(f"{_MOUNT}/") else ""
    name, _, below = path[len(mount) + 1 :].partition("/")
    return f"{mount}/{name}", name, f"/{below}"


class _Stream:
    """Pieces of an answer with the headers that go before them."""

    def __init__(self, pieces: AsyncIterator[bytes], content_type: str, *extra: Any) -> None:
        self.pieces = pieces
        self.content_type = content_type
        self.extra = extra

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self.pieces

    def __anext__(self) -> Any:
        return self.pieces.__anext__()


async def _stream(answer: AsyncIterator[bytes], send: Send) -> None:
    content_type = answer.content_type if isinstance(answer, _Stream) else JSON
    extra = answer.extra if isinstance(answer, _Stream) else ()
    await send(head(200, content_type, no_cache(extra)))
    # An empty piece makes the server send the headers: a watcher waits for them.
    await send({"type": "http.response.body", "body": b"", "more_body": True})
    async for piece in answer:
        if piece:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _refuse_websocket(scope: Scope, call: Call, served: _Served | None, send: Send) -> None:
    """Answer an upgrade with the refusal that a plain request gets."""
    try:
        if served is None:
            raise NotFound()
        await _admit(served, call)
        target = _target(served, call.path)
        error: KubeError = _no_upgrade(served, call, target)
    except PageNotFound:
        error = NotFound()
    except KubeError as found:
        error = found
    if "websocket.http.response" in scope.get("extensions", {}):
        answer = refusal(error, "")
        start = head(answer.status, answer.content_type, answer.headers)
        await send({**start, "type": "websocket.http.response.start"})
        await send({"type": "websocket.http.response.body", "body": answer.body})
        # The server notes the end of the connection in the next turns of the loop; returning
        # before that, it takes the refusal for a handshake that was forgotten.
        while (await call.receive())["type"] != "websocket.disconnect":
            pass
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    else:
        await send({"type": "websocket.close", "code": 1008})


# ---- paths that name no resource ------------------------------------------------------------


async def _answer(served: _Served | None, name: str, base: str, call: Call) -> Answer:
    if served is None:
        raise KubeError(404, "NotFound", f'no cluster "{name}" is served here')
    served.cluster.check_open(reading=True)
    await _admit(served, call)
    parts = call.path.split("/")[1:]
    match parts:
        case ["api" | "apis", *rest] if len([part for part in rest if part]) <= 2 - (
            parts[0] == "api"
        ):
            return _discovery(served, call, parts[0], [part for part in rest if part])
        case ["api" | "apis", *_]:
            served.hosted.catch_up()
            return await _worded(served, call, _target(served, call.path))
        case ["version"] | ["version", ""]:
            return _version(call)
        case ["version", *_]:
            raise NotFound()
        case ["healthz" | "livez" | "readyz", *rest]:
            return health.health(parts[0], rest, call)
        case ["statusz"]:
            return health.page("statusz", call, _status_lines(served))
        case ["flagz"]:
            return health.page("flagz", call, ())
        case ["metrics"]:
            return health.metrics(served.cluster.store, served.cluster.catalogue)
        case ["metrics", "slis"]:
            return health.indicators()
        case [".well-known", "openid-configuration"]:
            _only_get(call)
            return credentials.configuration(call, base)
        case ["openid", "v1", "jwks"] | ["openid", "v1", "jwks", ""]:
            _only_get(call)
            return await credentials.key_set(call, served.cluster.access)
        case ["openapi", *rest]:
            return _openapi(served, base, call, "/".join(rest))
        case [""]:
            paths = sorted({*openapi.paths(served.cluster.catalogue), *health.PATHS})
            return Reply(200, orjson.dumps({"paths": paths}, option=orjson.OPT_INDENT_2))
        case _:
            raise PageNotFound


async def _admit(served: _Served, call: Call) -> None:
    """Find out who asks, by the cluster's time where that matters; see that they may."""
    cluster = served.cluster
    await asking.admit(cluster.access, served.impersonation, call, cluster.now)


def _target(served: _Served, path: str) -> Target:
    parts = path.split("/")[1:]
    if parts[0] == "api":
        group, version, rest = "", parts[1], parts[2:]
    else:
        group, version, rest = parts[1], parts[2], parts[3:]
    return resource(served.cluster.catalogue, group, version, rest)


def _only_get(call: Call) -> None:
    if call.method != "GET":
        raise MethodNotAllowed


_VERSION: Final = {
    "major": "1",
    "minor": "36",
    "emulationMajor": "1",
    "emulationMinor": "36",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "35",
    "gitVersion": f"v{KUBERNETES}",
    "gitCommit": "$Format:%H$",
    "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "go1.26.6",
    "compiler": "gc",
    "platform": "linux/amd64",
}


def _dated(instant: int) -> str:
    """Return an instant as Go's UnixDate writes it."""
    moment = datetime.fromtimestamp(instant // 1_000_000_000, UTC)
    return moment.strftime("%a %b %e %H:%M:%S UTC %Y")


def _status_lines(served: _Served) -> tuple[str, ...]:
    """Return what /statusz says: the cluster begins with its first namespace."""
    now = served.cluster.now
    began = served.cluster.store.get(kinds.NAMESPACES, "", "kube-system")
    since = now if began is None else nanoseconds(began["metadata"]["creationTimestamp"])
    seconds = (now - since) // 1_000_000_000
    return (
        f"Started  {_dated(since)}",
        f"Up  {seconds // 3600} hr {seconds % 3600 // 60} min {seconds % 60} sec",
        f"Go version  {_VERSION['goVersion']}",
        f"Binary version  {KUBERNETES}",
        f"Emulation version  {_VERSION['emulationMajor']}.{_VERSION['emulationMinor']}",
        "Paths  /flagz /healthz /livez /metrics /readyz /statusz /version",
    )


def _version(call: Call) -> Reply:
    _only_get(call)
    accept = call.header(b"accept")
    if accept and "*/*" not in accept and JSON not in accept:
        raise NotAcceptable([JSON], by_route=True)
    return Reply(200, orjson.dumps(_VERSION, option=orjson.OPT_INDENT_2))


def _discovery(served: _Served, call: Call, root: str, rest: list[str]) -> Reply:
    _only_get(call)
    catalogue = served.cluster.catalogue
    media = negotiate(call.header(b"accept"), objects=False)
    if media.discovery and not rest:
        made = openapi.aggregated(catalogue, media.discovery, core=root == "api")
        content_type = (
            f"application/json;g=apidiscovery.k8s.io;v={media.discovery};as=APIGroupDiscoveryList"
        )
        return _tagged(call, encoded(made), content_type)
    found: dict[str, Any] | None
    if root == "api":
        found = (
            openapi.api_resources(catalogue, "", rest[0])
            if rest
            else openapi.api_versions(call.header(b"host"))
        )
    elif not rest:
        found = openapi.api_groups(catalogue)
    elif len(rest) == 1:
        found = openapi.api_group(catalogue, rest[0])
    else:
        found = openapi.api_resources(catalogue, *rest)
    if found is None:
        group = rest[0] if root == "apis" else ""
        if openapi.is_built_in(group) and (len(rest) == 2 or root == "api"):
            raise NotFound()
        raise PageNotFound
    return Reply(200, encoded(found, media), media.content_type)


def _tagged(
    call: Call, body: bytes, content_type: str, tag: str = "", *, cacheable: bool = False
) -> Reply:
    """Return a reply with an ETag, or 304 when the client has it already."""
    etag = f'"{tag or openapi_documents.digest(body)}"'.encode()
    caching = b"public, immutable" if cacheable else b"no-cache, private"
    headers = ((b"cache-control", caching), (b"etag", etag), (b"vary", b"Accept"))
    if etag.decode() in call.header(b"if-none-match"):
        return Reply(304, b"", content_type, headers)
    return Reply(200, body, content_type, headers)


def _openapi(served: _Served, base: str, call: Call, path: str) -> Reply:
    if not path.startswith("v2"):
        _only_get(call)
    if path.rstrip("/") == "v3":
        links = {
            name: {"serverRelativeURL": f"/openapi/v3/{name}?hash={tag}"}
            for name, tag in served.digests().items()
        }
        return Reply(200, orjson.dumps({"paths": links}), TEXT)
    accept = call.header(b"accept")
    if path == "v2" and accept.startswith(openapi_documents.PROTOBUF_V2):
        binary = served.old_binary()
        return _tagged(call, binary.body, openapi_documents.PROTOBUF_V2_TYPE, binary.digest)
    if accept and "*/*" not in accept and "json" not in accept:
        raise NotAcceptable([JSON], by_route=True)
    if path == "v2":
        found = served.document("v2")
    elif path.startswith("v3/"):
        found = served.document(path.removeprefix("v3/").rstrip("/"))
        if found is None:
            return Reply(404, b"", "")
    else:
        found = None
    if found is None:
        raise PageNotFound
    asked = call.get("hash")
    if asked and asked != found.digest:
        location = f"{base}/openapi/{path}?hash={found.digest}".encode()
        return Reply(301, b"", JSON, no_cache([(b"location", location)]))
    return _tagged(call, found.body, JSON, found.digest, cacheable=bool(asked))


# ---- resources ------------------------------------------------------------------------------


_ASKED: Final = frozenset((kind.group, kind.plural) for kind in openapi.ASKED)
_VERBS: Final = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


async def _worded(served: _Served, call: Call, target: Target) -> Answer:
    """Answer; a refusal says what is deprecated, and calls a resource as the caller did."""
    try:
        return await _resource(served, call, target)
    except KubeError as error:
        kind, about = target.kind, error.details
        # Where no handler was found nobody warns.
        routed = not isinstance(error, MethodNotAllowed | NotFound) or (about and about.kind)
        if routed:
            said = writing.deprecated(served.hosted, kind)
            error.warnings = tuple(dict.fromkeys([*said, *error.warnings]))
        if kind.view_of and about is not None and (about.kind, about.group) == (kind.view_of, ""):
            error.details = about._replace(group=kind.group)
            error.message = error.message.replace(
                f'{kind.view_of} "', f'{kind.group_resource} "', 1
            )
        raise


async def _resource(served: _Served, call: Call, target: Target) -> Answer:
    kind, method = target.kind, call.method
    hosted, encoder = served.hosted, served.encoder
    if (kind.group, kind.plural) in _ASKED:
        return await _asked(hosted, call, target)
    if target.subresource:
        return await _subresource(served, call, target)
    if _VERBS.get(method, "get") not in kind.verbs:
        raise MethodNotAllowed
    watch = target.watch or (not target.name and method == "GET" and call.flag("watch"))
    streams = target.watch or (not target.name and method == "GET")
    media = negotiate(call.header(b"accept"), stream=watch, streams=streams)
    if method == "GET":
        if watch:
            if "watch" not in kind.verbs:
                raise MethodNotAllowed(kind.group_resource, "watch")
            wanted = watching.asked(hosted, call, target, media)
            frames = watching.frames(hosted, encoder, served.changes, wanted, call.receive)
            return _Stream(frames, JSON, *_deprecation(served, target))
        if target.name:
            await reading.reached(hosted, call)
            stored = reading.get(hosted.cluster, call, target)
            body = reading.one(encoder, kind, stored, media, call)
            return Reply(200, body, media.content_type, no_cache(_deprecation(served, target)))
        return await _list(served, call, target, media)
    if not target.name:
        own_collection = not kind.namespaced or target.namespace is not None
        if method == "POST" and own_collection:
            return await writing.create(hosted, encoder, call, target, media)
        if method == "DELETE" and own_collection and "deletecollection" in kind.verbs:
            return await writing.delete_collection(hosted, encoder, call, target, media)
        raise MethodNotAllowed
    match method:
        case "PUT":
            may_create(served.cluster, call, target, creates=kind.put_creates)
            return await writing.update(hosted, encoder, call, target, media)
        case "PATCH":
            applies = "apply-patch" in call.header(b"content-type")
            may_create(served.cluster, call, target, creates=applies)
            return await writing.patch(hosted, encoder, call, target, media)
        case "DELETE":
            return await writing.delete(hosted, encoder, call, target, media)
    raise MethodNotAllowed


async def _list(served: _Served, call: Call, target: Target, media: Media) -> Answer:
    cluster, encoder = served.cluster, served.encoder
    reading.check_form(target.kind, media, many=True)
    await reading.reached(served.hosted, call)
    page = reading.page(cluster, call, target)
    pieces = reading.many(encoder, target.kind, page, media, call)
    extra = _deprecation(served, target)
    if len(page.items) <= reading.CHUNK or media.yaml or marks.is_pretty(call):
        body = b"".join([piece async for piece in pieces])
        return Reply(200, body, media.content_type, no_cache(extra))
    if media.form == "Table":
        reading.include_object(call)
    return _Stream(pieces, media.content_type, *extra)


def _deprecation(served: _Served, target: Target) -> tuple[tuple[bytes, bytes], ...]:
    return warnings(writing.deprecated(served.hosted, target.kind))


async def _asked(hosted: Hosted, call: Call, target: Target) -> Reply:
    if call.method != "POST" or target.name:
        raise MethodNotAllowed
    media = negotiate(call.header(b"accept"))
    if target.kind.plural == kinds.BINDINGS:
        return await writing.bind(hosted, call, target, media)
    return await reviews.create(hosted, call, target, media)


async def _subresource(served: _Served, call: Call, target: Target) -> Answer:
    kind, name, method = target.kind, target.subresource, call.method
    hosted, encoder = served.hosted, served.encoder
    if kind.resource == kinds.PODS and name in _UPGRADES:
        if name != "proxy" and method not in ("GET", "POST"):
            raise MethodNotAllowed
        raise _no_upgrade(served, call, target)
    if name not in kind.subresources:
        if kind.custom:
            raise NotFound(kind.group_resource, target.name)
        raise NotFound() if openapi.is_built_in(kind.group) else PageNotFound()
    if name == "proxy":
        raise _no_proxy(served, target)
    if name == "log" and method == "GET":
        found = logs.get(hosted, call, target, partial(_reach, served))
        return found if isinstance(found, Reply) else _Stream(found, TEXT)
    media = negotiate(call.header(b"accept"))
    if name == "approval" and method != "GET":
        may_approve(served.cluster, call, target)
    match name, method:
        case "status" | "approval" | "ephemeralcontainers" | "resize", "GET":
            await reading.reached(hosted, call)
            stored = reading.get(hosted.cluster, call, target)
            body = reading.one(encoder, kind, stored, media, call)
            return Reply(200, body, media.content_type)
        case "status" | "approval" | "finalize" | "ephemeralcontainers" | "resize", "PUT":
            return await writing.update(hosted, encoder, call, target, media)
        case "status" | "approval" | "ephemeralcontainers" | "resize", "PATCH":
            return await writing.patch(hosted, encoder, call, target, media)
        case "scale", "GET":
            return scale.get(hosted, encoder, call, target, media)
        case "scale", "PUT":
            return await scale.put(hosted, encoder, call, target, media)
        case "scale", "PATCH":
            return await scale.patch(hosted, encoder, call, target, media)
        case "binding", "POST":
            return await writing.bind(hosted, call, target, media)
        case "eviction", "POST":
            return await writing.evict(hosted, call, target, media)
        case "token", "POST":
            return await credentials.create(hosted, call, target, media)
    if kind.custom and method in _VERBS:
        raise MethodNotAllowed(kind.group_resource, _VERBS[method])
    raise MethodNotAllowed


def _no_proxy(served: _Served, target: Target) -> KubeError:
    """Return why nothing answers behind a node or a Service, as the server says it."""
    found = reading.find(served.cluster, target).object
    if target.kind.resource == kinds.NODES:
        return _unreachable(found, target.name)
    slices = [
        one
        for one in served.cluster.store.list(kinds.ENDPOINTSLICES, target.where)
        if (one["metadata"].get("labels") or {}).get("kubernetes.io/service-name") == target.name
    ]
    if not slices:
        return NotFound(target.kind.resource, target.name)
    ready = any(
        (endpoint.get("conditions") or {}).get("ready")
        for one in slices
        for endpoint in one.get("endpoints") or ()
    )
    words = f"no endpoints available for service {go_quote(target.name)}"
    if ready:
        words = "error trying to reach service: connect: connection refused"
    return KubeError(503, "ServiceUnavailable", words)


def _reach(served: _Served, pod: Obj) -> None:
    """See that the kubelet of a pod can be asked for its log. Raises KubeError."""
    name = pod["spec"].get("nodeName")
    node = served.cluster.store.get(kinds.NODES, "", name) if name else None
    if node is not None and not (node.get("status") or {}).get("addresses"):
        raise _unreachable(node, name)


def _unreachable(node: Obj, name: str) -> KubeError:
    """Return why a kubelet is not reached: it listens nowhere."""
    addresses = (node.get("status") or {}).get("addresses") or ()
    if not addresses:
        return KubeError(500, "", "no preferred addresses found; known addresses: []")
    address = next((one["address"] for one in addresses if one["type"] == "InternalIP"), name)
    words = f"error dialing backend: dial tcp {address}:10250: connect: connection refused"
    return KubeError(500, "", words)


def _no_upgrade(served: _Served, call: Call, target: Target) -> KubeError:
    """Return why nothing runs in this pod, as the server says that it reaches no kubelet."""
    pod = reading.find(served.cluster, target).object
    node = pod["spec"].get("nodeName")
    if target.subresource == "proxy" and not (pod.get("status") or {}).get("podIP"):
        return BadRequest("address not allowed")
    if not node:
        name = target.name
        return BadRequest(f"pod {name} does not have a host assigned")
    if target.subresource in ("exec", "attach"):
        logs.container_name(pod, call.get("container"))
    found = served.cluster.store.get(kinds.NODES, "", node)
    return _unreachable(found or {}, node)
