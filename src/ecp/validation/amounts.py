"""What a pod asks for and may use: resource lists added up as the server adds them.

Source: k8s.io/component-helpers resource/helpers.go PodRequests, PodLimits; kubernetes
plugin/pkg/admission/limitranger/admission.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final, NamedTuple

from ecp.kube.quantity import NANO, Form, InvalidQuantity, spell, take_apart
from ecp.validation.scope import Object, items, mapping


class Amount(NamedTuple):
    """A quantity: nano units, and how it is spelt when it is shown."""

    nano: int
    form: Form = Form.DECIMAL

    def __str__(self) -> str:
        return spell(self.nano, self.form)

    def plus(self, other: Amount) -> Amount:
        """Add; the sum is spelt as its first part is, unless that is nothing."""
        return Amount(self.nano + other.nano, self.form if self.nano else other.form)

    def times(self, count: int) -> Amount:
        return Amount(self.nano * count, self.form)


Amounts = dict[str, Amount]
_POD_LEVEL: Final = ("cpu", "memory")
_SHORT: Final = 32


def one(count: int = 1) -> Amount:
    return Amount(count * NANO)


def amount(given: Any) -> Amount | None:
    """Return a quantity, None for what is none."""
    return _amount(given) if type(given) is str and len(given) <= _SHORT else _parsed(given)


def _parsed(given: Any) -> Amount | None:
    try:
        parsed = take_apart(given)
    except InvalidQuantity:
        return None
    return Amount(parsed.nano, parsed.form)


_amount = lru_cache(maxsize=4096)(_parsed)


def amounts(given: Any) -> Amounts:
    """Return a resource list as amounts; what is no quantity is left out."""
    return {
        name: read for name, value in mapping(given).items() if (read := amount(value)) is not None
    }


def resources_of(container: Object, side: str) -> Amounts:
    """Return a container's requests or limits; a limit alone is a request, too."""
    resources = mapping(container.get("resources"))
    found = amounts(resources.get(side))
    if side == "requests" and "limits" in resources:
        return {**amounts(resources["limits"]), **found}
    return found


def added(left: Amounts, right: Amounts) -> Amounts:
    total = dict(left)
    for name, value in right.items():
        total[name] = total[name].plus(value) if name in total else value
    return total


def beyond(new: Amounts, old: Amounts) -> Amounts:
    """Return what *new* has more than *old*; nothing is negative."""
    return {
        name: value._replace(nano=max(value.nano - (old[name].nano if name in old else 0), 0))
        for name, value in new.items()
    }


def larger(left: Amounts, right: Amounts) -> Amounts:
    most = dict(left)
    for name, value in right.items():
        if name not in most or value.nano > most[name].nano:
            most[name] = value
    return most


def is_gpu(resource: str) -> bool:
    """Tell GPUs by the names that device plug-ins give them: nvidia.com/gpu, gpu.intel.com/i915."""
    return "/" in resource and ("gpu" in resource or resource.startswith("nvidia.com/mig-"))


def total(lists: Iterable[Amounts]) -> Amounts:
    found: Amounts = {}
    for one_list in lists:
        found = added(found, one_list)
    return found


def of_pod(spec: Object, side: str, *, overhead: bool = True) -> Amounts:
    """Return what a pod requests, or is limited to: *side* is "requests" or "limits".

    Containers run together, init containers one after another, and those that go on restarting
    beside all that come later.
    """
    found = total(resources_of(mapping(box), side) for box in items(spec.get("containers")))
    beside: Amounts = {}
    most: Amounts = {}
    for box in map(mapping, items(spec.get("initContainers"))):
        own = resources_of(box, side)
        if box.get("restartPolicy") == "Always":
            found, beside = added(found, own), added(beside, own)
            most = larger(most, beside)
        else:
            most = larger(most, added(own, beside))
    found = larger(found, most)
    of_all = amounts(mapping(spec.get("resources")).get(side))
    for name, value in of_all.items():
        if name in _POD_LEVEL or name.startswith("hugepages-"):
            found[name] = value
    if overhead:
        extra = amounts(spec.get("overhead"))
        known = extra if side == "requests" else {k: v for k, v in extra.items() if k in found}
        found = added(found, known)
    return found
