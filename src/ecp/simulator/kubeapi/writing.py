"""Everything that changes: HTTP to Requests, Answers to HTTP.

Source: apiserver pkg/endpoints/handlers/{create,update,patch,delete}.go.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, NamedTuple, TypeVar

import orjson

from ecp.kube import kinds
from ecp.kube.errors import (
    BadRequest,
    Invalid,
    KubeError,
    invalid,
    not_supported,
)
from ecp.kube.kinds import Kind
from ecp.kube.openapi import version_rank
from ecp.kube.selectors import InvalidSelector, parse_fields, parse_labels
from ecp.sim.access import ADMIN
from ecp.sim.admission.deletion import left_behind
from ecp.sim.requests import Answer, Request
from ecp.sim.store import Obj, Stored
from ecp.simulator.kubeapi import bodies, reading
from ecp.simulator.kubeapi.encoding import Encoder
from ecp.simulator.kubeapi.hosting import Hosted
from ecp.simulator.kubeapi.routes import Target
from ecp.simulator.kubeapi.wire import (
    Call,
    Media,
    Reply,
    check_options,
    encoded,
    no_cache,
    patch_type,
    warnings,
)


class Doubtful(NamedTuple):
    """A body with its warnings, judged by fieldValidation."""

    value: Any
    warnings: list[str]


def judged(body: bodies.Body, call: Call, kind: Kind) -> Doubtful:
    """Refuse, report or pass over fields written twice or unknown, as fieldValidation says.

    Raises BadRequest, also for a value of a wrong type.
    """
    mode = call.get("fieldValidation") or "Warn"
    handled = f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: '
    fit = bodies.fit(body.value, kind)
    if fit.wrong:
        raise BadRequest(handled + fit.wrong)
    doubts = [*body.doubts, *fit.unknown]
    if not doubts or mode == "Ignore":
        return Doubtful(body.value, [])
    if mode == "Strict":
        raise BadRequest(f"{handled}strict decoding error: {body.strict_words(fit.unknown)}")
    return Doubtful(body.value, doubts)


def judged_patch(body: bodies.Body, call: Call, kind: Kind, type_: str) -> Doubtful:
    """The same of a patch. The write path judges an apply, and what the other patches lead to.

    Raises Invalid.
    """
    mode = call.get("fieldValidation") or "Warn"
    if type_ != "strategic":
        return Doubtful(body.value, list(body.doubts) if mode == "Warn" else [])
    fit = bodies.fit_of_patch(body.value, kind)
    doubts = [*body.doubts, *fit.unknown]
    words = bodies.restored(fit.wrong)
    if not words and doubts and mode == "Strict":
        words = f"strict decoding error: {body.strict_words(fit.unknown)}"
    if words:
        shown = bodies.go_print(body.value)
        raise Invalid("", "", [invalid("patch", shown, words)])
    return Doubtful(body.value, doubts if mode == "Warn" else [])


def request(call: Call, target: Target, **fields: Any) -> Request:
    """Return the Request that *target* and the caller's names make, with *fields*."""
    made: dict[str, Any] = {
        "resource": target.kind.resource,
        "namespace": target.where,
        "name": target.name,
        "subresource": target.subresource,
        "api_version": target.kind.api_version,
        "manager": call.manager,
        "user": call.asker.name,
        "groups": call.asker.groups if call.asker is not ADMIN else (),
    }
    made.update(fields)
    return Request(**made)


_LONG: Final = 32 << 10
"""Bodies from here on (bytes) are read in a thread, so that others are heard meanwhile."""

_Read = TypeVar("_Read")


async def aside(body: bytes, read: Callable[[], _Read]) -> _Read:
    """Return what *read*, which changes nothing, makes of *body*."""
    if len(body) < _LONG:
        return read()
    return await asyncio.get_running_loop().run_in_executor(None, read)


async def read_judged(hosted: Hosted, call: Call, kind: Kind) -> Doubtful:
    """Return the object of a body. Raises BadRequest."""
    body = await call.body()

    def read() -> Doubtful:
        found = bodies.read_object(
            body, call.header(b"content-type"), hosted.cluster.catalogue, kind
        )
        return judged(found, call, kind)

    return await aside(body, read)


async def submitted(hosted: Hosted, kind: Kind, wish: Request, said: list[str]) -> Answer:
    """Carry out *wish*; a refusal comes with what was *said* of its body. Raises KubeError."""
    try:
        return await hosted.submit(wish)
    except KubeError as error:
        error.warnings = (*deprecated(hosted, kind), *said)
        raise


async def create(
    hosted: Hosted, encoder: Encoder, call: Call, target: Target, media: Media
) -> Reply:
    """POST of an object to its collection."""
    dry = check_options(call, "CreateOptions")
    doubtful = await read_judged(hosted, call, target.kind)
    wish = request(
        call, target, verb="create", body=doubtful.value, dry_run=dry,
        field_validation=call.get("fieldValidation"),
    )  # fmt: skip
    answer = await submitted(hosted, target.kind, wish, doubtful.warnings)
    return written(hosted, encoder, target.kind, answer, media, call, doubtful.warnings)


async def update(
    hosted: Hosted, encoder: Encoder, call: Call, target: Target, media: Media
) -> Reply:
    """PUT of an object or of its status."""
    dry = check_options(call, "UpdateOptions")
    doubtful = await read_judged(hosted, call, target.kind)
    wish = request(
        call, target, verb="update", body=doubtful.value, dry_run=dry,
        field_validation=call.get("fieldValidation"),
    )  # fmt: skip
    answer = await submitted(hosted, target.kind, wish, doubtful.warnings)
    return written(hosted, encoder, target.kind, answer, media, call, doubtful.warnings)


async def patch(
    hosted: Hosted, encoder: Encoder, call: Call, target: Target, media: Media
) -> Reply:
    """PATCH, server-side apply included."""
    kind = target.kind
    type_ = patch_type(call, kind.custom)
    dry = check_options(call, "PatchOptions", apply=type_ == "apply")
    body = await call.body()
    doubtful = await aside(
        body, lambda: judged_patch(bodies.read_patch(body, type_), call, kind, type_)
    )
    wish = request(
        call, target, verb="patch", patch=type_, body=doubtful.value, dry_run=dry,
        force=call.flag("force"), field_validation=call.get("fieldValidation"),
    )  # fmt: skip
    answer = await submitted(hosted, kind, wish, doubtful.warnings)
    return written(hosted, encoder, kind, answer, media, call, doubtful.warnings)


def written(
    hosted: Hosted,
    encoder: Encoder,
    kind: Kind,
    answer: Answer,
    media: Media,
    call: Call,
    more_warnings: list[str] | None = None,
) -> Reply:
    """Return the reply to a write that gives an object."""
    status = answer.code or (201 if answer.created else 200)
    # The write path looks at what the body became; it may say again what was seen in the body.
    said = list(
        dict.fromkeys([*deprecated(hosted, kind), *(more_warnings or ()), *answer.warnings])
    )
    headers = no_cache(warnings(said))
    if answer.object is None:
        return Reply(status, encoded(success(status), media), media.content_type, headers)
    body = object_body(hosted, encoder, kind, answer.object, answer.owners, media, call)
    return Reply(status, body, media.content_type, headers)


def object_body(
    hosted: Hosted,
    encoder: Encoder,
    kind: Kind,
    obj: Obj,
    owners: tuple[Any, ...],
    media: Media,
    call: Call,
) -> bytes:
    """Encode an object of an answer; only what the store holds goes through the cache."""
    meta = obj["metadata"]
    live = hosted.cluster.store.get(kind.resource, meta.get("namespace", ""), meta["name"])
    stored = Stored(obj, owners)
    if live is not obj:
        # A dry run, or a state that was not kept: its version names another state.
        if media.form == "Table":
            row = encoder.row(kind, stored, media, reading.include_object(call), cache=False)
            version = meta.get("resourceVersion")
            table_meta = {"resourceVersion": version} if version else {}
            body = orjson.dumps(encoder.table(kind, [row], table_meta, media))
        elif media.form:
            body = encoder.partial(kind, stored, meta_version=media.meta_version, cache=False)
        else:
            body = encoder.whole(kind, stored, cache=False)
        return encoded(orjson.loads(body), media) if media.yaml else body + b"\n"
    return reading.one(encoder, kind, stored, media, call)


def deprecated(hosted: Hosted, kind: Kind) -> list[str]:
    """Return the warning of a deprecated kind, or of a deprecated version of a custom one."""
    if not kind.custom:
        return [kind.deprecated] if kind.deprecated else []
    crd = hosted.cluster.store.get(kinds.CRDS, "", kind.resource)
    if crd is None:
        return []
    for version in crd["spec"]["versions"]:
        if version["name"] == kind.version and version.get("deprecated"):
            return [version.get("deprecationWarning") or _successor(crd, kind)]
    return []


def _successor(definition: Obj, kind: Kind) -> str:
    """Return the warning of a deprecated version, with the one that is to be used instead.

    Source: apiextensions-apiserver pkg/apiserver/customresource_handler.go.
    """
    spec = definition["spec"]
    found = f"{kind.api_version} {kind.kind} is deprecated"
    for version in sorted(spec["versions"], key=lambda one: version_rank(one["name"])):
        # They are sorted: newer ones come before.
        if version["name"] == kind.version:
            break
        if version.get("served") and not version.get("deprecated"):
            return f"{found}; use {spec['group']}/{version['name']} {kind.kind}"
    return found


def success(code: int, **details: str) -> dict[str, Any]:
    """Return a Status of success; with *details* the one of a deletion."""
    status: dict[str, Any] = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
    }
    if details:
        status["details"] = {key: value for key, value in details.items() if value}
    else:
        status["code"] = code
    return status


# ---- deletion -------------------------------------------------------------------------------

_PROPAGATIONS = ("Foreground", "Background", "Orphan")


async def _delete_options(call: Call) -> dict[str, Any]:
    """Return what body and query say together, checked. Raises Invalid, BadRequest."""
    options = bodies.read_options(await call.body(), call.header(b"content-type"))
    if not options:
        grace = reading.optional_int(call, "gracePeriodSeconds")
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        if call.get("propagationPolicy"):
            options["propagationPolicy"] = call.get("propagationPolicy")
        if call.all("orphanDependents"):
            options["orphanDependents"] = call.flag("orphanDependents")
        if call.all("dryRun"):
            options["dryRun"] = call.all("dryRun")
    dry = options.get("dryRun") or []
    policy, orphan = options.get("propagationPolicy"), options.get("orphanDependents")
    errors = []
    if policy is not None and orphan is not None:
        detail = "orphanDependents and deletionPropagation cannot be both set"
        errors.append(invalid("propagationPolicy", policy, detail))
    if policy is not None and policy not in _PROPAGATIONS:
        errors.append(not_supported("propagationPolicy", policy, [*_PROPAGATIONS, "nil"]))
    if any(value != "All" for value in dry):
        errors.append(not_supported("dryRun", dry, ["All"]))
    if errors:
        raise Invalid("DeleteOptions.meta.k8s.io", "", errors)
    return options


def _deletion(options: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a Request that the options fill."""
    propagation = options.get("propagationPolicy") or ""
    if options.get("orphanDependents") is not None:
        propagation = "Orphan" if options["orphanDependents"] else "Background"
    preconditions = options.get("preconditions") or {}
    return {
        "grace": options.get("gracePeriodSeconds"),
        "propagation": propagation,
        "uid": preconditions.get("uid"),
        "resource_version": preconditions.get("resourceVersion"),
        "dry_run": bool(options.get("dryRun")),
    }


async def delete(
    hosted: Hosted, encoder: Encoder, call: Call, target: Target, media: Media
) -> Reply:
    """DELETE of one object: the object where it lingers or its kind says so, else a Status."""
    options = await _delete_options(call)
    kind = target.kind
    wish = request(call, target, verb="delete", **_deletion(options))
    answer = await submitted(hosted, kind, wish, left_behind(kind, wish))
    obj = answer.object
    gone = answer.deleted
    if obj is None or (gone and not kind.deleted_object):
        uid = obj["metadata"].get("uid", "") if obj is not None else ""
        status = success(200, name=target.name, group=kind.group, kind=kind.plural, uid=uid)
        headers = no_cache(warnings([*deprecated(hosted, kind), *answer.warnings]))
        return Reply(200, encoded(status, media), media.content_type, headers)
    return written(hosted, encoder, kind, answer, media, call)


async def delete_collection(
    hosted: Hosted, encoder: Encoder, call: Call, target: Target, media: Media
) -> Reply:
    """DELETE of all that match: the list of what was chosen, as it was before."""
    options = await _delete_options(call)
    label_text, field_text = call.get("labelSelector"), call.get("fieldSelector")
    try:
        parse_labels(label_text)
        kind = target.kind
        parse_fields(field_text, kind.group_resource, kind.custom, kind.selectable)
    except InvalidSelector as error:
        raise BadRequest(str(error)) from None
    # A list with the same options says what the answer holds; limit cuts both.
    chosen = reading.page(hosted.cluster, call, target)
    said = deprecated(hosted, target.kind)
    if chosen.token:
        for stored in chosen.items:
            one = replace(
                request(call, target, verb="delete", **_deletion(options)),
                name=stored.object["metadata"]["name"],
            )
            answer = await hosted.submit(one)
            said += answer.warnings
    else:
        answer = await hosted.submit(
            request(
                call, target, verb="deletecollection", label_selector=label_text,
                field_selector=field_text, **_deletion(options),
            )
        )  # fmt: skip
        said += answer.warnings
    pieces = [piece async for piece in reading.many(encoder, target.kind, chosen, media, call)]
    headers = no_cache(warnings(list(dict.fromkeys(said))))
    return Reply(200, b"".join(pieces), media.content_type, headers)


# ---- subresources that are only written ------------------------------------------------------


async def bind(hosted: Hosted, call: Call, target: Target, media: Media) -> Reply:
    """POST of a Binding, to pods/NAME/binding or to bindings."""
    dry = check_options(call, "CreateOptions")
    body = await _action(hosted, call, _BINDING)
    meta = body.get("metadata") or {}
    name = target.name or meta.get("name", "")
    if target.name and meta.get("name") != target.name:
        raise BadRequest("name in URL does not match name in Binding object")
    answer = await hosted.submit(
        request(
            call, target, verb="bind", resource="pods", name=name, subresource="binding",
            body=body, dry_run=dry,
        )
    )  # fmt: skip
    status = answer.code or 201
    return Reply(status, encoded(success(status), media), media.content_type)


async def evict(hosted: Hosted, call: Call, target: Target, media: Media) -> Reply:
    """POST of an Eviction."""
    dry = check_options(call, "CreateOptions")
    body = await _action(hosted, call, _EVICTION)
    meta = body.get("metadata") or {}
    if meta.get("name") != target.name:
        raise BadRequest("name in URL does not match name in Eviction object")
    dry = dry or bool((body.get("deleteOptions") or {}).get("dryRun"))
    answer = await hosted.submit(
        request(call, target, verb="evict", subresource="eviction", body=body, dry_run=dry)
    )
    status = answer.code or 201
    return Reply(status, encoded(success(status), media), media.content_type)


_BINDING: Final = Kind("", "v1", "Binding", "bindings")
_EVICTION: Final = Kind("policy", "v1", "Eviction", "evictions")


async def _action(hosted: Hosted, call: Call, kind: Kind) -> dict[str, Any]:
    """Read a Binding or an Eviction, which may be one of policy/v1beta1. Raises BadRequest."""
    found = bodies.read_any(await call.body(), call.header(b"content-type"), kind.kind)
    if (found.get("apiVersion"), found.get("kind")) != ("policy/v1beta1", "Eviction"):
        bodies.check_kind(found, hosted.cluster.catalogue, kind)
    return found
