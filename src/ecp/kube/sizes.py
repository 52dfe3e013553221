"""What a pod asks for, and may take at most: containers, sidecars, init containers, the pod itself.

Source: kubernetes component-helpers resource/helpers.go (PodRequests, PodLimits; 1.36).
"""

from collections.abc import Mapping
from typing import Any, Final

from ecp.kube import quantity

_POD_LEVEL: Final = ("cpu", "memory")


def amount(name: str, value: quantity.Quantity) -> int:
    """Return a quantity of resource *name*: millicores for cpu, whole units for the rest."""
    return quantity.milli(value) if name == "cpu" else quantity.value(value)


def requests(spec: Mapping[str, Any], missing: Mapping[str, int] | None = None) -> dict[str, int]:
    """Return what a pod requests of each resource (millicores, bytes, counts).

    Containers run together, so they add up; init containers run one after the other beside the
    sidecars started before them, so the largest step counts; pod-level requests replace the sum;
    the overhead comes on top. *missing* fills what a container leaves out.
    """
    total = _total(spec, "requests", missing)
    overhead = spec.get("overhead") or {}
    _add(total, {name: amount(name, value) for name, value in overhead.items()})
    return total


def limits(spec: Mapping[str, Any]) -> dict[str, int]:
    """Return the limits of a pod, added up as its requests are; the overhead adds to what is there.

    A container without a limit adds nothing, as a real sum of limits has it.
    """
    total = _total(spec, "limits", None)
    for name, value in (spec.get("overhead") or {}).items():
        if name in total:
            total[name] += amount(name, value)
    return total


def written(spec: Mapping[str, Any], field: str) -> dict[str, str]:
    """Return a pod's "requests" or "limits" as a status spells them: cpu, memory, then the rest.

    A sum is spelt as the first quantity in it.
    """
    amounts = requests(spec) if field == "requests" else limits(spec)
    forms: dict[str, quantity.Form] = {}
    whole = (spec.get("resources") or {}).get(field) or {}
    for resources in (
        {name: text for name, text in whole.items() if name in _POD_LEVEL},
        *(
            (one.get("resources") or {}).get(field) or {}
            for one in (*spec["containers"], *(spec.get("initContainers") or ()))
        ),
        spec.get("overhead") or {},
    ):
        for name, text in resources.items():
            forms.setdefault(name, quantity.take_apart(text).form)
    return {
        name: quantity.spell(
            amounts[name] * (quantity.MICRO if name == "cpu" else quantity.NANO), forms[name]
        )
        for name in sorted(amounts)
        if name in forms
    }


def _total(
    spec: Mapping[str, Any], field: str, missing: Mapping[str, int] | None
) -> dict[str, int]:
    def of(container: Mapping[str, Any]) -> dict[str, int]:
        asked = (container.get("resources") or {}).get(field) or {}
        found = {name: amount(name, value) for name, value in asked.items()}
        return {**missing, **found} if missing else found

    total: dict[str, int] = {}
    for container in spec["containers"]:
        _add(total, of(container))
    sidecars: dict[str, int] = {}
    largest: dict[str, int] = {}
    for container in spec.get("initContainers") or ():
        step = of(container)
        if container.get("restartPolicy") == "Always":
            _add(total, step)
            _add(sidecars, step)
            step = sidecars
        else:
            _add(step, sidecars)
        _raise_to(largest, step)
    _raise_to(total, largest)
    for name, value in ((spec.get("resources") or {}).get(field) or {}).items():
        if name in _POD_LEVEL or name.startswith("hugepages-"):
            total[name] = amount(name, value)
    return total


def _add(total: dict[str, int], more: Mapping[str, int]) -> None:
    for name, value in more.items():
        total[name] = total.get(name, 0) + value


def _raise_to(total: dict[str, int], floor: Mapping[str, int]) -> None:
    for name, value in floor.items():
        if value > total.get(name, 0):
            total[name] = value
