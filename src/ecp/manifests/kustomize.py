"""A tenant as Kustomize files: a base, and an overlay for each provider and environment.

The base is what one of them is; an overlay has the differences as JSON patches (RFC 6902), so that
`kubectl kustomize overlays/NAME` gives the very objects that would have been generated.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ecp.kube.yamlwriter import dump
from ecp.manifests.bundle import Bundle, File, Obj
from ecp.manifests.forms import (
    both,
    named,
    platform_files,
    secret_files,
    sums,
    without_secret,
)


def kustomized(
    base: Bundle,
    overlays: Mapping[str, Bundle],
    platforms: Mapping[str, Iterable[Obj]],
    *,
    with_secrets: bool = False,
) -> list[File]:
    """Return `base/`, `overlays/NAME/` and `platform/PROVIDER/`, all for one tenant.

    Without secrets their Secret is in none of them: `secrets.sh` makes it.
    """
    kept = base if with_secrets else without_secret(base)
    common = {_key(obj): obj for obj in kept.objects}
    own = kept.files()
    files = [File(f"base/{file.name}", file.text) for file in own]
    names = [file.name for file in own]
    files.append(File("base/kustomization.yaml", _kustomization({"resources": names})))
    for name, bundle in overlays.items():
        wanted = bundle if with_secrets else without_secret(bundle)
        files += _overlay(f"overlays/{name}", common, {_key(obj): obj for obj in wanted.objects})
    for name, objects in platforms.items():
        files += platform_files(objects, f"platform/{name}")
    if not with_secrets:
        files += secret_files(base)
    files.append(File("README.md", both("manifest.kustomize", **named(base))))
    return sorted([*files, sums(files)])


def _overlay(
    folder: str, base: Mapping[tuple[str, str], Obj], wanted: Mapping[tuple[str, str], Obj]
) -> Iterator[File]:
    more = [(key, obj) for key, obj in wanted.items() if key not in base]
    resources = ["../../base"]
    for (kind, name), obj in more:
        file = f"{kind.lower()}-{name}.yaml"
        resources.append(file)
        yield File(f"{folder}/{file}", dump(obj))
    patches: list[Obj] = []
    for (kind, name), obj in base.items():
        target = {"kind": kind, "name": name}
        if (kind, name) not in wanted:
            meta = {"name": name, **_namespace(obj)}
            gone = {"apiVersion": obj["apiVersion"], "kind": kind, "metadata": meta}
            patches.append({"target": target, "patch": json.dumps({"$patch": "delete", **gone})})
        elif obj != wanted[kind, name]:
            operations = list(_operations(obj, wanted[kind, name], ""))
            patches.append({"target": target, "patch": json.dumps(operations, ensure_ascii=False)})
    body: dict[str, Any] = {"resources": resources}
    if patches:
        body["patches"] = patches
    yield File(f"{folder}/kustomization.yaml", _kustomization(body))


def _operations(old: Any, new: Any, path: str) -> Iterator[Obj]:
    """Yield what makes *old* into *new*; a list that differs is replaced as a whole."""
    if old == new and type(old) is type(new):
        return
    if not (isinstance(old, dict) and isinstance(new, dict)):
        yield {"op": "replace", "path": path, "value": new}
        return
    for field in old:
        if field not in new:
            yield {"op": "remove", "path": f"{path}/{_escaped(field)}"}
    for field, value in new.items():
        inner = f"{path}/{_escaped(field)}"
        if field in old:
            yield from _operations(old[field], value, inner)
        else:
            yield {"op": "add", "path": inner, "value": value}


def _escaped(field: str) -> str:
    return field.replace("~", "~0").replace("/", "~1")


def _key(obj: Obj) -> tuple[str, str]:
    return obj["kind"], obj["metadata"]["name"]


def _namespace(obj: Obj) -> dict[str, str]:
    namespace = obj["metadata"].get("namespace")
    return {"namespace": namespace} if namespace else {}


def _kustomization(body: Mapping[str, Any]) -> str:
    head = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    return dump({**head, **body})
