"""Forms in which a bundle is handed out: files, a ZIP, and what a closed network needs.

Equal bundles give equal bytes: entries are sorted, stored (deflate differs between versions of
zlib), and dated 1980-01-01, the first day that ZIP knows.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from hashlib import sha256
from shlex import quote
from typing import Any

from ecp.kube.yamlwriter import dump
from ecp.manifests.bundle import Bundle, File, Obj
from ecp.texts import text

PULL_SECRET = "ecp-registry"
"""The Secret of a tenant's namespace that pulls from the tenant's registry."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
_REGISTRY = re.compile(
    r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?(/[a-z0-9]([a-z0-9._-]*[a-z0-9])?)*"
)


class InvalidRegistry(ValueError):
    """The address cannot be one of a registry: host, maybe a port, maybe a path."""


def zipped(files: Iterable[File]) -> bytes:
    """Return a ZIP with the files; scripts may be run."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3
            mode = 0o755 if name.endswith(".sh") else 0o644
            entry.external_attr = (0o100000 | mode) << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def package(
    bundle: Bundle, platform: Iterable[Obj] = (), *, with_secrets: bool = False
) -> list[File]:
    """Return a bundle as files: `tenant/` by order of application, `platform/`, how to apply it.

    Without secrets their Secret is not among the files: `secrets.sh` makes it, with passwords that
    nobody has seen.
    """
    kept = bundle if with_secrets else without_secret(bundle)
    files = [File(f"tenant/{file.name}", file.text) for file in kept.files()]
    files += platform_files(platform)
    if not with_secrets:
        files += secret_files(bundle)
    files.append(File("README.md", both("manifest.readme", **named(bundle))))
    return sorted([*files, sums(files)])


def offline(
    bundle: Bundle,
    registry: str,
    platform: Iterable[Obj] = (),
    *,
    with_secrets: bool = False,
    user: str = "",
) -> list[File]:
    """Return a bundle for a closed network: its images come from *registry*.

    Where that wants credentials, of *user*, pods name the Secret that `registry-secret.sh` makes:
    no password is in the bundle. `images.txt` has each image as it is called outside and inside,
    `mirror.sh` saves them on one side and pushes them on the other, `SHA256SUMS` is checked on
    both. Raises InvalidRegistry.
    """
    if not _REGISTRY.fullmatch(registry) or len(registry) > 200:
        raise InvalidRegistry(registry)
    moved = Bundle(
        bundle.tenant,
        bundle.namespace,
        tuple(_rewritten(obj, registry, user) for obj in bundle.objects),
    )
    files = [
        file
        for file in package(moved, platform, with_secrets=with_secrets)
        if file.name not in ("README.md", "SHA256SUMS")
    ]
    pairs = sorted({(image, inside(image, registry)) for image in images(bundle.objects)})
    files.append(File("images.txt", "".join(f"{a}\t{b}\n" for a, b in pairs)))
    files.append(File("mirror.sh", _MIRROR))
    if user:
        host = registry.partition("/")[0]
        said = {"namespace": bundle.namespace, "host": host, "user": quote(user)}
        files.append(File("registry-secret.sh", _REGISTRY_SECRET.format(name=PULL_SECRET, **said)))
    files.append(File("README.md", both("manifest.offline", registry=registry, **named(bundle))))
    return sorted([*files, sums(files)])


def images(objects: Iterable[Obj]) -> Iterator[str]:
    """Yield the images of all containers, in the order of the objects."""
    for obj in objects:
        for container in _containers(obj):
            yield container["image"]


def inside(image: str, registry: str) -> str:
    """Return an image's name in another registry: the host is replaced, the path stays."""
    host, slash, path = image.partition("/")
    if not slash or not ("." in host or ":" in host or host == "localhost"):
        path = image if slash else f"library/{image}"
    return f"{registry}/{path}"


def _containers(obj: Obj) -> list[Any]:
    if obj["kind"] not in ("Deployment", "StatefulSet", "DaemonSet", "Job"):
        return []
    spec = obj["spec"]["template"]["spec"]
    return [*spec.get("initContainers", ()), *spec["containers"]]


def _rewritten(obj: Obj, registry: str, user: str) -> Obj:
    if not _containers(obj):
        return obj
    template = obj["spec"]["template"]
    parts = {
        field: [{**row, "image": inside(row["image"], registry)} for row in template["spec"][field]]
        for field in ("initContainers", "containers")
        if field in template["spec"]
    }
    pod = {**template["spec"], **parts}
    if user:
        pod["imagePullSecrets"] = [{"name": PULL_SECRET}]
    return {**obj, "spec": {**obj["spec"], "template": {**template, "spec": pod}}}


# --- parts ---------------------------------------------------------------------------------------


def without_secret(bundle: Bundle) -> Bundle:
    kept = tuple(obj for obj in bundle.objects if obj["kind"] != "Secret")
    return Bundle(bundle.tenant, bundle.namespace, kept)


def platform_files(objects: Iterable[Obj], folder: str = "platform") -> Iterator[File]:
    for number, obj in enumerate(objects, start=1):
        name = f"{number:02d}-{obj['kind'].lower()}-{obj['metadata']['name']}.yaml"
        yield File(f"{folder}/{name}", dump(obj))


def secret_files(bundle: Bundle) -> Iterator[File]:
    """Yield the script that makes the Secrets, and their empty forms."""
    for obj in bundle.objects:
        if obj["kind"] == "Secret":
            keys = " ".join(sorted(obj["data"]))
            labels = ",".join(f"{k}={v}" for k, v in sorted(obj["metadata"]["labels"].items()))
            yield File(
                "secrets.sh",
                _SECRETS.format(
                    namespace=bundle.namespace,
                    name=obj["metadata"]["name"],
                    keys=keys,
                    labels=labels,
                ),
            )


def named(bundle: Bundle) -> dict[str, str]:
    return {"tenant": bundle.tenant, "namespace": bundle.namespace}


def both(key: str, **values: str) -> str:
    return f"{text(key, 'en', **values)}\n\n---\n\n{text(key, 'ko', **values)}\n"


def sums(files: Iterable[File]) -> File:
    rows = sorted((name, sha256(content.encode()).hexdigest()) for name, content in files)
    return File("SHA256SUMS", "".join(f"{digest}  {name}\n" for name, digest in rows))


_SECRETS = """#!/bin/sh
# Makes the Secret {name} of {namespace}, unless it is there: passwords that stand in no file.
set -eu
namespace={namespace} name={name}
if kubectl -n "$namespace" get secret "$name" >/dev/null 2>&1; then
  echo "secret/$name unchanged"
  exit 0
fi
set --
for key in {keys}; do
  set -- "$@" "--from-literal=$key=$(od -An -N20 -tx1 /dev/urandom | tr -d ' \\n')"
done
kubectl -n "$namespace" create secret generic "$name" "$@"
kubectl -n "$namespace" label secret "$name" $(echo '{labels}' | tr ',' ' ')
"""

_REGISTRY_SECRET = """#!/bin/sh
# Makes the Secret {name} of {namespace}, by which pods pull from {host}.
# REGISTRY_PASSWORD holds the password, REGISTRY_USER a user other than the one below.
set -eu
: "${{REGISTRY_PASSWORD:?set it to the password for {host}}}"
user=${{REGISTRY_USER:-{user}}}
auth=$(printf '%s' "$user:$REGISTRY_PASSWORD" | base64 | tr -d '\\n')
printf '{{"auths":{{"{host}":{{"auth":"%s"}}}}}}' "$auth" |
  kubectl -n {namespace} create secret generic {name} \\
    --type=kubernetes.io/dockerconfigjson --from-file=.dockerconfigjson=/dev/stdin \\
    --dry-run=client -o yaml |
  kubectl apply -f -
"""

_MIRROR = """#!/bin/sh
# mirror.sh save: pull each image of images.txt and write it to images/, with checksums.
# mirror.sh push: check images/, load each image and push it to its name inside.
# CTR names the client: docker (default), podman or nerdctl.
set -eu
cd "$(dirname "$0")"
ctr=${CTR:-docker}
file() { echo "images/$(echo "$1" | tr '/:@' '___').tar"; }
case "${1:-}" in
save)
  sha256sum -c SHA256SUMS
  mkdir -p images
  while IFS="$(printf '\\t')" read -r outside inside; do
    "$ctr" pull "$outside"
    "$ctr" save -o "$(file "$outside")" "$outside"
  done < images.txt
  (cd images && sha256sum -- *.tar > SHA256SUMS)
  ;;
push)
  sha256sum -c SHA256SUMS
  (cd images && sha256sum -c SHA256SUMS)
  while IFS="$(printf '\\t')" read -r outside inside; do
    "$ctr" load -i "$(file "$outside")"
    "$ctr" tag "$outside" "$inside"
    "$ctr" push "$inside"
  done < images.txt
  ;;
*)
  echo "usage: $0 save|push" >&2
  exit 2
  ;;
esac
"""
