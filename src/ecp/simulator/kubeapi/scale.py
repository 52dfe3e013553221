"""The scale subresource: a Scale is a view of its parent; writing it patches the parent's replicas.

Source: kubernetes pkg/registry/apps/deployment/storage/storage.go (ScaleREST),
apiextensions-apiserver pkg/registry/customresource/etcd.go.
"""

from typing import Any

from ecp.kube import kinds, printers, selectors
from ecp.kube.errors import BadRequest, InternalError, Invalid, NotFound, go_quote, invalid
from ecp.kube.kinds import Kind
from ecp.kube.patch import json_patch, merge
from ecp.kube.patch.apply import render
from ecp.sim import admission_rules
from ecp.sim.requests import Answer
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
from ecp.simulator.kubeapi.writing import read_judged, request

SCALE = Kind("autoscaling", "v1", "Scale", "scale")
_OF_CUSTOM = Kind("autoscaling", "v1", "Scale", "customscales")
"""A Scale of a kind that a definition made, whose rows have other columns."""


class _Paths:
    """Where a kind keeps its replicas and selector."""

    def __init__(self, hosted: Hosted, kind: Kind) -> None:
        self.spec = ".spec.replicas"
        self.status = ".status.replicas"
        self.selector = ""
        if not kind.custom:
            return
        crd = hosted.cluster.store.get(kinds.CRDS, "", kind.resource)
        if crd is None:
            raise NotFound()
        for version in crd["spec"]["versions"]:
            scale = (version.get("subresources") or {}).get("scale")
            if version["name"] == kind.version and scale:
                self.spec = scale["specReplicasPath"]
                self.status = scale["statusReplicasPath"]
                self.selector = scale.get("labelSelectorPath", "")


def _number(obj: Obj, path: str) -> int:
    found = printers.find(obj, path)
    return int(found[0]) if found and isinstance(found[0], int) else 0


def view(obj: Obj, kind: Kind, paths: _Paths) -> Obj:
    """Return the Scale of *obj*."""
    meta, replicas = obj["metadata"], _number(obj, paths.spec)
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    status: dict[str, Any] = {"replicas": _number(obj, paths.status)}
    if paths.selector:
        found = printers.find(obj, paths.selector)
        selector = str(found[0]) if found else ""
    elif kind.custom:
        selector = ""
    else:
        said = obj["spec"].get("selector")
        said = {"matchLabels": said} if kind.resource == kinds.RCS else said
        selector = str(selectors.from_object(said))
    if selector:
        status["selector"] = selector
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: meta[key] for key in kept if key in meta},
        "spec": {"replicas": replicas} if replicas else {},
        "status": status,
    }


def _body(encoder: Encoder, scale: Obj, parent: Kind, media: Media, call: Call) -> bytes:
    stored = Stored(scale, ())
    if media.form == "Table":
        kind = _OF_CUSTOM if parent.custom else SCALE
        row = encoder.row(kind, stored, media, reading.include_object(call), cache=False)
        meta = {"resourceVersion": scale["metadata"].get("resourceVersion", "")}
        return reading.with_fragments(encoder.table(kind, [row], meta, media), media)
    if media.form:
        return encoder.partial(SCALE, stored, meta_version=media.meta_version, cache=False) + b"\n"
    return encoded(scale, media)


def get(hosted: Hosted, encoder: Encoder, call: Call, target: Target, media: Media) -> Reply:
    """GET of the Scale. Raises NotFound."""
    obj, paths = reading.find(hosted.cluster, target).object, _Paths(hosted, target.kind)
    if target.kind.custom and not printers.find(obj, paths.spec):
        raise InternalError(f"the spec replicas field {go_quote(paths.spec)} does not exist")
    scale = view(obj, target.kind, paths)
    return Reply(200, _body(encoder, scale, target.kind, media, call), media.content_type)


def _owned(stored: Stored, paths: _Paths) -> list[Obj]:
    """Return the managedFields of a Scale: who owns the replicas of its parent."""
    path = tuple(f"f:{step}" for step in paths.spec.strip(".").split("."))
    return [
        {
            **{key: row[key] for key in ("manager", "operation")},
            "apiVersion": "autoscaling/v1",
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:spec": {"f:replicas": {}}},
            **({"subresource": row["subresource"]} if "subresource" in row else {}),
        }
        for row in render(stored.owners, stored.object)
        if _holds(row["fieldsV1"], path)
    ]


def _holds(fields: Obj, path: tuple[str, ...]) -> bool:
    for step in path:
        if step not in fields:
            return False
        fields = fields[step]
    return True


_SPOKEN = ("autoscaling/v1", "Scale")


async def put(hosted: Hosted, encoder: Encoder, call: Call, target: Target, media: Media) -> Reply:
    """PUT of a Scale. Raises NotFound, Invalid, BadRequest, Conflict."""
    dry = check_options(call, "UpdateOptions")
    read = await read_judged(hosted, call, SCALE)
    return await _write(hosted, encoder, call, target, media, read.value, dry, read.warnings)


async def patch(
    hosted: Hosted, encoder: Encoder, call: Call, target: Target, media: Media
) -> Reply:
    """PATCH of a Scale. Raises NotFound, Invalid, BadRequest, Conflict."""
    type_ = patch_type(call, custom=False)
    dry = check_options(call, "PatchOptions", apply=type_ == "apply")
    body = bodies.read_patch(await call.body(), type_).value
    stored = reading.find(hosted.cluster, target)
    obj, paths = stored.object, _Paths(hosted, target.kind)
    if type_ == "apply" and (body.get("apiVersion"), body.get("kind")) != _SPOKEN:
        group, _, version = str(body.get("apiVersion") or "").rpartition("/")
        raise BadRequest(f"invalid object type: {group}/{version}, Kind={body.get('kind') or ''}")
    scale = view(obj, target.kind, paths)
    if type_ == "json":
        scale = json_patch.apply(scale, body)
    else:
        scale = merge.apply(scale, body)
    wish = request(
        call,
        target,
        verb="patch",
        patch=type_,
        body=body,
        field_validation=call.get("fieldValidation"),
    )
    scale, said = admission_rules.decode(SCALE, scale, wish, lambda: _owned(stored, paths))
    if type_ != "json" and "resourceVersion" not in (body.get("metadata") or {}):
        scale = {**scale, "metadata": {**scale["metadata"], "resourceVersion": ""}}
    applies = type_ == "apply"
    return await _write(hosted, encoder, call, target, media, scale, dry, said, apply=applies)


async def _write(
    hosted: Hosted,
    encoder: Encoder,
    call: Call,
    target: Target,
    media: Media,
    scale: Obj,
    dry: bool,
    said: list[str],
    *,
    apply: bool = False,
) -> Reply:
    kind = target.kind
    reading.find(hosted.cluster, target)
    meta = scale.get("metadata") or {}
    if meta.get("name", target.name) != target.name:
        raise BadRequest(
            f"the name of the object ({meta['name']}) does not match the name on the URL "
            f"({target.name})"
        )
    replicas, paths = (scale.get("spec") or {}).get("replicas", 0), _Paths(hosted, kind)
    if not isinstance(replicas, int) or isinstance(replicas, bool):
        raise BadRequest(
            'Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal '
            "into Go struct field ScaleSpec.spec.replicas of type int32"
        )
    if replicas < 0:
        if kind.custom:
            error = invalid(paths.spec, replicas, "should be a non-negative integer")
            raise Invalid(f"{kind.kind}.{kind.group}", target.name, [error])
        detail = "must be greater than or equal to 0"
        raise Invalid(
            "Scale.autoscaling", target.name, [invalid("spec.replicas", replicas, detail)]
        )
    change: Any = replicas
    for step in reversed(paths.spec.strip(".").split(".")):
        change = {step: change}
    guard = {key: meta[key] for key in ("resourceVersion", "uid") if meta.get(key)}
    if guard:
        change = {**change, "metadata": guard}
    if apply:
        named = {"metadata": {"name": target.name, **guard}}
        change = {"apiVersion": kind.api_version, "kind": kind.kind, **change, **named}
    answer: Answer = await hosted.submit(
        request(
            call, target, verb="patch", patch="apply" if apply else "merge", body=change,
            dry_run=dry, subresource="scale", force=call.flag("force"),
        )
    )  # fmt: skip
    assert answer.object is not None
    body = _body(encoder, view(answer.object, kind, paths), kind, media, call)
    return Reply(200, body, media.content_type, no_cache(warnings([*said, *answer.warnings])))
