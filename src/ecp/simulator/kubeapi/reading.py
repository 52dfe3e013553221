"""get and list: pinned, consistent, in chunks.

A list at an older version is the present with the newer changes undone, so continuing a list
needs no copy kept for it; it works as far back as the log reaches.

Source: apiserver pkg/endpoints/handlers/get.go, pkg/storage/cacher, apimachinery
pkg/apis/meta/internalversion/validation/validation.go.
"""

import asyncio
import base64
import posixpath
import re
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import suppress
from operator import itemgetter
from typing import Any, Final, NamedTuple

import orjson

from ecp.kube import kinds, printers
from ecp.kube.errors import (
    BadRequest,
    Cause,
    Expired,
    FieldError,
    Invalid,
    KubeError,
    NotFound,
    PlainError,
    Timeout,
    forbidden,
    go_quote,
    not_supported,
)
from ecp.kube.kinds import Kind
from ecp.kube.selectors import FieldSelector, InvalidSelector, Selector, parse_fields, parse_labels
from ecp.sim.admission.conversion import check_convertible
from ecp.sim.store import Expired as OutOfWindow
from ecp.sim.store import Key, Obj, Store, Stored
from ecp.simulator.kubeapi.bodies import go_kind
from ecp.simulator.kubeapi.computed import fresh, unstored
from ecp.simulator.kubeapi.encoding import Encoder
from ecp.simulator.kubeapi.hosting import Hosted, SimulatedCluster
from ecp.simulator.kubeapi.metrics import no_such
from ecp.simulator.kubeapi.routes import Target
from ecp.simulator.kubeapi.wire import Call, Media, encoded
from ecp.validation.gojson import json_complaint

CHUNK: Final = 500
"""Objects encoded at most between two turns of the event loop."""
_TURN: Final = 0.005
"""Seconds of encoding after which others get their turn."""


class Selectors(NamedTuple):
    """Label and field selector of a list or watch."""

    labels: Selector
    fields: FieldSelector

    @property
    def empty(self) -> bool:
        return self.labels.empty and self.fields.empty

    def match(self, obj: Obj) -> bool:
        return self.labels.matches(obj["metadata"].get("labels") or {}) and self.fields.matches(obj)


def selectors(call: Call, kind: Kind) -> Selectors:
    """Read labelSelector= and fieldSelector=. Raises BadRequest in the parser's words."""
    try:
        return Selectors(
            parse_labels(call.get("labelSelector")),
            parse_fields(
                call.get("fieldSelector"), kind.group_resource, kind.custom, kind.selectable
            ),
        )
    except InvalidSelector as error:
        raise BadRequest(str(error)) from None


def parse_int(text: str, *, unsigned: bool = False) -> int:
    """Read a decimal integer in Go's words. Raises ValueError with them."""
    function = "ParseUint" if unsigned else "ParseInt"
    digits = text if unsigned else text.removeprefix("-").removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"strconv.{function}: parsing {go_quote(text)}: invalid syntax")
    value = int(text)
    if not -(2**63) <= value < (2**64 if unsigned else 2**63):
        raise ValueError(f"strconv.{function}: parsing {go_quote(text)}: value out of range")
    return value


def optional_int(call: Call, name: str) -> int | None:
    """Read an integer parameter; None when absent or empty. Raises BadRequest."""
    text = call.get(name)
    if not text:
        return None
    try:
        return parse_int(text)
    except ValueError as error:
        raise BadRequest(str(error)) from None


def version_text(text: str) -> str:
    """Return Go's words for a resourceVersion that is no number, "" for a good one."""
    try:
        parse_int(text, unsigned=True)
    except ValueError as error:
        return f"resourceVersion: Invalid value: {go_quote(text)}: {error}"
    return ""


def too_large(wanted: int, current: int) -> Timeout:
    """Return the error for a version that the cluster has not reached."""
    return Timeout(
        f"Too large resource version: {wanted}, current: {current}",
        1,
        (Cause("ResourceVersionTooLarge", "Too large resource version"),),
    )


_CONTINUED: Final = "resourceVersionMatch is forbidden when continue is provided"
_PATIENCE: Final = 3.0
"""Seconds that a read waits for a version. Source: storage/cacher `blockTimeout`."""


async def reached(hosted: Hosted, call: Call) -> None:
    """Wait a while for the version that a read asks for; nothing is said of a bad one."""
    text, token = call.get("resourceVersion"), call.get("continue")
    wanted = 0
    with suppress(BadRequest):
        if token:
            wanted = _from_token(token)[0]
        elif text and not version_text(text):
            wanted = int(text)
    await version_reached(hosted, wanted)


async def version_reached(hosted: Hosted, wanted: int) -> None:
    """Wait until a version is there, three seconds at most."""
    store, loop = hosted.cluster.store, asyncio.get_running_loop()
    end = loop.time() + _PATIENCE
    while wanted > store.version and loop.time() < end:
        with suppress(TimeoutError):
            await asyncio.wait_for(hosted.changed(store.version), end - loop.time())


def check_list_options(call: Call, *, watch: bool) -> None:
    """Check what resourceVersionMatch and sendInitialEvents may be together. Raises Invalid."""
    match, version = call.get("resourceVersionMatch"), call.get("resourceVersion")
    initial = call.all("sendInitialEvents")
    errors: list[FieldError] = []
    if watch and initial:
        field = "resourceVersionMatch"
        if match != "NotOlderThan":
            detail = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
            errors.append(forbidden(field, detail))
            if match:
                errors.append(not_supported(field, match, ["NotOlderThan"]))
        elif call.get("continue"):
            errors.append(forbidden(field, _CONTINUED))
    elif watch:
        if match:
            detail = (
                "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
            )
            errors.append(forbidden("resourceVersionMatch", detail))
        if call.get("continue"):
            errors.append(forbidden("resourceVersionMatch", _CONTINUED))
        if match not in ("", "NotOlderThan"):
            errors.append(not_supported("resourceVersionMatch", match, ["NotOlderThan"]))
    elif initial:
        errors.append(forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"))
    elif match:
        field = "resourceVersionMatch"
        if not version:
            detail = "resourceVersionMatch is forbidden unless resourceVersion is provided"
            errors.append(forbidden(field, detail))
        if call.get("continue"):
            errors.append(forbidden(field, _CONTINUED))
        if match not in ("Exact", "NotOlderThan"):
            errors.append(not_supported(field, match, ["Exact", "NotOlderThan", ""]))
        if match == "Exact" and version == "0":
            detail = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
            errors.append(forbidden(field, detail))
    if errors:
        raise Invalid("ListOptions.meta.k8s.io", "", errors)


# ---- get ------------------------------------------------------------------------------------


def get(cluster: SimulatedCluster, call: Call, target: Target) -> Stored:
    """Return one object as seen now. Raises NotFound, Timeout, PlainError."""
    version = call.get("resourceVersion")
    if version:
        if words := version_text(version):
            raise PlainError(words)
        if int(version) > cluster.store.version:
            raise too_large(int(version), cluster.store.version)
    return find(cluster, target)


def find(cluster: SimulatedCluster, target: Target) -> Stored:
    """Return the object that *target* names. Raises NotFound."""
    resource = target.kind.resource
    key = (target.where, target.name)
    stored = cluster.store.stored(resource, key)
    if stored is None:
        stored = unstored(cluster, target.kind, target.where, target.name).get(key)
    if stored is None and target.kind.aggregated:
        raise no_such(cluster, target.kind, target.where, target.name)
    if stored is None:
        raise NotFound(target.kind.group_resource, target.name)
    check_convertible(cluster.store, target.kind, *_versions(target.kind, stored))
    return fresh(cluster, resource, stored)


def _versions(kind: Kind, stored: Stored) -> tuple[str, str]:
    """Return the version in which an object is held, and that in which it is asked for."""
    return stored.object.get("apiVersion", kind.api_version), kind.api_version


# ---- list -----------------------------------------------------------------------------------


def order(key: Key) -> str:
    """Sort key of objects in a list: the way the server's own store orders its keys."""
    return f"{key[0]}/{key[1]}" if key[0] else key[1]


def table_at(store: Store, resource: str, version: int) -> dict[Key, Stored]:
    """Return the objects of *resource* as they were at *version*. Raises OutOfWindow."""
    table = store.items(resource)
    for change in reversed(list(store.since(version))):
        if change.resource != resource:
            continue
        if change.old is None:
            table.pop(change.key, None)
        else:
            version = int(change.old["metadata"]["resourceVersion"])
            # Whose the fields were before the horizon is not kept.
            before = store.change(version) if version > store.horizon else None
            owners = before.owners if before is not None else change.owners
            table[change.key] = Stored(change.old, owners)
    return table


class Page(NamedTuple):
    """One answer to a list: the objects, the version they stand for, what comes after."""

    items: list[Stored]
    version: int
    token: str = ""
    remaining: int | None = None

    def meta(self) -> dict[str, Any]:
        out: dict[str, Any] = {"resourceVersion": str(self.version)} if self.version else {}
        if self.token:
            out["continue"] = self.token
        if self.remaining:
            out["remainingItemCount"] = self.remaining
        return out


def _token(version: int, start: str) -> str:
    body = orjson.dumps({"v": "meta.k8s.io/v1", "rv": version, "start": f"/{start}\0"})
    return base64.urlsafe_b64encode(body).rstrip(b"=").decode()


_BASE64: Final = re.compile(r"[A-Za-z0-9_-]*")


def _from_token(token: str) -> tuple[int, str]:
    """Return the version (-1: the present) and the last key of a token. Raises BadRequest.

    Source: apiserver pkg/storage/continue.go.
    """
    words = "invalid continue token: continue key is not valid"
    found = _BASE64.match(token)
    good = found.end() if found is not None else 0
    if good < len(token) or len(token) % 4 == 1:
        at = good if good < len(token) else len(token) - 1
        raise BadRequest(f"{words}: illegal base64 data at input byte {at}")
    text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    try:
        body = orjson.loads(text)
    except ValueError:
        raise BadRequest(f"{words}: {json_complaint(text.decode(errors='replace'))}") from None
    if not isinstance(body, dict):
        into = f"{go_kind(body)} into Go value of type storage.continueToken"
        raise BadRequest(f"{words}: json: cannot unmarshal {into}")
    encoding = body.get("v", "")
    if encoding != "meta.k8s.io/v1":
        raise BadRequest(f"{words}: server does not recognize this encoded version {encoding}")
    version, start = body.get("rv"), body.get("start")
    if not isinstance(version, int) or not version:
        said = "incorrect encoded start resourceVersion (version meta.k8s.io/v1)"
        raise BadRequest(f"{words}: {said}")
    if not isinstance(start, str) or not start:
        raise BadRequest(f"{words}: encoded start key empty (version meta.k8s.io/v1)")
    key = start if start.startswith("/") else f"/{start}"
    if posixpath.normpath(key) != key:
        raise BadRequest(f"{words}: {start}")
    return version, start.removeprefix("/").removesuffix("\0")


class TokenExpired(Expired):
    """A continue token whose version is gone; `token` goes on with the present."""

    def __init__(self, token: str) -> None:
        super().__init__(
            "The provided continue parameter is too old to display a consistent list result. You "
            "can start a new list without the continue parameter, or use the continue token in "
            "this response to retrieve the remainder of the results. Continuing with the provided "
            "token results in an inconsistent list - objects that were created, modified, or "
            "deleted between the time the first chunk was returned and now may show up in the list."
        )
        self.token = token

    def status(self) -> dict[str, Any]:
        return {**super().status(), "metadata": {"continue": self.token}}


def _wanted_version(call: Call, store: Store, limit: int) -> int | None:
    """Return the version that a list must show exactly; None for the present."""
    text = call.get("resourceVersion")
    if not text or text == "0":
        return None
    if words := version_text(text):
        raise BadRequest(f"invalid resource version: {words}")
    version = int(text)
    if version > store.version:
        raise too_large(version, store.version)
    match = call.get("resourceVersionMatch")
    exact = match == "Exact" or (not match and limit > 0)
    return version if exact else None


def page(cluster: SimulatedCluster, call: Call, target: Target) -> Page:
    """Return what a list asks for. Raises KubeError for options that make no sense."""
    check_list_options(call, watch=False)
    store, resource = cluster.store, target.kind.resource
    chosen = selectors(call, target.kind)
    limit = optional_int(call, "limit") or 0
    token = call.get("continue")
    start = ""
    if token:
        version, start = _from_token(token)
        if call.get("resourceVersion") not in ("", "0"):
            raise BadRequest("specifying resource version is not allowed when using continue")
        exact = None if version < 0 else version
        if exact is not None and exact > store.version:
            raise too_large(exact, store.version)
    else:
        exact = _wanted_version(call, store, limit)
    if call.get("resourceVersion") == "0":
        limit = 0  # served from the cache, which does not page
    try:
        found = dict(_candidates(store, target, chosen, exact))
    except OutOfWindow:
        if token:
            raise TokenExpired(_token(-1, start)) from None
        raise Expired("The resourceVersion for the provided list is too old.") from None
    if target.kind.custom:
        for stored in found.values():
            check_convertible(store, target.kind, *_versions(target.kind, stored))
    found = {**unstored(cluster, target.kind, target.namespace), **found}
    shown_version = store.version if exact is None else exact
    if resource == kinds.COMPONENTSTATUSES or target.kind.aggregated:
        shown_version = limit = 0  # what is asked of other processes has none, nor pages
    in_namespace = target.namespace is not None
    name: Callable[[Key], str] = (lambda key: key[1]) if in_namespace else order
    entries = [(name(key), stored) for key, stored in found.items()]
    entries.sort(key=itemgetter(0))
    if start:
        entries = [entry for entry in entries if entry[0] > start]
    if not chosen.empty:
        entries = [entry for entry in entries if chosen.match(entry[1].object)]
    items = [fresh(cluster, resource, stored) for _, stored in entries]
    if limit <= 0 or len(items) <= limit:
        return Page(items, shown_version)
    after = _token(shown_version, entries[limit - 1][0])
    remaining = len(items) - limit if chosen.empty else None
    return Page(items[:limit], shown_version, after, remaining)


def _candidates(
    store: Store, target: Target, chosen: Selectors, exact: int | None
) -> Iterable[tuple[Key, Stored]]:
    """Return a superset of what is asked, as small as an index makes it."""
    resource, namespace = target.kind.resource, target.namespace
    if exact is not None and exact != store.version:
        table = table_at(store, resource, exact)
    else:
        name = chosen.fields.exact("metadata.name")
        where = namespace if namespace is not None else chosen.fields.exact("metadata.namespace")
        if not target.kind.namespaced:
            where = ""
        if name is not None and where is not None:
            stored = store.stored(resource, (where, name))
            return [((where, name), stored)] if stored is not None else []
        table = store.items(resource)
    if namespace is None:
        return table.items()
    return [(key, stored) for key, stored in table.items() if key[0] == namespace]


# ---- encoding an answer ---------------------------------------------------------------------


_PACKAGES: Final = {"": "core", "events.k8s.io": "core"}


def _go_type(kind: Kind) -> str:
    """Return what the server's own type of a kind is called."""
    if kind.custom:
        return "*unstructured.Unstructured"
    package = _PACKAGES.get(kind.group, kind.group.partition(".")[0])
    return f"*{package}.{kind.kind}"


def check_form(kind: Kind, media: Media, *, many: bool) -> None:
    """Raises NotAcceptable for the form of a list of one object, or the other way round."""
    if many and media.form == "PartialObjectMetadata":
        why = f"but the requested object is a list ({_go_type(kind)}List)"
    elif not many and media.form == "PartialObjectMetadataList":
        why = f"but the requested object is not a list ({_go_type(kind)})"
    else:
        return
    raise KubeError(406, "NotAcceptable", f"you requested {media.form}, {why}")


def one(encoder: Encoder, kind: Kind, stored: Stored, media: Media, call: Call) -> bytes:
    """Return the answer with one object, in the form and notation that the client takes."""
    check_form(kind, media, many=False)
    if media.form == "Table":
        row = encoder.row(kind, stored, media, include_object(call))
        version = stored.object["metadata"].get("resourceVersion")
        meta = {"resourceVersion": version} if version else {}
        return with_fragments(encoder.table(kind, [row], meta, media), media)
    if media.form:
        body = encoder.partial(kind, stored, meta_version=media.meta_version)
    else:
        body = encoder.whole(kind, stored)
    return encoded(orjson.loads(body), media) if media.yaml else body + b"\n"


def with_fragments(value: Any, media: Media) -> bytes:
    """Encode a value that may hold fragments."""
    body = orjson.dumps(value)
    return encoded(orjson.loads(body), media) if media.yaml else body + b"\n"


def include_object(call: Call) -> str:
    """Return what rows of a Table carry: "Metadata", "None" or "Object". Raises BadRequest."""
    include = call.get("includeObject") or "Metadata"
    if include not in ("Metadata", "None", "Object"):
        raise BadRequest(
            f"Unable to convert to Table as requested: includeObject: Invalid value: "
            f"{go_quote(include)}: must be 'Metadata', 'Object', 'None', or empty"
        )
    return include


async def many(
    encoder: Encoder, kind: Kind, found: Page, media: Media, call: Call
) -> AsyncIterator[bytes]:
    """Yield the answer to a list in pieces, giving way to others between them."""
    check_form(kind, media, many=True)
    include = include_object(call) if media.form == "Table" else ""
    if media.yaml:
        pieces = [
            piece async for piece in many(encoder, kind, found, media._replace(yaml=False), call)
        ]
        yield encoded(orjson.loads(b"".join(pieces)), media)
        return
    if media.form == "Table" and not found.items:
        rows: list[Any] | None = None if kind.group_resource in printers.WITHOUT_ROWS else []
        yield orjson.dumps({**encoder.table(kind, [], found.meta(), media), "rows": rows}) + b"\n"
        return
    if media.form == "Table":
        head = orjson.dumps(encoder.table(kind, [], found.meta(), media))
    elif media.form:
        head = orjson.dumps(
            {
                "kind": "PartialObjectMetadataList",
                "apiVersion": f"meta.k8s.io/{media.meta_version}",
                "metadata": found.meta(),
                "items": [] if found.items else None,
            }
        )
        if not found.items:
            yield head + b"\n"
            return
    else:
        head = orjson.dumps(
            {
                "kind": kind.list_kind_name,
                "apiVersion": kind.api_version,
                # Custom lists always name what comes after them.
                "metadata": {"continue": "", **found.meta()} if kind.custom else found.meta(),
                "items": [],
            }
        )
    piece = [head[:-2]]
    glue = b""
    loop = asyncio.get_running_loop()
    pause_at = loop.time() + _TURN
    items: Sequence[Stored] = found.items
    if media.form == "Table":
        items = printers.in_order(kind.resource, items, lambda one: one.object)
    for number, stored in enumerate(items, 1):
        piece.append(glue)
        glue = b","
        if media.form == "Table":
            piece.append(orjson.dumps(encoder.row(kind, stored, media, include)))
        elif media.form:
            piece.append(encoder.partial(kind, stored, meta_version=media.meta_version))
        else:
            piece.append(encoder.item(kind, stored))
        # What is not in the cache costs much more: time decides, not only the number.
        if number % CHUNK == 0 or (number % 8 == 0 and loop.time() > pause_at):
            yield b"".join(piece)
            piece = []
            await asyncio.sleep(0)
            pause_at = loop.time() + _TURN
    piece.append(b"]}\n")
    yield b"".join(piece)
