"""Versions of images put into a bundle, with what is known of them. Pure.

What is known goes with the pods as annotations, which the simulator reads in the place of the
shipped facts and every other cluster leaves alone. Source of the annotations: the simulator's
`kubelet/template`, docs/reference/images.
"""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ecp.kube import quantity
from ecp.kube.durations import parse as duration
from ecp.kube.durations import spell
from ecp.manifests.forms import PULL_SECRET
from ecp.orchestrator.records import ImageVersion, Obj, Registry
from ecp.workloads.images import ImageFacts, InvalidImageName, facts, full_name, generic

PREFIX: Final = "sim.ecp-ai.io/"
PINNED: Final = "versions"
"""The option of a tenant, and of a release, that says which versions were chosen."""
REGISTRY: Final = "registry"
"""The option of a tenant that names the registry its images come from."""
_KINDS: Final = ("Deployment", "StatefulSet", "DaemonSet", "Job")
_VERSION: Final = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_HOST: Final = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?(:[0-9]{1,5})?")
_PATH: Final = re.compile(r"[a-z0-9]+([._/-]+[a-z0-9]+)*")
_MASK: Final = "***"


class BadImage(ValueError):
    """Something of an image or a registry that cannot be: the field and why.

    `key` is its text, which is filled with both; where it has none of its own, with why in English.
    """

    def __init__(self, field: str, why: str, key: str = "setting.bad") -> None:
        super().__init__(f"{field}: {why}")
        self.field, self.why, self.key = field, why, key


def _size(value: str) -> None:
    if quantity.value(value) < 0:
        raise ValueError("must not be negative")


def _cpu(value: str) -> None:
    if quantity.nano(value) < 0:
        raise ValueError("must not be negative")


def _stop(value: str) -> None:
    if value != "never":
        duration(value)


def _flag(value: str) -> None:
    if value not in ("true", "false"):
        raise ValueError('use "true" or "false"')


FACTS: Final[Mapping[str, tuple[str, Callable[[str], object]]]] = {
    "size": ("image-size", _size),
    "start": ("start-after", duration),
    "memory": ("memory", _size),
    "memory_growth": ("memory-growth", _size),
    "cpu": ("cpu", _cpu),
    "stop": ("stop-after", _stop),
    "drains": ("drains", _flag),
    "missing": ("image-missing", _flag),
    "private": ("image-private", _flag),
}
"""What may be said of an image: the simulator's annotation, and how it is checked."""


def check_facts(given: Mapping[str, str]) -> dict[str, str]:
    """Return the facts. Raises BadImage naming the one that is wrong."""
    for name, value in given.items():
        if name not in FACTS:
            raise BadImage(f"facts.{name}", f"use {', '.join(FACTS)}")
        try:
            FACTS[name][1](value)
        except ValueError as error:
            raise BadImage(f"facts.{name}", str(error)) from error
    return dict(given)


def check_image(image: str) -> str:
    """Return an image's name. Raises BadImage."""
    try:
        full_name(image)
    except InvalidImageName as error:
        raise BadImage("image", str(error)) from error
    return image


def check_version(version: str) -> str:
    """Return a version: what may be a tag. Raises BadImage."""
    if not _VERSION.fullmatch(version):
        raise BadImage("version", "is no tag", "image.bad-version")
    return version


def check_registry(registry: Registry) -> Registry:
    """Return a registry. Raises BadImage."""
    if not _NAME.fullmatch(registry.name):
        raise BadImage("name", "names no registry", "image.bad-name")
    if not _HOST.fullmatch(registry.host):
        raise BadImage("host", "is no host", "image.bad-host")
    if registry.prefix and not _PATH.fullmatch(registry.prefix):
        raise BadImage("prefix", "is no path", "image.bad-prefix")
    first, _, rest = registry.rewrites.partition("/")
    if registry.rewrites and not (_HOST.fullmatch(first) and (not rest or _PATH.fullmatch(rest))):
        raise BadImage("rewrites", "begins no image's name", "image.bad-rewrites")
    return registry


def registry_json(registry: Registry, created_at: str) -> dict[str, Any]:
    """Return a registry as it is shown: its password never is."""
    password = registry.password
    return {
        "name": registry.name,
        "host": registry.host,
        "prefix": registry.prefix,
        "rewrites": registry.rewrites,
        "username": registry.username,
        "password": password if password.startswith("env:") else _MASK if password else "",
        "created_at": created_at,
    }


# -- facts ----------------------------------------------------------------------------------------


def known_facts(image: str) -> dict[str, str]:
    """Return what the shipped facts say of an image, {} where nobody knows it.

    Raises InvalidImageName.
    """
    found = facts(image)
    if found == generic():
        return {}
    return {name: text for name, text in _texts(found).items() if text is not None}


def _texts(found: ImageFacts) -> dict[str, str | None]:
    return {
        "size": str(found.size),
        "start": spell(found.start),
        "memory": str(found.memory),
        "memory_growth": str(found.growth) if found.growth else None,
        "cpu": f"{found.cpu}n",
        "stop": "never" if found.stop is None else spell(found.stop),
        "drains": "true" if found.drains else None,
        "missing": "true" if found.missing else None,
        "private": "true" if found.private else None,
    }


def shown_facts(image: str, given: Mapping[str, str]) -> dict[str, Any]:
    """Return what holds of an image: a row a fact, with its value and where it is from."""
    try:
        shipped, source = known_facts(image), facts(image).source
    except InvalidImageName:
        shipped, source = {}, ""
    rows: dict[str, Any] = {}
    for name in FACTS:
        if name in given:
            rows[name] = {"value": given[name], "source": "given"}
        elif name in shipped:
            rows[name] = {"value": shipped[name], "source": source}
    return rows


# -- bundles --------------------------------------------------------------------------------------


class Chosen(NamedTuple):
    """The image of a workload, and what is known of it beyond the shipped facts."""

    image: str
    facts: Mapping[str, str]


def tag_of(image: str) -> str:
    """Return an image's tag, "latest" without one."""
    name = image.partition("@")[0]
    _, colon, tag = name.rpartition(":")
    return tag if colon and "/" not in tag else "latest"


def inside(image: str, registry: Registry | None) -> str:
    """Return an image's name where *registry* has it; itself where that stands in for others."""
    if registry is None or not registry.rewrites:
        return image
    full = image if "." in image.partition("/")[0] else full_name(image).removesuffix(":latest")
    if full != registry.rewrites and not full.startswith(f"{registry.rewrites}/"):
        return image
    rest = full[len(registry.rewrites) :].lstrip("/")
    return "/".join(part for part in (registry.host, registry.prefix, rest) if part)


def services_of(objects: Iterable[Obj]) -> dict[str, str]:
    """Return the image of each workload by its name: of the container that has its name, else of
    its first."""
    found = {}
    for obj in objects:
        if obj["kind"] in _KINDS:
            name = obj["metadata"]["name"]
            containers = obj["spec"]["template"]["spec"].get("containers") or ()
            if containers:
                found[name] = str(containers[_main(name, containers)].get("image", ""))
    return found


def _main(name: str, containers: Sequence[Mapping[str, Any]]) -> int:
    names = [container["name"] for container in containers]
    return names.index(name) if name in names else 0


def with_images(
    objects: Iterable[Obj], versions: Mapping[str, ImageVersion], registry: Registry | None
) -> list[Obj]:
    """Return the objects with the images of *versions* by workload, as *registry* has them, and
    with what is known of these as annotations."""
    return [_imaged(obj, versions, registry) for obj in objects]


def _imaged(obj: Obj, versions: Mapping[str, ImageVersion], registry: Registry | None) -> Obj:
    if obj["kind"] not in _KINDS:
        return obj
    template = obj["spec"]["template"]
    name, pod = obj["metadata"]["name"], template["spec"]
    notes = dict((template.get("metadata") or {}).get("annotations") or {})
    version = versions.get(name)
    rows = {field: list(pod[field]) for field in ("initContainers", "containers") if pod.get(field)}
    main = _main(name, pod["containers"])
    for field, containers in rows.items():
        for index, container in enumerate(containers):
            image, said = str(container.get("image", "")), {}
            if version is not None and field == "containers" and index == main:
                image, said = version.image, dict(version.facts)
                for note, _ in FACTS.values():
                    notes.pop(f"{PREFIX}{note}.{container['name']}", None)
            there = inside(image, registry)
            if there != image:
                said = {**known_facts(image), **said}
            containers[index] = {**container, "image": there}
            notes |= {f"{PREFIX}{FACTS[fact][0]}.{container['name']}": text
                      for fact, text in said.items()}  # fmt: skip
    if (rows, notes) == ({f: list(pod[f]) for f in rows}, dict(
        (template.get("metadata") or {}).get("annotations") or {}
    )):  # fmt: skip
        return obj
    meta = {**(template.get("metadata") or {}), **({"annotations": notes} if notes else {})}
    changed = {**template, "metadata": meta, "spec": {**pod, **rows}}
    return {**obj, "spec": {**obj["spec"], "template": changed}}


def with_pull_secret(objects: Sequence[Obj], registry: Registry, password: str) -> list[Obj]:
    """Return the objects with what pulls images of a registry that wants a password: a Secret, and
    pods that name it.

    Source: kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry.
    """
    both = b64encode(f"{registry.username}:{password}".encode()).decode()
    row = {"username": registry.username, "password": password, "auth": both}
    auths = json.dumps({"auths": {registry.host: row}}, ensure_ascii=False)
    secret: Obj = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": PULL_SECRET, "labels": {"app.kubernetes.io/managed-by": "ecp"}},
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": b64encode(auths.encode()).decode()},
    }
    return [*(_pulling(obj, registry) for obj in objects), secret]


def draws_on(objects: Iterable[Obj], registry: Registry) -> bool:
    """Whether any image of *objects* comes from a registry."""
    return any(_pulling(obj, registry) is not obj for obj in objects)


def _pulling(obj: Obj, registry: Registry) -> Obj:
    start = f"{registry.host}/{registry.prefix}/" if registry.prefix else f"{registry.host}/"
    if obj["kind"] not in _KINDS:
        return obj
    template = obj["spec"]["template"]
    pod, meta = template["spec"], template.get("metadata") or {}
    rows = [*(pod.get("initContainers") or ()), *(pod.get("containers") or ())]
    private = [row["name"] for row in rows if str(row.get("image", "")).startswith(start)]
    if not private:
        return obj
    named = [row for row in pod.get("imagePullSecrets") or () if row.get("name") != PULL_SECRET]
    notes = {f"{PREFIX}{FACTS['private'][0]}.{name}": "true" for name in private}
    meta = {**meta, "annotations": {**(meta.get("annotations") or {}), **notes}}
    pod = {**pod, "imagePullSecrets": [*named, {"name": PULL_SECRET}]}
    return {**obj, "spec": {**obj["spec"], "template": {**template, "metadata": meta, "spec": pod}}}


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return which workloads have another image in *after*."""
    return [
        {"service": name, "from": before.get(name), "to": after.get(name)}
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]
