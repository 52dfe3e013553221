"""Which GPU a pod computes on: that of its node, before that the one that it asks for."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ecp.kube import quantity
from ecp.manifests.providers import gpu_type
from ecp.sim.store import Obj
from ecp.workloads.profiles import GPU_TYPES

GPU = "nvidia.com/gpu"
PRODUCT = "nvidia.com/gpu.product"
"""The label by which GPU feature discovery tells a node's product, such as Tesla-T4. Source: NVIDIA
k8s-device-plugin, GPU feature discovery."""


def of_labels(labels: Mapping[str, str]) -> str | None:
    """Return the GPU type of a node with these labels, None where they name none."""
    words = re.split(r"[^a-z0-9]+", labels.get(PRODUCT, "").lower())
    told = next((kind for kind in GPU_TYPES if kind in words), None)
    return told or gpu_type(labels)


def asked(spec: Obj) -> str:
    """Return the GPU type that a pod asks for: by node selector, else by node affinity.

    Where it leaves a choice, or says nothing, the smallest of those that it may get.
    """
    named = of_labels(spec.get("nodeSelector") or {})
    if named is not None:
        return named
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    needed = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    wished = affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
    dearest = sorted(wished, key=lambda wish: -wish.get("weight", 0))
    for terms in (
        needed.get("nodeSelectorTerms") or (),
        *([wish.get("preference") or {}] for wish in dearest),
    ):
        found = smallest(_meant(terms))
        if found is not None:
            return found
    return GPU_TYPES[0]


def smallest(kinds: Iterable[str]) -> str | None:
    """Return the smallest of some GPU types, None where there is none."""
    return min(kinds, key=GPU_TYPES.index, default=None)


def _meant(terms: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for term in terms:
        for rule in term.get("matchExpressions") or ():
            if rule.get("operator") == "In":
                for value in rule.get("values") or ():
                    kind = of_labels({rule["key"]: value})
                    if kind is not None:
                        yield kind


def number(spec: Obj) -> int:
    """Return how many GPUs a pod may use."""
    total = 0
    for container in spec["containers"]:
        said = ((container.get("resources") or {}).get("limits") or {}).get(GPU)
        total += 0 if said is None else quantity.value(said)
    return total
