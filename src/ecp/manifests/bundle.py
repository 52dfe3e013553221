"""A bundle: what is sent to a cluster for one tenant, objects in the order of their application."""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, NamedTuple

from ecp.kube.yamlwriter import dump

Obj = dict[str, Any]


def secret_value(tenant: str, purpose: str, key: bytes) -> str:
    """Return a tenant's password for a purpose, derived from *key*, as a Secret's `data` has it."""
    password = hmac.new(key, f"{tenant}/{purpose}".encode(), sha256).hexdigest()[:40]
    return b64encode(password.encode()).decode()


class File(NamedTuple):
    """One manifest file of a bundle."""

    name: str
    text: str


@dataclass(frozen=True)
class Bundle:
    """The objects of one tenant. Equal specifications give equal bundles, byte for byte."""

    tenant: str
    namespace: str
    objects: tuple[Obj, ...]

    @cached_property
    def _texts(self) -> tuple[str, ...]:
        return tuple(dump(obj) for obj in self.objects)

    @cached_property
    def text(self) -> str:
        """All objects as one YAML stream."""
        return "---\n".join(self._texts)

    @cached_property
    def digest(self) -> str:
        """What tells bundles apart: `sha256:` and the hash of the YAML stream."""
        return f"sha256:{sha256(self.text.encode()).hexdigest()}"

    def files(self) -> tuple[File, ...]:
        """Return one file an object; sorted by name they are in the order of application."""
        width = max(2, len(str(len(self.objects))))
        return tuple(
            File(f"{number:0{width}d}-{_kind(obj)}-{obj['metadata']['name']}.yaml", text)
            for number, (obj, text) in enumerate(
                zip(self.objects, self._texts, strict=True), start=1
            )
        )

    def counts(self) -> Mapping[str, int]:
        """Return how many objects of each kind there are, in the order of application."""
        found: dict[str, int] = {}
        for obj in self.objects:
            found[obj["kind"]] = found.get(obj["kind"], 0) + 1
        return found


def _kind(obj: Obj) -> str:
    return str(obj["kind"]).lower()
