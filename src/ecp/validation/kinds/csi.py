"""What CSI drivers and the controllers beside them write.

CSIDriver, CSINode, CSIStorageCapacity, VolumeAttachment.
Source: kubernetes pkg/apis/storage/validation/validation.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.validation.faults import At, Fault, duplicate, forbidden, invalid, required, unsupported
from ecp.validation.kinds.persistentvolume import check_volume_spec
from ecp.validation.kinds.resources import nano_of, shown
from ecp.validation.kinds.volumesource import driver_name
from ecp.validation.metadata import check_selector
from ecp.validation.scope import Object, Scope, items, mapping

_SPEC: Final = At() / "spec"
_GROUP_POLICIES: Final = ("File", "None", "ReadWriteOnceWithFSType")
_LIFECYCLES: Final = ("Persistent", "Ephemeral")
_LONGEST_NODE_ID: Final = 256


def check_driver(driver: Object, scope: Scope) -> Iterator[Fault]:
    spec = mapping(driver.get("spec"))
    policy = spec.get("fsGroupPolicy")
    if policy is not None and policy not in _GROUP_POLICIES:
        yield unsupported("E0625", _SPEC / "fsGroupPolicy", policy, _GROUP_POLICIES)
    requests = items(spec.get("tokenRequests"))
    yield from _token_requests(requests, _SPEC / "tokenRequests")
    for number, mode in enumerate(items(spec.get("volumeLifecycleModes"))):
        here = _SPEC / "volumeLifecycleModes"
        if mode not in _LIFECYCLES:
            yield unsupported("E0625", here, mode, _LIFECYCLES, point=here / number)
    period = "nodeAllocatableUpdatePeriodSeconds"
    seconds = spec.get(period) if scope.has("MutableCSINodeAllocatableCount") else None
    if seconds is not None and seconds < 10:
        text = "must be greater than or equal to 10 seconds"
        yield invalid("E0625", _SPEC / period, seconds, text)
    field, in_secrets = "serviceAccountTokenInSecrets", scope.has("CSIServiceAccountTokenSecrets")
    if in_secrets and spec.get(field) is not None and not requests:
        text = "serviceAccountTokenInSecrets is set but no tokenRequests are specified"
        yield invalid("E0625", _SPEC / field, spec[field], text)


def _token_requests(requests: list[Any], at: At) -> Iterator[Fault]:
    audiences: set[str] = set()
    for number, request in enumerate(requests):
        request = mapping(request)
        audience, seconds = request.get("audience") or "", request.get("expirationSeconds")
        if audience in audiences:
            yield duplicate("E0625", at / number / "audience", audience)
            continue
        audiences.add(audience)
        here = at / number / "expirationSeconds"
        if seconds is not None and seconds < 600:
            text = "may not specify a duration less than 10 minutes"
            yield invalid("E0625", here, seconds, text)
        if seconds is not None and seconds > 2**32:
            text = "may not specify a duration larger than 2^32 seconds"
            yield invalid("E0625", here, seconds, text)


def check_node(node: Object, scope: Scope) -> Iterator[Fault]:
    seen: set[str] = set()
    for number, driver in enumerate(items(mapping(node.get("spec")).get("drivers"))):
        driver, here = mapping(driver), _SPEC / "drivers" / number
        name, node_id = driver.get("name") or "", driver.get("nodeID") or ""
        yield from driver_name(name, here / "name", "E0626")
        if not node_id:
            yield required("E0626", here / "nodeID")
        if len(node_id.encode()) > _LONGEST_NODE_ID:
            text = f"must be {_LONGEST_NODE_ID} characters or less"
            yield invalid("E0626", here / "nodeID", node_id, text)
        count = mapping(driver.get("allocatable")).get("count")
        if count is not None and count < 0:
            text = "must be greater than or equal to 0"
            yield invalid("E0626", here / "allocatable" / "count", count, text)
        if name in seen:
            yield duplicate("E0626", here / "name", name)
        seen.add(name)
        yield from _topology_keys(items(driver.get("topologyKeys")), here)


def _topology_keys(keys: list[Any], at: At) -> Iterator[Fault]:
    seen: set[str] = set()
    for number, key in enumerate(keys):
        point = at / "topologyKeys" / number
        key = key or ""
        found = [] if key else [required("E0626", at)]
        if key in seen:
            found.append(duplicate("E0626", at, key))
        seen.add(key)
        found += [invalid("E0626", at, key, text) for text in names.label_key(key)]
        yield from (fault._replace(path=point.path) for fault in found)


def check_capacity(capacity: Object, scope: Scope) -> Iterator[Fault]:
    yield from check_selector(capacity.get("nodeTopology"), At() / "nodeTopology")
    name, amount = capacity.get("storageClassName") or "", capacity.get("capacity")
    for text in names.dns_subdomain(name):
        yield invalid("E0627", At() / "storageClassName", name, text)
    if amount is not None and nano_of(amount) < 0:
        text = "must be greater than or equal to 0"
        yield invalid("E0627", At() / "capacity", shown(amount), text)


def check_attachment(attachment: Object, scope: Scope) -> Iterator[Fault]:
    """Check a VolumeAttachment; the status it comes with is dropped."""
    spec = mapping(attachment.get("spec"))
    yield from driver_name(spec.get("attacher") or "", _SPEC / "attacher", "E0628")
    source, here = mapping(spec.get("source")), _SPEC / "source"
    inline, volume = source.get("inlineVolumeSpec"), source.get("persistentVolumeName")
    exactly = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"
    if inline is None and volume is None:
        yield required("E0628", here, exactly)
    elif inline is not None and volume is not None:
        yield forbidden("E0628", here, exactly)
    elif volume == "":
        text = "must specify non empty persistentVolumeName"
        yield required("E0628", here / "persistentVolumeName", text)
    elif inline is not None:
        at = here / "inlineVolumeSpec"
        yield from check_volume_spec(mapping(inline), at, scope, inline=True)
    node = spec.get("nodeName") or ""
    for text in names.dns_subdomain(node):
        yield invalid("E0628", _SPEC / "nodeName", node, text)
    for text in names.dns_subdomain(volume) if volume is not None else ():
        yield invalid("E0628", here / "persistentVolumeName", volume, text)


CHECKS = {
    "CSIDriver": (check_driver,),
    "CSINode": (check_node,),
    "CSIStorageCapacity": (check_capacity,),
    "VolumeAttachment": (check_attachment,),
}
