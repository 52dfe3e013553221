"""The sources that a pod's volume and a PersistentVolume have in common.

A row says what a source requires and how the server spells it; a function says the rest.
Source: kubernetes pkg/apis/core/validation `validateVolumeSource`, `ValidatePersistentVolumeSpec`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from ecp.kube import names
from ecp.validation.faults import At, Fault, forbidden, invalid, required, too_long, unsupported
from ecp.validation.kinds.paths import no_backsteps
from ecp.validation.scope import Object, items, mapping

RULE: Final = "E0310"
SourceCheck = Callable[[Object, At], Iterator[Fault]]


class Source(NamedTuple):
    """One source of a volume.

    wanted   fields that must not be empty, in the server's order
    check    what else holds
    spoken   what the server calls the field in paths below it, where that is not its name
    again    what it calls the field when it is one source too many
    """

    field: str
    wanted: tuple[str, ...] = ()
    check: SourceCheck | None = None
    spoken: str = ""
    again: str = ""


Table = Mapping[str, tuple[int, Source]]


def table(*sources: Source) -> Table:
    """Return sources by field, each with its place in the server's order."""
    return {source.field: (place, source) for place, source in enumerate(sources)}


def given(volume: Object, sources: Table) -> list[Source]:
    """Return the sources that a volume names, in the server's order."""
    found = [sources[name] for name in volume if name in sources and volume[name] is not None]
    if len(found) > 1:
        found.sort(key=lambda row: row[0])
    return [source for _, source in found]


def too_many(source: Source, at: At) -> Fault:
    fault = forbidden(
        RULE, at / (source.again or source.field), "may not specify more than 1 volume type"
    )
    return fault._replace(path=(at / source.field).path)


def check_source(source: Source, value: Object, at: At) -> Iterable[Fault]:
    """Check one source of the volume at *at*."""
    here = at / (source.spoken or source.field)
    faults = [required(RULE, here / field) for field in source.wanted if not value.get(field)]
    if source.check is not None:
        faults.extend(source.check(value, here))
    return pointing(faults, here, at / source.field) if source.spoken else faults


def pointing(faults: Iterable[Fault], spoken: At, real: At) -> Iterator[Fault]:
    """Point at *real* in the text where the server speaks of *spoken*."""
    prefix, to = spoken.path, real.path
    for fault in faults:
        yield fault._replace(path=to + fault.path[len(prefix) :])


# ---- what several sources share ---------------------------------------------------------------


def mode(source: Object, field: str, at: At) -> tuple[Fault, ...]:
    """Check the mode of files that a field gives."""
    value = source.get(field)
    if value is None or 0 <= value <= 0o777:
        return ()
    text = "must be a number between 0 and 0777 (octal), both inclusive"
    return (invalid(RULE, at / field, value, text),)


def secret_name(source: Object, at: At) -> Iterator[Fault]:
    ref = source.get("secretRef")
    if ref is not None and not mapping(ref).get("name"):
        yield required(RULE, at / "secretRef" / "name")


def secret_name_and_namespace(source: Object, at: At) -> Iterator[Fault]:
    yield from secret_name(source, at)
    ref = source.get("secretRef")
    if ref is not None and not mapping(ref).get("namespace"):
        yield required(RULE, at / "secretRef" / "namespace")


def driver_name(name: str, at: At, rule: str = RULE) -> Iterator[Fault]:
    """Check the name of a CSI driver. Source: `ValidateCSIDriverName`."""
    if not name:
        yield required(rule, at)
        return
    if len(name.encode()) > 63:
        yield too_long(rule, at, 63)
    for text in names.dns_subdomain(name.lower()):
        yield invalid(rule, at, name, text)


# ---- one source each --------------------------------------------------------------------------

_HOST_TYPES: Final = (
    "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate",
    "Socket",
)  # fmt: skip


def host_path(source: Object, at: At) -> Iterator[Fault]:
    path = source.get("path") or ""
    if not path:
        return
    for text in no_backsteps(path):
        yield invalid(RULE, at / "path", path, text)
    kind = source.get("type")
    if kind is not None and kind not in _HOST_TYPES:
        yield unsupported(RULE, at / "type", kind, _HOST_TYPES)


def partition(source: Object, at: At) -> Iterator[Fault]:
    number = source.get("partition") or 0
    if not 0 <= number <= 255:
        yield invalid(RULE, at / "partition", number, "must be between 1 and 255, inclusive")


def nfs(source: Object, at: At) -> Iterator[Fault]:
    path = source.get("path") or ""
    if not path.startswith("/"):
        yield invalid(RULE, at / "path", path, "must be an absolute path")


def flocker(source: Object, at: At) -> Iterator[Fault]:
    name, uuid = source.get("datasetName") or "", source.get("datasetUUID") or ""
    if not name and not uuid:
        yield required(RULE, at, "one of datasetName and datasetUUID is required")
    if name and uuid:
        text = "datasetName and datasetUUID can not be specified simultaneously"
        yield invalid(RULE, at, "resource", text)
    if "/" in name:
        yield invalid(RULE, at / "datasetName", name, "must not contain '/'")


_PAIRS: Final = "must be a host:port pair or multiple pairs separated by commas"


def quobyte(source: Object, at: At) -> Iterator[Fault]:
    registry, tenant = source.get("registry") or "", source.get("tenant") or ""
    if not registry:
        yield required(RULE, at / "registry", _PAIRS)
    elif len(tenant.encode()) >= 65:
        text = "must be a UUID and may not exceed a length of 64 characters"
        yield required(RULE, at / "tenant", text)
    else:
        for pair in registry.split(","):
            if not _is_host_and_port(pair):
                yield invalid(RULE, at / "registry", registry, _PAIRS)
    if not source.get("volume"):
        yield required(RULE, at / "volume")


def _is_host_and_port(pair: str) -> bool:
    """Tell whether Go's net.SplitHostPort takes a text apart: ``host:port``, ``[v6]:port``."""
    host, colon, port = pair.rpartition(":")
    if not colon:
        return False
    if pair.startswith("["):
        end = pair.find("]")
        return end == len(host) - 1 and "[" not in pair[1:] and "]" not in pair[end + 1 :]
    return not any(char in host for char in ":[]") and "[" not in port and "]" not in port


_IQN: Final = re.compile(r"iqn\.[0-9]{4}-[0-9]{2}\.[A-Za-z0-9.-]+:[^,;*&$|\t\n\f\r ]+\Z")
_EUI: Final = re.compile(r"\Aeui.[A-Za-z0-9]{16}\Z")
_NAA: Final = re.compile(r"\Anaa.[A-Za-z0-9]{32}\Z")
_QUALIFIED: Final = {"iqn": _IQN, "eui": _EUI, "naa": _NAA}
_FORMAT: Final = "must be valid format"
_STARTING: Final = f"{_FORMAT} starting with iqn, eui, or naa"
_TOGETHER: Final = (
    "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if "
    "iscsi.initiatorName is specified."
)


def _qualified(name: str, prefix_text: str) -> tuple[str, ...]:
    pattern = _QUALIFIED.get(name[:3])
    if pattern is None:
        return (prefix_text,)
    return () if pattern.search(name) else (_FORMAT,)


def is_long_initiator(source: Object, volume_name: str) -> bool:
    """Tell whether a volume's name and its portal are too much for an initiator's session."""
    together = f"{volume_name}:{source.get('targetPortal') or ''}"
    return source.get("initiatorName") is not None and len(together.encode()) > 64


def long_initiator(at: At, value: str, point: At) -> Fault:
    return invalid(RULE, at, value, _TOGETHER, point=point)


def iscsi(source: Object, at: At) -> Iterator[Fault]:
    yield from _iscsi(source, at, _STARTING)


def iscsi_persistent(source: Object, at: At, volume_name: str = "") -> Iterator[Fault]:
    if is_long_initiator(source, volume_name):
        portal = source.get("targetPortal") or ""
        yield long_initiator(at / "targetportal", portal, at / "targetPortal")
    yield from _iscsi(source, at, _FORMAT, secret_name)


def _iscsi(
    source: Object, at: At, prefix_text: str, secret: SourceCheck | None = None
) -> Iterator[Fault]:
    iqn = source.get("iqn") or ""
    if not iqn:
        yield required(RULE, at / "iqn")
    else:
        for text in _qualified(iqn, prefix_text):
            yield invalid(RULE, at / "iqn", iqn, text)
    lun = source.get("lun") or 0
    for text in names.in_range(lun, 0, 255):
        yield invalid(RULE, at / "lun", lun, text)
    wants_secret = source.get("chapAuthDiscovery") or source.get("chapAuthSession")
    if wants_secret and source.get("secretRef") is None:
        yield required(RULE, at / "secretRef")
    if secret is not None:
        yield from secret(source, at)
    initiator = source.get("initiatorName")
    if initiator is not None:
        for text in _qualified(initiator, prefix_text):
            yield invalid(RULE, at / "initiatorname", initiator, text, point=at / "initiatorName")


def fibre_channel(source: Object, at: At) -> Iterator[Fault]:
    targets, ids = items(source.get("targetWWNs")), items(source.get("wwids"))
    here = at / "targetWWNs"
    if not targets and not ids:
        yield required(RULE, here, "must specify either targetWWNs or wwids, but not both")
    if targets and ids:
        text = "targetWWNs and wwids can not be specified simultaneously"
        yield invalid(RULE, here, targets, text)
    if not targets:
        return
    lun = source.get("lun")
    if lun is None:
        yield required(RULE, at / "lun", "lun is required if targetWWNs is specified")
        return
    for text in names.in_range(lun, 0, 255):
        yield invalid(RULE, at / "lun", lun, text)


def flex(source: Object, at: At) -> Iterator[Fault]:
    for key in sorted(mapping(source.get("options"))):
        domain = "." + key.partition("/")[0].lower()
        if domain.endswith((".kubernetes.io", ".k8s.io")):
            text = "kubernetes.io and k8s.io namespaces are reserved"
            yield invalid(RULE, (at / "options").key(key), key, text, on_key=True)


_DISK: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("cachingMode", ("None", "ReadOnly", "ReadWrite")),
    ("kind", ("Dedicated", "Managed", "Shared")),
)
_MANAGED: Final = (
    "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/"
    "{disk-id}",
)
_BLOB: Final = ("https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd",)


def azure_disk(source: Object, at: At) -> Iterator[Fault]:
    for field, supported in _DISK:
        value = source.get(field)
        if value is not None and value not in supported:
            yield unsupported(RULE, at / field, value, supported)
    uri, kind = source.get("diskURI") or "", source.get("kind", "Shared")
    start, form = ("/subscriptions/", _MANAGED) if kind == "Managed" else ("https://", _BLOB)
    if not uri.startswith(start):
        yield unsupported(RULE, at / "diskURI", uri, form, plain=True)


def storage_os(source: Object, at: At) -> Iterator[Fault]:
    yield from _storage_os(source, at)
    yield from secret_name(source, at)


def storage_os_persistent(source: Object, at: At) -> Iterator[Fault]:
    yield from _storage_os(source, at)
    yield from secret_name_and_namespace(source, at)


def _storage_os(source: Object, at: At) -> Iterator[Fault]:
    name, namespace = source.get("volumeName") or "", source.get("volumeNamespace") or ""
    if not name:
        yield required(RULE, at / "volumeName")
    else:
        for text in names.dns_label(name):
            yield invalid(RULE, at / "volumeName", name, text)
    for text in names.dns_label(namespace) if namespace else ():
        yield invalid(RULE, at / "volumeNamespace", namespace, text)
