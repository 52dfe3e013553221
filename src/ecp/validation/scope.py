"""What a check may know besides the object: the target version and what is switched on in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from ecp.validation.faults import Fault


# When a feature gate came to be on by default; one that never was has no row.
# Source: kubernetes pkg/features/kube_features.go.
_ON_SINCE: Final = {
    "CSIServiceAccountTokenSecrets": (1, 35),
    "ImageVolume": (1, 35),
    "MutableCSINodeAllocatableCount": (1, 35),
    "RecoverVolumeExpansionFailure": (1, 32),
    "RecursiveReadOnlyMounts": (1, 31),
    "VolumeAttributesClass": (1, 34),
}


class Scope(NamedTuple):
    """version is that of the target cluster, such as (1, 36); gates are those it has on besides."""

    version: tuple[int, int] = (1, 36)
    gates: frozenset[str] = frozenset()

    def since(self, major: int, minor: int) -> bool:
        return self.version >= (major, minor)

    def has(self, gate: str) -> bool:
        """Tell whether a feature is on: a field whose feature is off is dropped, not judged."""
        since = _ON_SINCE.get(gate)
        return gate in self.gates or (since is not None and self.version >= since)


Object = Mapping[str, Any]
Check = Callable[[Object, Scope], Iterator[Fault]]


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a field as a map; the decoder has judged types, so anything else is absent."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """Return a field as a list, absent and null as an empty one."""
    return value if isinstance(value, list) else []
