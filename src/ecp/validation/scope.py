"""What a check may know besides the object: the target version and what is switched on in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from ecp.validation.faults import Fault

# When a feature gate came to be on by default; one that never was has no row.
# Source: kubernetes pkg/features/kube_features.go.
_ON_SINCE: Final = {
    "CSIServiceAccountTokenSecrets": (1, 35),
    "ContainerRestartRules": (1, 35),
    "DynamicResourceAllocation": (1, 34),
    "EnvFiles": (1, 35),
    "HostnameOverride": (1, 35),
    "ImageVolume": (1, 35),
    "InPlacePodVerticalScaling": (1, 33),
    "MatchLabelKeysInPodAffinity": (1, 31),
    "MatchLabelKeysInPodTopologySpreadSelectorMerge": (1, 34),
    "MutableCSINodeAllocatableCount": (1, 35),
    "PodLevelResources": (1, 34),
    "PodLifecycleSleepActionAllowZero": (1, 33),
    "ProcMountType": (1, 33),
    "RecoverVolumeExpansionFailure": (1, 32),
    "RecursiveReadOnlyMounts": (1, 31),
    "RelaxedDNSSearchValidation": (1, 33),
    "RestartAllContainersOnContainerExits": (1, 36),
    "SELinuxChangePolicy": (1, 33),
    "StrictIPCIDRValidation": (1, 36),
    "SupplementalGroupsPolicy": (1, 33),
    "UserNamespacesSupport": (1, 33),
    "VolumeAttributesClass": (1, 34),
}


class Scope(NamedTuple):
    """What a check may know besides the object.

    version   that of the target cluster, such as (1, 36)
    gates     features that are on besides those that the version has on
    new       whether the object is about to be made, rather than to change
    namespace where an object without a namespace goes, "" where that is not known
    """

    version: tuple[int, int] = (1, 36)
    gates: frozenset[str] = frozenset()
    new: bool = True
    namespace: str = ""

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
