"""HTTP as the Kubernetes API speaks it: parameters, media types, replies, errors as Status.

Source: apiserver pkg/endpoints/handlers/negotiation, pkg/endpoints/handlers/responsewriters.
"""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import parse_qsl

import orjson
import yaml

from ecp.kube.errors import (
    Invalid,
    KubeError,
    NotAcceptable,
    RequestEntityTooLarge,
    UnsupportedMediaType,
    forbidden,
    invalid,
    not_supported,
    required,
    too_long,
)
from ecp.sim.access import ADMIN

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

JSON: Final = "application/json"
YAML: Final = "application/yaml"
PROTOBUF: Final = "application/vnd.kubernetes.protobuf"
TEXT: Final = "text/plain; charset=utf-8"
MAX_BODY: Final = 3 * 1024 * 1024

PATCH_TYPES: Final = {
    "application/json-patch+json": "json",
    "application/merge-patch+json": "merge",
    "application/strategic-merge-patch+json": "strategic",
    "application/apply-patch+yaml": "apply",
}


class Disconnected(Exception):
    """The client went away before its request was whole."""


class Call:
    """One HTTP request; `path` starts below the cluster ("/api/v1/pods"), `asker` makes it.

    `token` came with the address.
    """

    __slots__ = ("_named", "asker", "headers", "method", "parameters", "path", "receive", "token")

    def __init__(self, scope: Scope, receive: Receive, path: str, token: str = "") -> None:
        self.method: str = scope.get("method", "GET")
        self.path = path
        query: str = scope.get("query_string", b"").decode("utf-8", "replace")
        self.parameters = parse_qsl(query, keep_blank_values=True) if query else []
        self.headers: list[tuple[bytes, bytes]] = scope.get("headers", [])
        self._named: dict[bytes, bytes] = {}
        for key, value in self.headers:
            before = self._named.get(key)
            self._named[key] = value if before is None else before + b"," + value
        self.asker = ADMIN
        self.token = token
        self.receive = receive

    def header(self, name: bytes, default: str = "") -> str:
        """Return a header's value; several of one name are joined with commas."""
        found = self._named.get(name)
        return found.decode("latin-1") if found else default

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.parameters if key == name]

    def get(self, name: str, default: str = "") -> str:
        """Return the first value of a query parameter."""
        for key, value in self.parameters:
            if key == name:
                return value
        return default

    def flag(self, name: str) -> bool:
        """Read a boolean parameter as the server does: all but "false", "0" and "" is true.

        Source: apimachinery pkg/runtime/conversion.go Convert_Slice_string_To_bool.
        """
        values = self.all(name)
        return bool(values) and values[0].lower() not in ("false", "0")

    @property
    def manager(self) -> str:
        """The field manager: fieldManager=, else the user agent up to its first "/"."""
        named = self.get("fieldManager")
        if named:
            return named
        agent = self.header(b"user-agent")
        return agent.split("/")[0][:128] or "unknown"

    async def body(self) -> bytes:
        """Return the whole body. Raises RequestEntityTooLarge, Disconnected."""
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise Disconnected
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > MAX_BODY:
                raise RequestEntityTooLarge(f"limit is {MAX_BODY}")
            if chunk:
                chunks.append(chunk)
            if not message.get("more_body"):
                return chunks[0] if len(chunks) == 1 else b"".join(chunks)


# ---- media types ----------------------------------------------------------------------------

Form = Literal["", "Table", "PartialObjectMetadata", "PartialObjectMetadataList"]


class Media(NamedTuple):
    """What the client takes: the notation, and the form that objects are turned into."""

    yaml: bool = False
    form: Form = ""
    meta_version: str = "v1"  # of meta.k8s.io, for the forms
    discovery: str = ""  # "v2", "v2beta1": aggregated discovery

    @property
    def content_type(self) -> str:
        return YAML if self.yaml else JSON


PLAIN: Final = Media()


def _clauses(accept: str) -> Iterable[tuple[str, dict[str, str]]]:
    """Split an Accept header into (type, parameters), most wanted first."""
    found: list[tuple[float, str, dict[str, str]]] = []
    for clause in accept.split(","):
        name, *pairs = (part.strip() for part in clause.split(";"))
        if not name:
            continue
        options = dict(pair.partition("=")[::2] for pair in pairs)
        try:
            weight = float(options.pop("q", "1"))
        except ValueError:
            weight = 1.0
        found.append((-weight, name.lower(), options))
    found.sort(key=lambda one: one[0])
    return [(name, options) for _, name, options in found]


_ROUTED: Final = (JSON, YAML, PROTOBUF)
_STREAMED: Final = (f"{JSON};stream=watch", f"{PROTOBUF};stream=watch")


def negotiate(
    accept: str, *, stream: bool = False, objects: bool = True, streams: bool = False
) -> Media:
    """Return what to answer with. A client that prefers protobuf takes JSON as its second wish.

    `stream`: for a watch. `objects`: for objects, which have forms; discovery and the like do not.
    `streams`: on a path where a watch could be asked for. Raises NotAcceptable.
    """
    if not accept or accept in (JSON, "*/*"):
        return PLAIN
    known = False
    for name, options in _clauses(accept):
        # The router, which looks first, knows no "application/*".
        known = known or name in (JSON, YAML, PROTOBUF, "*/*")
        if name not in (JSON, YAML, "*/*", "application/*"):
            continue
        if stream and name == YAML:
            continue
        form = options.get("as", "")
        if form == "APIGroupDiscoveryList":
            if objects or options.get("g") != "apidiscovery.k8s.io":
                continue
            if options.get("v") not in ("v2", "v2beta1"):
                continue
            return Media(discovery=options["v"])
        if form:
            version = options.get("v", "")
            if not objects or options.get("g") != "meta.k8s.io" or version not in ("v1", "v1beta1"):
                continue
            if form not in ("Table", "PartialObjectMetadata", "PartialObjectMetadataList"):
                continue
            wanted = Media(name == YAML, form, version)  # type: ignore[arg-type]
        else:
            wanted = Media(name == YAML)
        if not known:
            break
        return wanted
    if not known:
        raise NotAcceptable(_ROUTED + _STREAMED if streams else _ROUTED, by_route=True)
    raise NotAcceptable(_STREAMED if stream else _ROUTED)


def wants_yaml(accept: str) -> bool:
    """Is the answer, an error included, to be YAML?"""
    for name, _ in _clauses(accept):
        if name in (JSON, "*/*", "application/*"):
            return False
        if name == YAML:
            return True
    return False


# ---- options of writes ----------------------------------------------------------------------


def check_options(call: Call, options: str, *, apply: bool | None = None) -> bool:
    """Check dryRun, fieldManager, fieldValidation and force; return whether it is a dry run.

    *options* is the kind that they belong to ("CreateOptions"); *apply* says of a patch whether
    it is an apply. Raises Invalid. Source: apimachinery pkg/apis/meta/v1/validation/validation.go.
    """
    errors = []
    dry = call.all("dryRun")
    if apply is not None:
        if apply and not call.get("fieldManager"):
            errors.append(required("fieldManager", "is required for apply patch"))
        if not apply and call.all("force"):
            errors.append(forbidden("force", "may not be specified for non-apply patch"))
    manager = call.get("fieldManager")
    if len(manager.encode()) > 128:
        errors.append(too_long("fieldManager", 128))
    for at, char in enumerate(manager):
        if not char.isprintable():
            detail = f"invalid character U+{ord(char):04X} (at position {at})"
            errors.append(invalid("fieldManager", manager, detail))
    if any(value != "All" for value in dry):
        errors.append(not_supported("dryRun", dry, ["All"]))
    validation = call.get("fieldValidation")
    if validation not in ("", "Ignore", "Strict", "Warn"):
        allowed = ["", "Ignore", "Strict", "Warn"]
        errors.append(not_supported("fieldValidation", validation, allowed))
    if errors:
        raise Invalid(f"{options}.meta.k8s.io", "", errors)
    return bool(dry)


def patch_type(call: Call, custom: bool) -> str:
    """Return which patch the Content-Type announces. Raises UnsupportedMediaType."""
    media = call.header(b"content-type").partition(";")[0].strip()
    kind = PATCH_TYPES.get(media)
    if kind is None:
        raise UnsupportedMediaType
    if custom and kind == "strategic":
        raise UnsupportedMediaType([name for name in PATCH_TYPES if "strategic" not in name])
    return kind


# ---- replies --------------------------------------------------------------------------------

_NO_CACHE: Final = (b"cache-control", b"no-cache, private")
_AS_SAID: Final = (b"x-content-type-options", b"nosniff")


class Reply(NamedTuple):
    """One whole answer."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[bytes, bytes], ...] = (_NO_CACHE,)


def head(
    status: int, content_type: str, headers: Iterable[tuple[bytes, bytes]] = (_NO_CACHE,)
) -> Message:
    """Return the ASGI message that starts an answer of unknown length."""
    listed = [(b"content-type", content_type.encode()), *headers] if content_type else [*headers]
    return {"type": "http.response.start", "status": status, "headers": listed}


async def reply(send: Send, answer: Reply, *, without_body: bool = False) -> None:
    """Send *answer*; *without_body* for HEAD."""
    length = (b"content-length", str(len(answer.body)).encode())
    await send(head(answer.status, answer.content_type, (length, *answer.headers)))
    body = b"" if without_body else answer.body
    await send({"type": "http.response.body", "body": body})


def warnings(texts: Sequence[str]) -> tuple[tuple[bytes, bytes], ...]:
    """Return a Warning header for each text. Source: apimachinery pkg/util/net/http.go."""
    found = []
    for text in texts:
        quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
        found.append((b"warning", f'299 - "{quoted}"'.encode("utf-8", "replace")))
    return tuple(found)


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


_BOOLEANS: Final = ("y", "Y", "n", "N")
"""What Go's writer takes for booleans and Python's does not."""


def _text(dumper: _Dumper, text: str) -> Any:
    """Texts that would be read as something else are in double quotes, as Go writes them."""
    plain = dumper.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    style = None if plain == "tag:yaml.org,2002:str" and text not in _BOOLEANS else '"'
    if "\n" in text:
        style = "|"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _text)


def to_yaml(value: Any) -> bytes:
    """Return *value* as the server writes YAML: keys sorted, lists not indented."""
    text = yaml.dump(value, Dumper=_Dumper, sort_keys=True, allow_unicode=True)
    return str(text).encode()


def encoded(value: Any, media: Media = PLAIN) -> bytes:
    """Return *value* in the notation of *media*; JSON ends with a line feed."""
    return to_yaml(value) if media.yaml else orjson.dumps(value) + b"\n"


def plain_text(status: int, text: str) -> Reply:
    return Reply(status, text.encode(), TEXT)


def bare_text(status: int, text: str) -> Reply:
    """Return a text as Go's http.Error sends it."""
    return Reply(status, text.encode(), TEXT, (_NO_CACHE, _AS_SAID))


PAGE_NOT_FOUND: Final = bare_text(404, "404 page not found\n")


def refusal(error: KubeError, accept: str) -> Reply:
    """Return the Status of *error*, in YAML where the client asked for that."""
    as_yaml = wants_yaml(accept)
    headers: tuple[tuple[bytes, bytes], ...] = (_NO_CACHE,)
    if error.retry_after:
        headers = (*headers, (b"retry-after", str(error.retry_after).encode()))
    headers = (*headers, *warnings(error.warnings))
    body = encoded(error.status(), Media(as_yaml))
    return Reply(error.code, body, YAML if as_yaml else JSON, headers)


def no_cache(extra: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[bytes, bytes], ...]:
    """Return the usual headers and *extra* ones."""
    return (_NO_CACHE, *extra)
