"""What the server says of pods and their templates that it takes all the same.

Source: kubernetes pkg/api/pod/warnings.go, pkg/api/node/util.go; pkg/registry/core/pod/strategy.go
`applyAppArmorVersionSkew`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from ecp.kube import names
from ecp.kube.errors import go_quote
from ecp.kube.poddefaults import pod_defaults
from ecp.validation.faults import At
from ecp.validation.kinds.podannotations import APP_ARMOR
from ecp.validation.kinds.podcontainers import placed
from ecp.validation.kinds.resources import is_integer, shown
from ecp.validation.remarks import OLD_NODE_LABELS, Remark, address_remarks, claim_remarks
from ecp.validation.scope import Object, items, mapping

_SPEC: Final = At() / "spec"
_REQUIRED: Final = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED: Final = "preferredDuringSchedulingIgnoredDuringExecution"
_SYSCTLS: Final = 'non-functional in v1.11+; use the "sysctls" field instead'
_OLD_NOTES: Final = {
    "scheduler.alpha.kubernetes.io/critical-pod": (
        'non-functional in v1.16+; use the "priorityClassName" field instead'
    ),
    "security.alpha.kubernetes.io/sysctls": _SYSCTLS,
    "security.alpha.kubernetes.io/unsafe-sysctls": _SYSCTLS,
}
_SECCOMP_POD: Final = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP: Final = "container.seccomp.security.alpha.kubernetes.io/"
_OLD_SECCOMP: Final = 'non-functional in v1.27+; use the "seccompProfile" field instead'
_OLD_APP_ARMOR: Final = 'deprecated since v1.30; use the "appArmorProfile" field instead'
_NO_POD: Final = "a null labelSelector results in matching no pod"
# A source, as the server calls it, and what it says; in its order, claims between the two.
_OLD_SOURCES: Final = (
    ("photonPersistentDisk", "", "deprecated in v1.11, non-functional in v1.16+"),
    ("gitRepo", "", "deprecated in v1.11, and disabled by default in v1.33+"),
    ("scaleIO", "", "deprecated in v1.16, non-functional in v1.22+"),
    ("flocker", "", "deprecated in v1.22, non-functional in v1.25+"),
    ("storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"),
    ("quobyte", "", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "", "deprecated in v1.25, non-functional in v1.26+"),
)
_OLDER: Final = "deprecated in v1.28, non-functional in v1.31+"
_SELDOM: Final = frozenset(
    {"affinity", "dnsConfig", "ephemeralContainers", "hostAliases", "overhead",
     "topologySpreadConstraints"}
)  # fmt: skip
_USUAL: Final = frozenset(
    {"name", "configMap", "csi", "emptyDir", "hostPath", "nfs", "persistentVolumeClaim", "secret"}
)
_BYTES: Final = re.compile("[0-9]{1,9}[KMG]i?")
_Placed = Sequence[tuple[Object, At]]


def pod_remarks(pod: Object) -> Iterator[Remark]:
    meta, spec = mapping(pod.get("metadata")), mapping(pod.get("spec"))
    if _is_plain(meta, spec):
        return
    spec = pod_defaults(dict(spec))
    yield from _app_armor(meta, spec, placed(spec, _SPEC), At(), is_template=False)
    yield from _carried(meta, spec, At(), is_template=False)


def template_remarks(template: Any, at: At) -> Iterator[Remark]:
    template = mapping(template)
    meta, spec = mapping(template.get("metadata")), mapping(template.get("spec"))
    if not _is_plain(meta, spec):
        yield from _carried(meta, spec, at, is_template=True)


def _is_plain(meta: Object, spec: Object) -> bool:
    """Tell at once what holds for most: nothing is there of which the server may speak."""
    grace = spec.get("terminationGracePeriodSeconds")
    if not _SELDOM.isdisjoint(spec) or (grace is not None and grace < 0):
        return False
    if any("a.kubernetes.io/" in note for note in mapping(meta.get("annotations"))):
        return False
    if not OLD_NODE_LABELS.keys().isdisjoint(mapping(spec.get("nodeSelector"))):
        return False
    secrets = [secret.get("name") for secret in items(spec.get("imagePullSecrets"))]
    if not all(secrets) or len(set(secrets)) < len(secrets):
        return False
    for volume in items(spec.get("volumes")):
        if not _USUAL.issuperset(volume):
            return False
        if any("items" in mapping(volume.get(field)) for field in ("configMap", "secret")):
            return False
    containers = [*items(spec.get("initContainers")), *items(spec.get("containers"))]
    ports = [port for container in containers for port in items(container.get("ports"))]
    named = [port["name"] for port in ports if port.get("name")]
    numbers = {port.get("containerPort") for port in ports}
    if len(numbers) < len(ports) or len(set(named)) < len(named):
        return False
    if any("hostIP" in port for port in ports):
        return False
    return all(map(_is_plain_container, containers))


def _is_plain_container(container: Object) -> bool:
    variables = items(container.get("env"))
    if len({variable.get("name") for variable in variables}) < len(variables):
        return False
    resources = mapping(container.get("resources"))
    for field in ("limits", "requests"):
        amounts = mapping(resources.get(field))
        for name in ("memory", "ephemeral-storage"):
            amount = amounts.get(name)
            if amount is not None and not _BYTES.fullmatch(str(amount)):
                return False
    return True


def _carried(meta: Object, spec: Object, at: At, *, is_template: bool) -> Iterator[Remark]:
    here, notes = at / "spec", mapping(meta.get("annotations"))
    containers = placed(spec, here)
    yield from _placement(spec, here)
    for note, text in _OLD_NOTES.items():
        if note in notes:
            yield _said((at / "metadata" / "annotations").key(note), text)
    volumes = [mapping(volume) for volume in items(spec.get("volumes"))]
    for number, volume in enumerate(volumes):
        yield from _volume(volume, here / "volumes" / number)
    for number, volume in enumerate(volumes):
        for words in _overlaps(volume):
            yield here / "volumes" / number, words
    yield from _twice(spec, here)
    yield from _fractions(mapping(spec.get("overhead")), here / "overhead")
    if _SECCOMP_POD in notes and _context(spec).get("seccompProfile") is None:
        yield _said((at / "metadata" / "annotations").key(_SECCOMP_POD), _OLD_SECCOMP)
    for container, place in containers:
        note = _SECCOMP + str(container.get("name") or "")
        if note in notes and _context(container).get("seccompProfile") is None:
            yield _said((at / "metadata" / "annotations").key(note), _OLD_SECCOMP)
        if is_template:
            yield from _app_armor(meta, spec, [(container, place)], at, is_template=True)
        for field in ("limits", "requests"):
            amounts = mapping(mapping(container.get("resources")).get(field))
            yield from _fractions(amounts, place / "resources" / field)
        yield from _hidden(container, place)
    yield from _ports(containers)
    grace = spec.get("terminationGracePeriodSeconds")
    if is_template and grace is not None and grace < 0:
        text = "must be >= 0; negative values are invalid and will be treated as 1"
        yield _said(here / "terminationGracePeriodSeconds", text)
    yield from _null_selectors(mapping(spec.get("affinity")), here / "affinity")
    for number, server in enumerate(items(mapping(spec.get("dnsConfig")).get("nameservers"))):
        yield from address_remarks(server or "", here / "dnsConfig" / "nameservers" / number)
    for number, alias in enumerate(map(mapping, items(spec.get("hostAliases")))):
        yield from address_remarks(alias.get("ip") or "", here / "hostAliases" / number / "ip")


def _said(at: At, text: str) -> Remark:
    return at, f"{at}: {text}"


def _context(owner: Object) -> Object:
    return mapping(owner.get("securityContext"))


def _placement(spec: Object, at: At) -> Iterator[Remark]:
    for key in sorted(mapping(spec.get("nodeSelector"))):
        if key in OLD_NODE_LABELS:
            yield _said((at / "nodeSelector").key(key), OLD_NODE_LABELS[key])
    affinity = mapping(mapping(spec.get("affinity")).get("nodeAffinity"))
    place = at / "affinity" / "nodeAffinity"
    terms = items(mapping(affinity.get(_REQUIRED)).get("nodeSelectorTerms"))
    for number, term in enumerate(terms):
        yield from _node_term(term, place / _REQUIRED / "nodeSelectorTerms" / number)
    for number, term in enumerate(map(mapping, items(affinity.get(_PREFERRED)))):
        here = place / _PREFERRED / number / "preference"
        yield from _node_term(term.get("preference"), here, values_matter=True)
    spread = at / "topologySpreadConstraints"
    constraints = map(mapping, items(spec.get("topologySpreadConstraints")))
    for number, constraint in enumerate(constraints):
        key = constraint.get("topologyKey") or ""
        if key in OLD_NODE_LABELS:
            yield _said(spread / number / "topologyKey", f"{key} is {OLD_NODE_LABELS[key]}")
        if constraint.get("labelSelector") is None:
            yield _said(spread / number / "labelSelector", _NO_POD)


def _node_term(term: Any, at: At, *, values_matter: bool = False) -> Iterator[Remark]:
    for number, one in enumerate(map(mapping, items(mapping(term).get("matchExpressions")))):
        key, here = one.get("key") or "", at / "matchExpressions" / number
        if key in OLD_NODE_LABELS:
            yield _said(here / "key", f"{key} is {OLD_NODE_LABELS[key]}")
        for index, value in enumerate(items(one.get("values")) if values_matter else ()):
            for text in names.label_value(value or ""):
                yield _said(here / "values" / index, f"{value} is invalid, {text}")


def _null_selectors(affinity: Object, at: At) -> Iterator[Remark]:
    for field in ("podAffinity", "podAntiAffinity"):
        terms = mapping(affinity.get(field))
        for number, term in enumerate(map(mapping, items(terms.get(_REQUIRED)))):
            if term.get("labelSelector") is None:
                yield _said(at / field / _REQUIRED / number / "labelSelector", _NO_POD)
        for number, term in enumerate(map(mapping, items(terms.get(_PREFERRED)))):
            if mapping(term.get("podAffinityTerm")).get("labelSelector") is None:
                here = at / field / _PREFERRED / number / "podAffinityTerm"
                yield _said(here / "labelSelector", _NO_POD)


# ---- volumes ----------------------------------------------------------------------------------


def _volume(volume: Object, at: At) -> Iterator[Remark]:
    for field, spoken, text in _OLD_SOURCES:
        if volume.get(field) is not None:
            yield at / field, f"{at / (spoken or field)}: {text}"
    template = mapping(mapping(volume.get("ephemeral")).get("volumeClaimTemplate"))
    here = at / "ephemeral" / "volumeClaimTemplate" / "spec"
    yield from claim_remarks(mapping(template.get("spec")), here)
    for field in ("cephfs", "rbd"):
        if volume.get(field) is not None:
            yield _said(at / field, _OLDER)


class _File(NamedTuple):
    """A path in a volume, and which source puts it there."""

    path: str
    source: str = ""

    def __str__(self) -> str:
        return f"{go_quote(self.path)} ({self.source})" if self.source else go_quote(self.path)


def _overlaps(volume: Object) -> Iterator[str]:
    """Yield the files of a volume of which one hides the other."""
    name = go_quote(volume.get("name") or "")
    for field, noun, key in (
        ("configMap", "ConfigMap", "name"),
        ("secret", "Secret", "secretName"),
        ("downwardAPI", "DownwardAPI", ""),
    ):
        source = mapping(volume.get(field))
        called = f"{noun} {go_quote(source.get(key) or '')}" if key else noun
        for words in _collisions(_files(source), []):
            yield f"volume {name} ({called}): overlapping paths: {words}"
    seen: list[_File] = []
    for source in map(mapping, items(mapping(volume.get("projected")).get("sources"))):
        if all(source.get(field) is None for field in _PROJECTED):
            yield f"volume {name} (Projected) has no sources provided"
        for words in _collisions(_projected(source), seen):
            yield f"volume {name} (Projected): overlapping paths: {words}"


# Those of features that are off are taken out before.
_PROJECTED: Final = ("configMap", "secret", "downwardAPI", "serviceAccountToken")


def _projected(source: Object) -> list[_File]:
    for field, noun in (("configMap", "ConfigMap"), ("secret", "Secret")):
        given = mapping(source.get(field))
        if given.get("items") is not None:
            return _files(given, f"{noun} {go_quote(given.get('name') or '')}")
    given = mapping(source.get("downwardAPI"))
    if given.get("items") is not None:
        return _files(given, "DownwardAPI")
    token = source.get("serviceAccountToken")
    return [] if token is None else [_File(mapping(token).get("path") or "", "ServiceAccountToken")]


def _files(source: Object, called: str = "") -> list[_File]:
    return [_File(mapping(one).get("path") or "", called) for one in items(source.get("items"))]


def _collisions(files: Iterable[_File], seen: list[_File]) -> Iterator[str]:
    """Yield which files collide with those *seen*, to which they are added."""
    for file in files:
        file = file._replace(path=file.path.rstrip("/"))
        for other in seen if file.path else ():
            longer, shorter = sorted((f"{file.path}/", f"{other.path}/"), key=len, reverse=True)
            if other.path and longer.startswith(shorter):
                yield f"{file} with {other}"
        seen.append(file)


# ---- what stands twice ------------------------------------------------------------------------


def _twice(spec: Object, at: At) -> Iterator[Remark]:
    secrets = [mapping(one).get("name") or "" for one in items(spec.get("imagePullSecrets"))]
    aliases = [mapping(one).get("ip") or "" for one in items(spec.get("hostAliases"))]
    for field, key, values in (
        ("hostAliases", "ip", aliases),
        ("imagePullSecrets", "name", secrets),
    ):
        for number, value in enumerate(values):
            if value in values[:number]:
                yield _said(at / field / number / key, f"duplicate {key} {go_quote(value)}")
    for number, name in enumerate(secrets):
        if not name:
            yield _said(at / "imagePullSecrets" / number / "name", 'invalid empty name ""')


def _hidden(container: Object, at: At) -> Iterator[Remark]:
    """A variable may be given again only to add to what it was."""
    seen: set[str] = set()
    for number, variable in enumerate(map(mapping, items(container.get("env")))):
        name, value = variable.get("name") or "", variable.get("value") or ""
        itself = f"$({name})"
        adds = variable.get("valueFrom") is None and itself in value and value != itself
        if name in seen and not adds:
            text = f"hides previous definition of {go_quote(name)}"
            yield _said(at / "env" / number, f"{text}, which may be dropped when using apply")
        seen.add(name)


def _ports(containers: _Placed) -> Iterator[Remark]:
    found = [
        (mapping(port), place / "ports" / number)
        for container, place in containers
        for number, port in enumerate(items(container.get("ports")))
    ]
    for index, (port, at) in enumerate(found):
        if port.get("hostIP") and not port.get("hostPort"):
            yield _said(at, f"hostIP set without hostPort: {_port_struct(port)}")
        for other, place in found[:index]:
            words = _port_clash(port, other)
            if words:
                yield _said(at, f"{words} port definition with {place}")
    named: dict[str, At] = {}
    for port, at in found:
        name = port.get("name") or ""
        first = named.setdefault(name, at)
        if name and first is not at:
            text = f"duplicate port name {go_quote(name)} with {first}"
            used = f"services and probes that select ports by name will use {first}"
            yield _said(at, f"{text}, {used}")


def _port_clash(port: Object, other: Object) -> str:
    both = port, other
    spoken = {(one.get("containerPort") or 0, one.get("protocol") or "TCP") for one in both}
    if len(spoken) > 1:
        return ""
    hosts = [(one.get("hostPort") or 0, one.get("hostIP") or "") for one in both]
    (number, address), (there, elsewhere) = hosts
    if (number, address) == (there, elsewhere):
        return "duplicate"
    if not number or not there:
        return "overlapping"
    ambiguous = number == there and bool(address) is not bool(elsewhere)
    return "dangerously ambiguous" if ambiguous else ""


def _port_struct(port: Object) -> str:
    return (
        f"{{Name:{port.get('name') or ''} HostPort:{port.get('hostPort') or 0} "
        f"ContainerPort:{port.get('containerPort') or 0} Protocol:{port.get('protocol') or 'TCP'} "
        f"HostIP:{port.get('hostIP') or ''}}}"
    )


def _fractions(amounts: Object, at: At) -> Iterator[Remark]:
    for name in ("memory", "ephemeral-storage"):
        amount = amounts.get(name)
        if amount is not None and not is_integer(amount):
            text = f"fractional byte value {go_quote(shown(amount))} is invalid, must be an integer"
            yield _said(at.key(name), text)


def _app_armor(
    meta: Object, spec: Object, containers: _Placed, at: At, *, is_template: bool
) -> Iterator[Remark]:
    """An annotation that says no more than the pod's own profile is let be."""
    if not is_template and mapping(spec.get("os")).get("name") == "windows":
        return
    notes, profile = mapping(meta.get("annotations")), _context(spec).get("appArmorProfile")
    for container, _ in containers:
        note = APP_ARMOR + str(container.get("name") or "")
        if note not in notes or _context(container).get("appArmorProfile") is not None:
            continue
        if profile is None or _profile_of(notes[note]) != dict(mapping(profile)):
            yield _said((at / "metadata" / "annotations").key(note), _OLD_APP_ARMOR)


def _profile_of(note: str) -> dict[str, str] | None:
    plain = {"unconfined": "Unconfined", "runtime/default": "RuntimeDefault"}.get(note)
    if plain is not None:
        return {"type": plain}
    local = note.removeprefix("localhost/")
    return {"type": "Localhost", "localhostProfile": local} if local not in ("", note) else None
