"""Addresses and networks.

Source: kubernetes apiserver pkg/cel/library/{ip,cidr}.go; Go net/netip.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from ecp.kube.cel.source import RunError, succeeds
from ecp.kube.cel.values import Opaque
from ecp.kube.errors import go_quote

_IP: Final = "net.IP"
_CIDR: Final = "net.CIDR"
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _address_complaint(text: str) -> str:
    """Return what Go's netip says of a text that is no address."""
    quoted = go_quote(text)
    first = next((char for char in text if char in ".:%"), "")
    if first == ".":
        why = _fourth_complaint(text)
    elif first == ":":
        why = _sixth_complaint(text)
    elif first == "%":
        why = "missing IPv6 address"
    else:
        why = "unable to parse IP"
    return f"ParseAddr({quoted}): {why}"


def _fourth_complaint(text: str) -> str:
    value, position, digits = 0, 0, 0
    for at, char in enumerate(text):
        if char.isascii() and char.isdigit():
            if digits == 1 and value == 0:
                return "IPv4 field has octet with leading zero"
            value, digits = value * 10 + int(char), digits + 1
            if value > 255:
                return "IPv4 field has value >255"
        elif char == ".":
            if at in (0, len(text) - 1) or text[at - 1] == ".":
                return f"IPv4 field must have at least one digit (at {go_quote(text[at:])})"
            if position == 3:
                return "IPv4 address too long"
            value, position, digits = 0, position + 1, 0
        else:
            return f"unexpected character (at {go_quote(text[at:])})"
    return "IPv4 address too short"


def _sixth_complaint(text: str) -> str:
    for at, char in enumerate(text):
        if char not in "0123456789abcdefABCDEF:.":
            return f"unexpected character, want colon (at {go_quote(text[at:])})"
    for part in text.split(":"):
        if len(part) > 4 and "." not in part:
            rest = text[text.index(part) :]
            return f"each group must have 4 or less digits (at {go_quote(rest)})"
    if ":::" in text or text.count("::") > 1:
        at = text.rindex("::")
        return f"multiple :: in address (at {go_quote(text[at:])})"
    return "address string too short"


def _parsed_address(text: str) -> Address:
    if "%" in text and ":" in text.partition("%")[0]:
        address, _, zone = text.partition("%")
        if not zone:
            words = f"ParseAddr({go_quote(text)}): zone must be a non-empty string"
            raise RunError(_address_words(text, words))
        _parsed_address(address)
        raise RunError(f"IP address {go_quote(text)} with zone value is not allowed")
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        raise RunError(_address_words(text, _address_complaint(text))) from None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        raise RunError(f"IPv4-mapped IPv6 address {go_quote(text)} is not allowed")
    return found


def _address_words(text: str, why: str) -> str:
    return f"IP Address {go_quote(text)} parse error during conversion from string: {why}"


def _ip(value: Any) -> Opaque:
    if isinstance(value, Opaque):
        return Opaque(_IP, value.value.address)
    return Opaque(_IP, _parsed_address(value))


class Prefix(NamedTuple):
    """A network as written: its address need not be the first."""

    address: Address
    bits: int

    def __str__(self) -> str:
        return f"{self.address}/{self.bits}"

    @property
    def network(self) -> Any:
        return ipaddress.ip_network((self.address, self.bits), strict=False)


def _cidr(text: str) -> Opaque:
    try:
        return Opaque(_CIDR, _prefix(text))
    except RunError as error:
        words = f"network address parse error during conversion from string: {error}"
        raise RunError(words) from None


def _prefix(text: str) -> Prefix:
    words = "network address parse error during conversion from string"
    start, slash, bits = text.rpartition("/")
    call = f"{words}: netip.ParsePrefix({go_quote(text)})"
    if not slash:
        raise RunError(f"{call}: no '/'")
    if "%" in start:
        raise RunError(f"{call}: IPv6 zones cannot be present in a prefix")
    try:
        address = ipaddress.ip_address(start)
    except ValueError:
        raise RunError(f"{call}: {_address_complaint(start)}") from None
    if not re.fullmatch(r"0|[1-9]\d*", bits) or not bits.isascii():
        raise RunError(f"{call}: bad bits after slash: {go_quote(bits)}")
    if int(bits) > address.max_prefixlen:
        raise RunError(f"{call}: prefix length out of range")
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        raise RunError(f"IPv4-mapped IPv6 address {go_quote(text)} is not allowed")
    return Prefix(address, int(bits))


def _contains_ip(cidr: Opaque, other: Any) -> bool:
    address = (other if isinstance(other, Opaque) else _ip(other)).value
    same = address.version == cidr.value.address.version
    return bool(same and address in cidr.value.network)


def _contains_cidr(cidr: Opaque, other: Any) -> bool:
    inner = (other if isinstance(other, Opaque) else _cidr(other)).value
    if inner.address.version != cidr.value.address.version:
        return False
    return bool(cidr.value.network.overlaps(inner.network)) and cidr.value.bits <= inner.bits


def _masked(cidr: Opaque) -> Opaque:
    return Opaque(_CIDR, Prefix(cidr.value.network.network_address, cidr.value.bits))


def _is_global(address: Any) -> bool:
    return not (
        address == ipaddress.IPv4Address("255.255.255.255")
        or address.is_unspecified
        or address.is_loopback
        or address.is_multicast
        or address.is_link_local
    )


def _is_local_multicast(address: Any) -> bool:
    network = "224.0.0.0/24" if address.version == 4 else "ff02::/16"
    if address.version == 6:
        return bool(address.packed[0] == 0xFF and address.packed[1] & 0x0F == 2)
    return bool(address in ipaddress.ip_network(network))


def _of_ip(get: Callable[[Any], Any]) -> Callable[[Opaque], Any]:
    return lambda ip: get(ip.value)


def _is_canonical(text: str) -> bool:
    return str(_parsed_address(text)) == text


ADDRESSES: Final[dict[str, Callable[..., Any]]] = {
    "ip": _ip,
    "isIP": succeeds(_ip),
    "ip.isCanonical": _is_canonical,
    "family": _of_ip(lambda address: address.version),
    "isUnspecified": _of_ip(lambda address: address.is_unspecified),
    "isLoopback": _of_ip(lambda address: address.is_loopback),
    "isLinkLocalMulticast": _of_ip(_is_local_multicast),
    "isLinkLocalUnicast": _of_ip(lambda address: address.is_link_local),
    "isGlobalUnicast": _of_ip(_is_global),
    "cidr": _cidr,
    "isCIDR": succeeds(_prefix),
    "containsIP": _contains_ip,
    "containsCIDR": _contains_cidr,
    "prefixLength": lambda cidr: cidr.value.bits,
    "masked": _masked,
}
"""What each of these functions does, by name."""
