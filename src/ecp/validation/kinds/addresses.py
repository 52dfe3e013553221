"""IP addresses and networks: what is well formed, and what makes sense for an endpoint.

Source: apimachinery pkg/util/validation/ip.go `IsValidIPForLegacyField`, `IsValidIP`,
`IsValidCIDRForLegacyField`; kubernetes pkg/apis/core/validation `ValidateEndpointIP`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Final

from ecp.kube.errors import go_quote
from ecp.kube.numbers import whole
from ecp.validation.faults import At, Fault, invalid
from ecp.validation.scope import Scope

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Complaints = tuple[str, ...]
_NO_ADDRESS: Final = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
_NO_NETWORK: Final = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
_LINK_LOCAL_MULTICAST: Final = (
    ipaddress.ip_network("224.0.0.0/24"),
    ipaddress.ip_network("ff02::/16"),
)


def _exact(text: str) -> Address | None:
    """Read an address without leading zeros and without a zone."""
    try:
        return None if "%" in text else ipaddress.ip_address(text)
    except ValueError:
        return None


def read_address(text: str) -> Address | None:
    """Read an address as the server reads old fields: octets may have leading zeros."""
    return _exact(text) or _exact(re.sub(r"(?<![0-9a-fA-F])0+(?=[0-9])", "", text))


def read_network(text: str) -> Network | None:
    """Read a network; its address may have bits beyond the mask."""
    host, slash, mask = text.partition("/")
    address = read_address(host)
    if not slash or address is None or not (mask.isascii() and mask.isdigit()):
        return None
    bits = whole(mask)
    if bits is None or bits > address.max_prefixlen:
        return None
    return ipaddress.ip_network(f"{address}/{bits}", strict=False)


def legacy_address(text: str, scope: Scope) -> Complaints:
    """Judge an address of a field that once took more; strictly since 1.36."""
    address = read_address(text)
    if address is None:
        return (_NO_ADDRESS,)
    if not scope.since(1, 36):
        return ()
    if _exact(text) is None:
        return ("must not have leading 0s",)
    mapped = isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None
    return ("must not be an IPv4-mapped IPv6 address",) if mapped else ()


def canonical_address(text: str, scope: Scope) -> Complaints:
    """Judge an address of a newer field, which has to be in its shortest form, too."""
    complaints = legacy_address(text, scope)
    address = read_address(text)
    if not complaints and address is not None and str(address) != text:
        return (f"must be in canonical form ({go_quote(str(address))})",)
    return complaints


def legacy_network(text: str, scope: Scope) -> Complaints:
    """Judge a network of a field that once took more; strictly since 1.36."""
    network = read_network(text)
    if network is None:
        return (_NO_NETWORK,)
    if not scope.since(1, 36):
        return ()
    host, _, mask = text.partition("/")
    address = _exact(host)
    if address is None or mask != str(int(mask)):
        return ("must not have leading 0s in IP or prefix length",)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return ("must not have an IPv4-mapped IPv6 address",)
    if address != network.network_address:
        return ("must not have bits set beyond the prefix length",)
    return ()


def canonical_network(text: str, scope: Scope) -> Complaints:
    """Judge a network of a newer field, which has to be in its shortest form, too."""
    complaints = legacy_network(text, scope)
    network = read_network(text)
    if not complaints and network is not None and str(network) != text:
        return (f"must be in canonical form ({go_quote(str(network))})",)
    return complaints


def check_endpoint_address(rule: str, text: str, at: At) -> Iterator[Fault]:
    """Check that traffic can be sent to an address."""
    address = read_address(text)
    if address is None:
        yield invalid(rule, at, text, "must be a valid IP address")
        return
    address = getattr(address, "ipv4_mapped", None) or address
    multicast = any(address in network for network in _LINK_LOCAL_MULTICAST)
    complaints = (
        (address.is_unspecified, f"may not be unspecified ({text})"),
        (address.is_loopback, "may not be in the loopback range (127.0.0.0/8, ::1/128)"),
        (
            address.is_link_local,
            "may not be in the link-local range (169.254.0.0/16, fe80::/10)",
        ),
        (
            multicast,
            "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)",
        ),
    )
    for wrong, complaint in complaints:
        if wrong:
            yield invalid(rule, at, text, complaint)
