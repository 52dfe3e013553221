"""With which credentials images are pulled: the pod's imagePullSecrets.

A registry is asked with the credentials whose address fits the image; which password is right
nobody knows, so one that is given is taken to be. Source: kubernetes
pkg/kubelet/kubelet_pods.go (getPullSecretsForPod), pkg/credentialprovider/{config,keyring}.go.
"""

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from ecp.kube import kinds

if TYPE_CHECKING:
    from ecp.sim.kubelet.loop import PodLoop
    from ecp.sim.kubelet.template import ContainerSpec

_KEYS = {
    "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
    "kubernetes.io/dockercfg": ".dockercfg",
}


def refusal(loop: "PodLoop", spec: "ContainerSpec") -> str:
    """Return why the registry gives no image, "" = it does: a private one wants credentials."""
    secrets = loop.template.pull_secrets
    if not secrets and not spec.facts.private:
        return ""
    namespace = loop.run.key[0]
    found = {name: loop.read.get(kinds.SECRETS, namespace, name) for name in secrets}
    lacking = ", ".join(name for name, obj in found.items() if obj is None)
    if lacking:
        loop.event(
            "Warning",
            "FailedToRetrieveImagePullSecret",
            f"Unable to retrieve some image pull secrets ({lacking}); attempting to pull the image "
            "may not succeed.",
        )
    if not spec.facts.private:
        return ""
    addresses = (one for obj in found.values() if obj for one in _addresses(obj))
    return "" if any(_fits(one, spec.image_key) for one in addresses) else "auth"


def _addresses(secret: Mapping[str, Any]) -> Iterator[str]:
    """Yield the addresses for which a Secret has a name and a password."""
    key = _KEYS.get(secret.get("type", ""))
    text = (secret.get("data") or {}).get(key, "")
    try:
        read = json.loads(b64decode(text, validate=True)) if text else {}
    except ValueError:
        return
    whole = read if isinstance(read, dict) else {}
    rows = whole.get("auths") if key == ".dockerconfigjson" else whole
    if isinstance(rows, dict):
        for address, row in rows.items():
            if isinstance(row, dict) and (row.get("auth") or row.get("password")):
                yield address


def _fits(address: str, image: str) -> bool:
    """Whether credentials of *address* are for *image*: a host, its parts with *, maybe a path."""
    plain = address.partition("://")[2] or address
    host, _, path = plain.rstrip("/").partition("/")
    if host == "index.docker.io":
        host, path = "docker.io", ""
    there, _, rest = image.partition("/")
    if len(host.split(".")) != len(there.split(".")) or not fnmatchcase(there, host):
        return False
    return rest.startswith(path)
