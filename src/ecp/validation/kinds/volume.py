"""Volumes of a pod. Source: kubernetes pkg/apis/core/validation `validateVolumeSource`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.validation.faults import At, Fault, forbidden, invalid, required, unsupported
from ecp.validation.kinds.container import descending_path
from ecp.validation.kinds.resources import nano_of, shown
from ecp.validation.scope import Object, Scope, items, mapping

_HOST_TYPES: Final = (
    "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate",
    "Socket",
)  # fmt: skip


def check_volume(volume: Object, at: At, scope: Scope) -> Iterator[Fault]:
    """Check the source of a volume; one without a source is an empty directory."""
    sources = [name for name, value in volume.items() if name != "name" and value is not None]
    if len(sources) > 1:
        for name in sorted(sources)[1:]:
            yield forbidden("E0310", at / name, "may not specify more than 1 volume type")
        return
    for name in sources:
        source = mapping(volume[name])
        here = at / name
        if name == "emptyDir":
            yield from _empty_dir(source, here)
        elif name == "hostPath":
            yield from _host_path(source, here)
        elif name == "persistentVolumeClaim":
            if not source.get("claimName"):
                yield required("E0310", here / "claimName")
        elif name == "secret":
            if not source.get("secretName"):
                yield required("E0310", here / "secretName")
            yield from _files(source, here)
        elif name == "configMap":
            if not source.get("name"):
                yield required("E0310", here / "name")
            yield from _files(source, here)
        elif name == "projected":
            yield from _mode(source.get("defaultMode"), here / "defaultMode")


def _empty_dir(source: Object, at: At) -> Iterator[Fault]:
    size = source.get("sizeLimit")
    if size is not None and nano_of(size) < 0:
        text = f"SizeLimit field must be a valid resource quantity: {shown(size)}"
        yield forbidden("E0310", at / "sizeLimit", text)


def _host_path(source: Object, at: At) -> Iterator[Fault]:
    path = source.get("path") or ""
    if not path:
        yield required("E0310", at / "path")
    elif ".." in path.split("/"):
        yield invalid("E0310", at / "path", path, "must not contain '..'")
    kind = source.get("type")
    if kind is not None and kind not in _HOST_TYPES:
        yield unsupported("E0310", at / "type", kind, _HOST_TYPES)


def _files(source: Object, at: At) -> Iterator[Fault]:
    yield from _mode(source.get("defaultMode"), at / "defaultMode")
    for number, item in enumerate(items(source.get("items"))):
        item = mapping(item)
        here = at / "items" / number
        if not item.get("key"):
            yield required("E0310", here / "key")
        else:
            for text in names.config_key(item["key"]):
                yield invalid("E0310", here / "key", item["key"], text)
        if not item.get("path"):
            yield required("E0310", here / "path")
        elif descending_path(item["path"]):
            yield invalid("E0310", here / "path", item["path"], descending_path(item["path"]))
        yield from _mode(item.get("mode"), here / "mode")


def _mode(mode: Any, at: At) -> Iterator[Fault]:
    if mode is not None and not 0 <= mode <= 0o777:
        text = "must be a number between 0 and 0777 (octal), both inclusive"
        yield invalid("E0310", at, mode, text)
