"""The addresses and address families of a Service.

Source: kubernetes pkg/apis/core/validation `ValidateServiceClusterIPsRelatedFields`,
pkg/registry/core/service/storage/alloc.go `initIPFamilyFields`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.validation.faults import At, Fault, duplicate, invalid, unsupported
from ecp.validation.kinds.addresses import legacy_address, read_address
from ecp.validation.scope import Object, Scope, items

_SPEC: Final = At() / "spec"
_FAMILIES: Final = ("IPv4", "IPv6")
_STACKS: Final = ("PreferDualStack", "RequireDualStack", "SingleStack")


def cluster_addresses(spec: Object) -> list[Any]:
    """Return clusterIPs, which the server fills from clusterIP where they are not given."""
    single = spec.get("clusterIP")
    return items(spec.get("clusterIPs")) or ([single] if single else [])


def is_headless(spec: Object) -> bool:
    return cluster_addresses(spec) == ["None"]


def check_addresses(spec: Object, scope: Scope) -> Iterator[Fault]:
    """Check the cluster's own addresses, where the manifest chooses them."""
    at, point = _SPEC / "clusterIPs", None if spec.get("clusterIPs") else _SPEC / "clusterIP"
    addresses, single = cluster_addresses(spec), spec.get("clusterIP") or ""
    if single and addresses[0] != single:
        yield invalid("E0503", at, addresses, "first value must match `clusterIP`")
    if addresses and not single:
        yield invalid("E0503", at, addresses, "must be empty when `clusterIP` is not specified")
    yield from _families(spec)
    wrong = False
    for number, address in enumerate(addresses):
        if number == 0 and address == "None":
            if len(addresses) > 1:
                wrong = True
                yield invalid("E0503", at, addresses, "'None' must be the first and only value")
            continue
        for text in legacy_address(address or "", scope):
            wrong = True
            yield invalid("E0503", at / number, address, text, point=point)
    if len(addresses) > 2:
        yield invalid("E0503", at, addresses, "may only hold up to 2 values")
    if not wrong:
        yield from _stacks(spec, addresses, at)


def _families(spec: Object) -> Iterator[Fault]:
    families, at = items(spec.get("ipFamilies")), _SPEC / "ipFamilies"
    for number, family in enumerate(families):
        if family not in _FAMILIES:
            yield unsupported("E0502", at / number, family, _FAMILIES)
        if family in families[:number]:
            yield duplicate("E0503", at / number, family)
    policy = spec.get("ipFamilyPolicy")
    if policy is not None and policy not in _STACKS:
        yield unsupported("E0502", _SPEC / "ipFamilyPolicy", policy, _STACKS)


def _family(address: str) -> str:
    found = read_address(address)
    return "IPv6" if found is not None and found.version == 6 else "IPv4"


def _stacks(spec: Object, addresses: list[Any], at: At) -> Iterator[Fault]:
    """Check that there is one address a family at most, and of the family that is named."""
    if is_headless(spec):
        return
    found = [_family(address) for address in addresses]
    if len(found) > 1 and len(set(found)) < 2:
        text = "may specify no more than one IP for each IP family"
        yield invalid("E0503", at, addresses, text)
    families = items(spec.get("ipFamilies"))
    for number, (address, wanted) in enumerate(zip(addresses, families, strict=False)):
        if wanted in _FAMILIES and found[number] != wanted:
            text = f"expected an {wanted} value as indicated by `ipFamilies[{number}]`"
            yield invalid("E0503", at / number, address, text)


def check_new_stack(spec: Object) -> Iterator[Fault]:
    """A Service has one stack unless it says otherwise; headless ones without pods may be both."""
    at, policy = _SPEC / "ipFamilyPolicy", spec.get("ipFamilyPolicy")
    both = spec.get("clusterIP") == "None" and not spec.get("selector")
    if (policy or ("RequireDualStack" if both else "SingleStack")) != "SingleStack":
        return
    named = (
        ("cluster IPs", cluster_addresses(spec), "clusterIPs"),
        ("IP families", items(spec.get("ipFamilies")), "ipFamilies"),
    )
    for words, given, field in named:
        if len(given) == 2:
            text = (
                "must be 'RequireDualStack' or 'PreferDualStack' when multiple "
                f"{words} are specified"
            )
            point = at if policy else _SPEC / field
            yield invalid("E0503", at, "SingleStack", text, point=point)
