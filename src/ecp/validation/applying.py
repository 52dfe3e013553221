"""What becomes of an object when a manifest is applied to it, as `kubectl apply` and the server do.

`applied` is kubectl's part: what the last application wrote and this one lacks goes, what this one
says is set, everything else stays. `carried` is the server's: what an update cannot touch, or left
out and is known, stands as it was.
Source: apimachinery pkg/util/strategicpatch/patch.go CreateThreeWayMergePatch,
pkg/util/jsonmergepatch; apiserver pkg/registry/rest/update.go
BeforeUpdate; kubernetes pkg/registry/{core,certificates}/*/strategy.go.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from ecp.kube.schema import Node
from ecp.validation.scope import Object, items, mapping
from ecp.validation.servicechanges import service_carried

LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
_KUBECTL: Final = "kubectl"


def applied(
    live: Object, manifest: Object, node: Node | None, stored: Object | None = None
) -> dict[str, Any]:
    """Return what *live* becomes when *manifest* is applied to it, not defaulted.

    node     what the schema says of the kind, None for a custom one: its lists are replaced
    stored   *live* with its defaults, where it may have been written without

    What was applied last stands in the annotation that kubectl keeps, or in the fields that it
    owns of what was applied on the server's side. An object without uid was written by hand and
    was all applied; of any other nothing goes.
    """
    wanted = {key: value for key, value in manifest.items() if key not in ("metadata", "status")}
    shown = {k: v for k, v in mapping(manifest.get("metadata")).items() if k != "managedFields"}
    last = {key: value for key, value in _last(live).items() if key != "status"}
    version = {"apiVersion": manifest.get("apiVersion"), "kind": manifest.get("kind")}
    held = {**(live if stored is None else stored), **version}
    return _map(last, {**wanted, "metadata": shown}, held, node)


def _last(live: Object) -> Object:
    meta = mapping(live.get("metadata"))
    if not meta.get("uid"):
        return live
    kept = mapping(meta.get("annotations")).get(LAST_APPLIED)
    if isinstance(kept, str):
        try:
            return mapping(json.loads(kept))
        except ValueError:
            return {}
    for row in map(mapping, items(meta.get("managedFields"))):
        if row.get("manager") == _KUBECTL and row.get("operation") == "Apply":
            return mapping(_owned(live, mapping(row.get("fieldsV1"))))
    return {}


def _owned(value: Any, fields: Object) -> Any:
    """Return the part of a value that its owner's fields name; *fields* are those of FieldsV1."""
    inner = {name: part for name, part in fields.items() if name != "."}
    if not inner:
        return value
    if isinstance(value, dict):
        return {
            name[2:]: _owned(value[name[2:]], mapping(part))
            for name, part in inner.items()
            if name[2:] in value
        }
    found = []
    for name, part in inner.items():
        sort, _, text = name.partition(":")
        wanted: Any = json.loads(text) if sort in ("k", "v") else None
        for item in items(value):
            if sort == "v" and item == wanted:
                found.append(item)
            elif sort == "k" and mapping(item).items() >= mapping(wanted).items():
                found.append({**mapping(_owned(item, mapping(part))), **mapping(wanted)})
    return found


# ---- three ways --------------------------------------------------------------------------------


def _map(last: Object, wanted: Object, live: Object, node: Node | None) -> dict[str, Any]:
    retains = node is not None and "retainKeys" in (node.patch_strategy or "")
    out = {key: live[key] for key in live if not retains or wanted.get(key) is not None}
    for key in last:
        if key not in wanted:
            out.pop(key, None)
    for key, value in wanted.items():
        if value is None:
            out.pop(key, None)
        else:
            child = node.child(key) if node is not None else None
            out[key] = _value(last.get(key), value, out.get(key), child)
    return out


def _value(last: Any, wanted: Any, live: Any, node: Node | None) -> Any:
    strategy = (node.patch_strategy or "") if node is not None else ""
    if isinstance(wanted, dict):
        if isinstance(live, dict) and strategy != "replace":
            return _map(mapping(last), wanted, live, node)
        return {
            key: _value(None, one, None, None) for key, one in wanted.items() if one is not None
        }
    if isinstance(wanted, list) and isinstance(live, list) and "merge" in strategy.split(","):
        assert node is not None
        key = node.patch_merge_key
        if key is None:
            return _primitives(items(last), wanted, live)
        if all(isinstance(one, dict) and one.get(key) is not None for one in (*wanted, *live)):
            return _list(items(last), wanted, live, node.items, key)
    return wanted


def _primitives(last: list[Any], wanted: list[Any], live: list[Any]) -> list[Any]:
    theirs = [one for one in live if one not in wanted and one not in last]
    return _woven(list(dict.fromkeys(wanted)), theirs, live)


def _list(
    last: list[Any], wanted: list[Any], live: list[Any], node: Node | None, key: str
) -> list[Any]:
    """Merge the items of a list by their key.

    Of several items with one key, kubectl compares the first with the first and so on, and the
    server puts what differs into the first.
    """
    former = {one[key]: one for one in map(mapping, last) if one.get(key) is not None}
    names = {one[key] for one in wanted}
    twins: dict[Any, list[Object]] = {}
    for one in live:
        twins.setdefault(one[key], []).append(one)
    ours: list[Object] = []
    seen: dict[Any, list[int]] = {}
    for one in wanted:
        name = one[key]
        there, places = twins.get(name, []), seen.setdefault(name, [])
        twin = there[len(places)] if len(places) < len(there) else None
        merged = _value(former.get(name), one, twin, node)
        if places and twin != merged:
            ours[places[0]] = _value(former.get(name), one, ours[places[0]], node)
            continue
        places.append(len(ours))
        ours.append(merged)
    theirs = [one for one in live if one[key] not in names and one[key] not in former]
    return _woven(ours, theirs, live, key)


def _woven(
    ours: list[Any], theirs: list[Any], live: list[Any], key: str | None = None
) -> list[Any]:
    """Put items that are only in the cluster back where they stood among the others."""

    def name(one: Any) -> Any:
        return one if key is None else one[key]

    places: dict[Any, int] = {}
    for number, one in enumerate(live):
        places.setdefault(name(one), number)
    out: list[Any] = []
    left = list(theirs)
    for one in ours:
        place = places.get(name(one), -1)
        while left and places[name(left[0])] < place:
            out.append(left.pop(0))
        out.append(one)
    return [*out, *left]


# ---- what the server keeps ---------------------------------------------------------------------


def carried(group: str, kind: str, new: Object, old: Object) -> dict[str, Any]:
    """Return *new*, defaulted, with what an update leaves as it was. Both are defaulted."""
    out = {key: value for key, value in new.items() if key != "status"}
    if "status" in old:
        out["status"] = old["status"]
    out["metadata"] = next_metadata(new, old)
    step = _CARRIED.get((group, kind))
    return out if step is None else step(out, old)


def next_metadata(new: Object, old: Object) -> dict[str, Any]:
    """Return the metadata of an update with what the server keeps to itself."""
    meta, before = mapping(new.get("metadata")), mapping(old.get("metadata"))
    out = {key: value for key, value in meta.items() if key not in _SERVER_S}
    for key in _SERVER_S:
        if key in before:
            out[key] = before[key]
    place = meta.get("namespace") or before.get("namespace")
    if place:
        out["namespace"] = place
    # Of what was written by hand nobody knows these; what is given must be what is there.
    if not out.get("uid") or not before.get("uid"):
        out.pop("uid", None)
        if before.get("uid"):
            out["uid"] = before["uid"]
    if before.get("deletionTimestamp"):
        out["deletionTimestamp"] = before["deletionTimestamp"]
    seconds = "deletionGracePeriodSeconds"
    if before.get(seconds) is not None and out.get(seconds) is None:
        out[seconds] = before[seconds]
    return out


_SERVER_S: Final = (
    "creationTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
)


def _namespace(new: Object, old: Object) -> dict[str, Any]:
    """The finalizers of the spec are changed through the subresource only."""
    held = mapping(old.get("spec")).get("finalizers")
    spec = {key: value for key, value in mapping(new.get("spec")).items() if key != "finalizers"}
    return {**new, "spec": spec if held is None else {**spec, "finalizers": held}}


def _whole_spec(new: Object, old: Object) -> dict[str, Any]:
    return {**new, "spec": old.get("spec")}


_LATER: Final = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_PATIENCE_SECONDS: Final = 300


def with_default_tolerations(given: Sequence[Any]) -> list[Any]:
    """Return a pod's tolerations with those that every pod gets, new and changed ones.

    Source: kubernetes plugin/pkg/admission/defaulttolerationseconds.
    """
    out = list(given)
    for taint in _LATER:
        if not any(
            one.get("key") in (taint, None, "") and one.get("effect") in ("NoExecute", None, "")
            for one in map(mapping, given)
        ):
            out.append(
                {
                    "key": taint,
                    "operator": "Exists",
                    "effect": "NoExecute",
                    "tolerationSeconds": _PATIENCE_SECONDS,
                }
            )
    return out


def pod_carried(new: Object, old: Object) -> dict[str, Any]:
    """Return a pod as admission sends it on in the place of *old*.

    Source: also kubernetes plugin/pkg/admission/priority `admitPod`.
    """
    spec, before = dict(mapping(new.get("spec"))), mapping(old.get("spec"))
    for field in ("priority", "preemptionPolicy"):
        if spec.get(field) is None and before.get(field) is not None:
            spec[field] = before[field]
    if spec.get("serviceAccountName"):
        # The older name of the field says the same, or nothing.
        spec["serviceAccount"] = spec["serviceAccountName"]
    spec["tolerations"] = with_default_tolerations(items(spec.get("tolerations")))
    return {**new, "spec": spec}


def node_carried(new: Object, old: Object) -> dict[str, Any]:
    """A node's one network stands in two fields, of which the older one counts.

    Source: kubernetes pkg/apis/core/v1/conversion.go Convert_v1_NodeSpec_To_core_NodeSpec.
    """
    spec = dict(mapping(new.get("spec")))
    one, several = spec.get("podCIDR") or "", items(spec.get("podCIDRs"))
    if one and (not several or several[0] != one):
        spec["podCIDRs"] = [one]
    return {**new, "spec": spec}


_CARRIED: Final[dict[tuple[str, str], Callable[[Object, Object], dict[str, Any]]]] = {
    ("", "Namespace"): _namespace,
    ("", "Node"): node_carried,
    ("", "Pod"): pod_carried,
    ("", "Service"): service_carried,
    ("certificates.k8s.io", "CertificateSigningRequest"): _whole_spec,
}
