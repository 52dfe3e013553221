"""What the server says of an object that it takes all the same: the texts of its warnings.

Fields that have no effect, that go away, or that mean something else than they seem to. Pods and
what makes them have modules of their own.
Source: kubernetes pkg/api/{service,persistentvolume,persistentvolumeclaim,storage,node}/*.go;
`WarningsOnCreate` of the strategies below pkg/registry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.kube.errors import go_quote
from ecp.kube.quantity import nano
from ecp.validation.faults import At
from ecp.validation.kinds.resources import is_integer, shown
from ecp.validation.metadata import STANDARD_FINALIZERS
from ecp.validation.scope import Object, items, mapping

Remark = tuple[At, str]
"""Where, and the server's words."""

_SPEC: Final = At() / "spec"
_NOTES: Final = At() / "metadata" / "annotations"
OLD_NODE_LABELS: Final = {
    "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
    "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
    "failure-domain.beta.kubernetes.io/region": (
        'deprecated since v1.17; use "topology.kubernetes.io/region" instead'
    ),
    "failure-domain.beta.kubernetes.io/zone": (
        'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'
    ),
    "beta.kubernetes.io/instance-type": (
        'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'
    ),
    "app.kubernetes.io/created-by": "deprecated since v1.9",
    "scheduler.alpha.kubernetes.io/preferAvoidPods": (
        "deprecated since v1.22; use Taints and Tolerations instead"
    ),
    "node-role.kubernetes.io/master": 'use "node-role.kubernetes.io/control-plane" instead',
}
_OLD_CLASS: Final = "volume.beta.kubernetes.io/storage-class"
_CLASS_TEXT: Final = 'deprecated since v1.8; use "storageClassName" attribute instead'
_OLD_VOLUMES: Final = {
    "cephfs": "deprecated in v1.28, non-functional in v1.31+",
    "photonPersistentDisk": "deprecated in v1.11, non-functional in v1.16+",
    "scaleIO": "deprecated in v1.16, non-functional in v1.22+",
    "storageos": "deprecated in v1.22, non-functional in v1.25+",
    "glusterfs": "deprecated in v1.25, non-functional in v1.26+",
    "rbd": "deprecated in v1.28, non-functional in v1.31+",
}


def remarks(
    obj: Object, group: str, kind: str, old: Object | None = None, *, custom: bool = False
) -> list[Remark]:
    """Return what the server of 1.36 says of an object that it takes, in its order.

    old     the object as it was, None for a new one; both defaulted
    custom  the kind is one of a CustomResourceDefinition
    """
    if custom:
        return list(_finalizers(obj, old or {}))
    if kind == "CustomResourceDefinition":
        return list(_formats(obj, old or {}))
    found = _REMARKS.get((group, kind))
    if found is None:
        from ecp.validation.carrierremarks import CARRIERS, carrier_changed

        found = CARRIERS.get((group, kind))
        if found is not None and old is not None:
            return list(carrier_changed(kind, obj, old))
    if found is None:
        return []
    again = _AGAIN.get((group, kind)) if old is not None else None
    return list(found(obj)) if again is None or again(obj, old or {}) else []


def address_remarks(text: str, at: At) -> Iterator[Remark]:
    """Source: apimachinery pkg/util/validation/ip.go `GetWarningsForIP`, of what is well formed."""
    if ":" not in text:
        # It is of the other family, or none.
        return
    from ecp.validation.kinds.addresses import read_address

    address = read_address(text)
    if address is not None and address.version == 6 and str(address) != text:
        wanted = go_quote(str(address))
        words = f"IPv6 address {go_quote(text)} should be in RFC 5952 canonical format ({wanted})"
        yield at, f"{at}: {words}"


def _network(text: str, at: At) -> Iterator[Remark]:
    if ":" not in text:
        return
    from ecp.validation.kinds.addresses import read_network

    network = read_network(text)
    if network is not None and network.version == 6 and str(network) != text:
        wanted = go_quote(str(network))
        form = f"should be in RFC 5952 canonical format ({wanted})"
        yield at, f"{at}: IPv6 CIDR value {go_quote(text)} {form}"


def _service(service: Object) -> Iterator[Remark]:
    spec = mapping(service.get("spec"))
    kind = spec.get("type") or "ClusterIP"
    named = kind == "ExternalName"
    headless = kind == "ClusterIP" and spec.get("clusterIP") == "None"
    external = items(spec.get("externalIPs"))
    for number, address in enumerate([] if headless else items(spec.get("clusterIPs"))):
        yield from address_remarks(address, _SPEC / "clusterIPs" / number)
    affinity = spec.get("sessionAffinity") or "None"
    ignored = "is ignored for headless services"
    for field, there, spoken in (
        ("loadBalancerIP", spec.get("loadBalancerIP"), "loadBalancerIP"),
        ("externalIPs", external, "externalIPs"),
        ("sessionAffinity", affinity != "None", "SessionAffinity"),
    ):
        if headless and there:
            yield _SPEC / field, f"spec.{spoken} {ignored}"
    for number, address in enumerate(external):
        yield from address_remarks(address, _SPEC / "externalIPs" / number)
    if external and not headless and not named:
        text = "spec.externalIPs is deprecated and may no longer be implemented in some clusters"
        yield _SPEC / "externalIPs", text
    yield from address_remarks(spec.get("loadBalancerIP") or "", _SPEC / "loadBalancerIP")
    for number, network in enumerate(items(spec.get("loadBalancerSourceRanges"))):
        yield from _network(network.strip(), _SPEC / "loadBalancerSourceRanges" / number)
    if named and external:
        text = 'spec.externalIPs is ignored when spec.type is "ExternalName"'
        yield _SPEC / "externalIPs", text
    if not named and spec.get("externalName"):
        text = 'spec.externalName is ignored when spec.type is not "ExternalName"'
        yield _SPEC / "externalName", text
    if spec.get("trafficDistribution") == "PreferClose":
        text = 'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'
        yield _SPEC / "trafficDistribution", text


def _ingress(ingress: Object) -> Iterator[Remark]:
    note = "kubernetes.io/ingress.class"
    if note in mapping(mapping(ingress.get("metadata")).get("annotations")):
        text = f"annotation \"{note}\" is deprecated, please use 'spec.ingressClassName' instead"
        yield _NOTES.key(note), text


def _endpoints(endpoints: Object) -> Iterator[Remark]:
    for number, subset in enumerate(map(mapping, items(endpoints.get("subsets")))):
        for field in ("addresses", "notReadyAddresses"):
            for index, address in enumerate(map(mapping, items(subset.get(field)))):
                at = At() / "subsets" / number / field / index / "ip"
                yield from address_remarks(address.get("ip") or "", at)


def _slice(found: Object) -> Iterator[Remark]:
    if found.get("addressType") == "FQDN":
        yield At() / "addressType", "spec.addressType: FQDN endpoints are deprecated"
    for number, endpoint in enumerate(map(mapping, items(found.get("endpoints")))):
        for index, address in enumerate(items(endpoint.get("addresses"))):
            yield from address_remarks(address, At() / "endpoints" / number / "addresses" / index)


def _policy(policy: Object) -> Iterator[Remark]:
    spec = mapping(policy.get("spec"))
    for field, peers in (("ingress", "from"), ("egress", "to")):
        for number, rule in enumerate(map(mapping, items(spec.get(field)))):
            for index, peer in enumerate(map(mapping, items(rule.get(peers)))):
                block, at = mapping(peer.get("ipBlock")), _SPEC / field / number / peers / index
                yield from _network(block.get("cidr") or "", at / "ipBlock" / "cidr")
                for place, text in enumerate(items(block.get("except"))):
                    yield from _network(text, at / "ipBlock" / "except" / place)


def _claim(claim: Object) -> Iterator[Remark]:
    notes = mapping(mapping(claim.get("metadata")).get("annotations"))
    if _OLD_CLASS in notes:
        yield _NOTES.key(_OLD_CLASS), f"{_NOTES.key(_OLD_CLASS)}: {_CLASS_TEXT}"
    yield from claim_remarks(mapping(claim.get("spec")), _SPEC)


def claim_remarks(spec: Object, at: At, point: At | None = None) -> Iterator[Remark]:
    """Return what is said of a claim's spec; *point* is where it stands, if not as it is said."""
    for field in ("requests", "limits"):
        amount = mapping(mapping(spec.get("resources")).get(field)).get("storage")
        if amount is not None and not is_integer(amount):
            spoken = (at / "resources" / field).key("storage")
            text = f"fractional byte value {go_quote(shown(amount))} is invalid, must be an integer"
            yield (point or at) / "resources" / field / "storage", f"{spoken}: {text}"


def _volume(volume: Object) -> Iterator[Remark]:
    notes = mapping(mapping(volume.get("metadata")).get("annotations"))
    spec = mapping(volume.get("spec"))
    for note, text in (
        (_OLD_CLASS, _CLASS_TEXT),
        (
            "volume.beta.kubernetes.io/mount-options",
            'deprecated since v1.31; use "mountOptions" attribute instead',
        ),
    ):
        if note in notes:
            yield _NOTES.key(note), f"{_NOTES.key(note)}: {text}"
    if spec.get("persistentVolumeReclaimPolicy") == "Recycle":
        at = _SPEC / "persistentVolumeReclaimPolicy"
        words = (
            "The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use "
            "dynamic provisioning."
        )
        yield at, f"{at}: {words}"
    required = mapping(mapping(spec.get("nodeAffinity")).get("required"))
    for number, term in enumerate(map(mapping, items(required.get("nodeSelectorTerms")))):
        at = _SPEC / "nodeAffinity" / "required" / "nodeSelectorTerms" / number
        for index, one in enumerate(map(mapping, items(term.get("matchExpressions")))):
            old = OLD_NODE_LABELS.get(one.get("key") or "")
            if old is not None:
                here = at / "matchExpressions" / index / "key"
                yield here, f"{here}: {one['key']} is {old}"
    for field, text in _OLD_VOLUMES.items():
        if spec.get(field) is not None:
            said = "storageOS" if field == "storageos" else field
            yield _SPEC / field, f"spec.{said}: {text}"


def _storage_class(found: Object) -> Iterator[Remark]:
    for number, topology in enumerate(map(mapping, items(found.get("allowedTopologies")))):
        at = At() / "allowedTopologies" / number
        for index, one in enumerate(map(mapping, items(topology.get("matchLabelExpressions")))):
            old = OLD_NODE_LABELS.get(one.get("key") or "")
            if old is not None:
                here = at / "matchLabelExpressions" / index / "key"
                yield here, f"{here}: {old}"


def _driver(driver: Object) -> Iterator[Remark]:
    spec = mapping(driver.get("spec"))
    if items(spec.get("tokenRequests")) and spec.get("serviceAccountTokenInSecrets") is None:
        text = (
            "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to "
            "true to prevent possible logging of tokens in volume attributes"
        )
        yield _SPEC / "tokenRequests", text


def _runtime_class(found: Object) -> Iterator[Remark]:
    at = At() / "scheduling" / "nodeSelector"
    for key in sorted(mapping(mapping(found.get("scheduling")).get("nodeSelector"))):
        if key in OLD_NODE_LABELS:
            yield at / key, f"{at}: {OLD_NODE_LABELS[key]}"


def _secret(secret: Object) -> Iterator[Remark]:
    """Of a certificate only whether there is any is said, not whether the key is its own."""
    if secret.get("type") != "kubernetes.io/tls":
        return
    data, plain = mapping(secret.get("data")), mapping(secret.get("stringData"))
    from base64 import b64decode

    found = plain.get("tls.crt") or b64decode(data.get("tls.crt") or "").decode("latin-1")
    if "-----BEGIN " not in found:
        yield At() / "data" / "tls.crt", "tls: failed to find any PEM data in certificate input"


def _node(node: Object) -> Iterator[Remark]:
    spec = mapping(node.get("spec"))
    if spec.get("externalID"):
        text = "spec.externalID: this field is deprecated, and is unused by Kubernetes"
        yield _SPEC / "externalID", text


def _quota(quota: Object) -> Iterator[Remark]:
    """A quota whose requests may be more than its limits."""
    bounds, at = mapping(mapping(quota.get("spec")).get("hard")), _SPEC / "hard"
    for name in ("cpu", "memory", "storage", "ephemeral-storage"):
        requests, limits = f"requests.{name}", f"limits.{name}"
        if requests not in bounds and name in ("cpu", "memory"):
            requests = name
        if requests in bounds and limits in bounds:
            most, least = bounds[requests], bounds[limits]
            if nano(most) > nano(least):
                there = f"{requests} ({shown(most)})"
                text = f"ResourceQuota {there} should be less than {limits} ({shown(least)})"
                yield at / requests, text


def _account(account: Object) -> Iterator[Remark]:
    if _MOUNTABLE in mapping(mapping(account.get("metadata")).get("annotations")):
        at = _NOTES.key(_MOUNTABLE)
        text = "prefer separate namespaces to isolate access to mounted secrets"
        yield at, f"{at}: deprecated in v1.32+; {text}"


def _capacity(found: Object) -> Iterator[Remark]:
    topology, at = mapping(found.get("nodeTopology")), At() / "nodeTopology"
    for index, one in enumerate(map(mapping, items(topology.get("matchExpressions")))):
        old = OLD_NODE_LABELS.get(one.get("key") or "")
        if old is not None:
            here = at / "matchExpressions" / index / "key"
            yield here, f"{here}: {one['key']} is {old}"
    for key in sorted(mapping(topology.get("matchLabels"))):
        if key in OLD_NODE_LABELS:
            here = at / "matchLabels" / key
            yield here, f"{here}: {OLD_NODE_LABELS[key]}"


def _device_slice(found: Object) -> Iterator[Remark]:
    driver = mapping(found.get("spec")).get("driver") or ""
    if driver != driver.lower():
        text = f"driver names should be lowercase; {go_quote(driver)} contains uppercase characters"
        yield _SPEC / "driver", f"spec.driver: {text}"


def _reserved(found: Object) -> Iterator[Remark]:
    """Source: kubernetes pkg/apis/admissionregistration/validation/static_suffix.go."""
    at, suffix = At() / "metadata" / "name", ".static.k8s.io"
    if str(mapping(found.get("metadata")).get("name") or "").endswith(suffix):
        text = (
            f"names ending with {go_quote(suffix)} are reserved for static manifest-based "
            "configurations and cannot be managed via the API"
        )
        yield at, f"{at}: {text}"


def _finalizers(obj: Object, old: Object) -> Iterator[Remark]:
    """Source: apiextensions-apiserver pkg/registry/customresource/{strategy,validator}.go."""
    given = items(mapping(obj.get("metadata")).get("finalizers"))
    known = items(mapping(old.get("metadata")).get("finalizers"))
    at = At() / "metadata" / "finalizers"
    for name in sorted({*given} - {*known}):
        yield from ((at, f"{at}: {go_quote(name)}: {text}") for text in names.label_key(name))
        if "/" not in name and name not in STANDARD_FINALIZERS:
            path = " including a path (/)" if "." in name else ""
            wish = f"prefer a domain-qualified finalizer name{path}"
            why = "to avoid accidental conflicts with other finalizer writers"
            yield at, f"{at}: {go_quote(name)}: {wish} {why}"


def _formats(definition: Object, old: Object) -> Iterator[Remark]:
    """Formats that the server does not know, where they were not there before.

    Source: apiextensions-apiserver pkg/registry/customresourcedefinition/strategy.go.
    """
    from ecp.validation.custom.schema import unknown_formats

    known = {form for _, schema in _schemas(old) for form, _ in unknown_formats(schema)}
    for at, schema in _schemas(definition):
        for form, path in unknown_formats(schema):
            if form not in known:
                place = at
                for step in path:
                    place = place / step
                yield place, f"unrecognized format {go_quote(form)}"


def _schemas(definition: Object) -> Iterator[tuple[At, Object]]:
    versions = items(mapping(definition.get("spec")).get("versions"))
    for number, version in enumerate(map(mapping, versions)):
        here = _SPEC / "versions" / number / "schema" / "openAPIV3Schema"
        yield here, mapping(mapping(version.get("schema")).get("openAPIV3Schema"))


def _newly_mountable(new: Object, old: Object) -> bool:
    return _MOUNTABLE not in mapping(mapping(old.get("metadata")).get("annotations"))


def _asks_other_tokens(new: Object, old: Object) -> bool:
    now, before = (mapping(one.get("spec")).get("tokenRequests") for one in (new, old))
    return items(now) != items(before)


def _never(new: Object, old: Object) -> bool:
    return False


_MOUNTABLE: Final = "kubernetes.io/enforce-mountable-secrets"
# Whether the server speaks of a kind again when it changes, where it does not always.
_AGAIN: Final[dict[tuple[str, str], Callable[[Object, Object], bool]]] = {
    ("", "ResourceQuota"): _never,
    ("", "ServiceAccount"): _newly_mountable,
    ("networking.k8s.io", "Ingress"): _never,
    ("storage.k8s.io", "CSIDriver"): _asks_other_tokens,
}
_REMARKS: Final[dict[tuple[str, str], Callable[[Object], Iterator[Remark]]]] = {
    ("", "Endpoints"): _endpoints,
    ("", "Node"): _node,
    ("", "PersistentVolume"): _volume,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "ResourceQuota"): _quota,
    ("", "Secret"): _secret,
    ("", "Service"): _service,
    ("", "ServiceAccount"): _account,
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"): _reserved,
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"): _reserved,
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): _reserved,
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"): _reserved,
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"): _reserved,
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): _reserved,
    ("discovery.k8s.io", "EndpointSlice"): _slice,
    ("networking.k8s.io", "Ingress"): _ingress,
    ("networking.k8s.io", "NetworkPolicy"): _policy,
    ("node.k8s.io", "RuntimeClass"): _runtime_class,
    ("resource.k8s.io", "ResourceSlice"): _device_slice,
    ("storage.k8s.io", "CSIDriver"): _driver,
    ("storage.k8s.io", "CSIStorageCapacity"): _capacity,
    ("storage.k8s.io", "StorageClass"): _storage_class,
}


def texts(
    obj: Any, group: str, kind: str, old: Object | None = None, *, custom: bool = False
) -> list[str]:
    """As `remarks`, the words alone."""
    return [words for _, words in remarks(mapping(obj), group, kind, old, custom=custom)]
