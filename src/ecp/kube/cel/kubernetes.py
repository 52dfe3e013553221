"""What Kubernetes adds to CEL: URLs, quantities, addresses, versions and named formats.

Source: kubernetes apiserver pkg/cel/library/{urls,quantity,ip,cidr,semverlib,format}.go; Go
net/netip; blang/semver.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from ecp.kube import names
from ecp.kube.cel.source import RunError
from ecp.kube.cel.values import ABSENT, MapValue, Opaque, Optional
from ecp.kube.errors import go_quote
from ecp.kube.formats import has_format
from ecp.kube.quantity import NANO, InvalidQuantity
from ecp.kube.quantity import parse as parse_quantity
from ecp.kube.uris import InvalidUri, Uri, request_uri

_URL: Final = "kubernetes.URL"
_QUANTITY: Final = "kubernetes.Quantity"
_IP: Final = "net.IP"
_CIDR: Final = "net.CIDR"
_SEMVER: Final = "kubernetes.Semver"
_FORMAT: Final = "kubernetes.NamedFormat"
_LARGEST: Final = (1 << 63) - 1


def _good(read: Callable[..., Any]) -> Callable[..., bool]:
    """Return a function that tells whether *read* raises nothing."""

    def is_good(*args: Any) -> bool:
        try:
            read(*args)
        except RunError:
            return False
        return True

    return is_good


# ---- URLs --------------------------------------------------------------------------------------


def _url(text: str) -> Opaque:
    try:
        return Opaque(_URL, request_uri(text))
    except InvalidUri as error:
        words = f"URL parse error during conversion from string: {error}"
        raise RunError(words) from None


def _of_url(get: Callable[[Uri], Any]) -> Callable[[Opaque], Any]:
    return lambda url: get(url.value)


def _queries(uri: Uri) -> MapValue:
    made = MapValue()
    for name, values in uri.queries().items():
        made.put(name, values)
    return made


# ---- quantities --------------------------------------------------------------------------------


def _quantity(text: str) -> Opaque:
    try:
        return Opaque(_QUANTITY, parse_quantity(text))
    except InvalidQuantity as error:
        raise RunError(str(error)) from None


def _nano(value: Any) -> int:
    return int(value.value) if isinstance(value, Opaque) else int(value) * NANO


def _as_integer(quantity: Opaque) -> int:
    if not _is_integer(quantity):
        raise RunError("cannot convert value to integer")
    return int(quantity.value // NANO)


def _is_integer(quantity: Opaque) -> bool:
    nano: int = quantity.value
    return nano % NANO == 0 and abs(nano // NANO) <= _LARGEST


def _order(one: Any, other: Any) -> int:
    """Compare quantities, or versions."""
    a, b = one.value, other.value
    if isinstance(a, Version):
        return a.compared(b)
    return int(a > b) - int(a < b)


# ---- addresses ---------------------------------------------------------------------------------

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
        return address.packed[0] == 0xFF and address.packed[1] & 0x0F == 2
    return bool(address in ipaddress.ip_network(network))


def _of_ip(get: Callable[[Any], Any]) -> Callable[[Opaque], Any]:
    return lambda ip: get(ip.value)


def _is_canonical(text: str) -> bool:
    return str(_parsed_address(text)) == text


# ---- versions ----------------------------------------------------------------------------------


class Version(NamedTuple):
    """A version as semver.org has it; what is after ``+`` makes no difference."""

    numbers: tuple[int, int, int]
    before: tuple[str, ...]

    def compared(self, other: Version) -> int:
        if self.numbers != other.numbers:
            return 1 if self.numbers > other.numbers else -1
        if not self.before or not other.before:
            return bool(other.before) - bool(self.before)
        for one, two in zip(self.before, other.before, strict=False):
            if one != two:
                return _part_order(one, two)
        return (len(self.before) > len(other.before)) - (len(self.before) < len(other.before))


def _part_order(one: str, two: str) -> int:
    if one.isdigit() != two.isdigit():
        return -1 if one.isdigit() else 1
    a, b = (int(one), int(two)) if one.isdigit() else (one, two)
    return 1 if a > b else -1  # type: ignore[operator]


def _semver(text: str, normalize: bool = False) -> Opaque:
    return Opaque(_SEMVER, _version(_normal(text) if normalize else text))


def _normal(text: str) -> str:
    parts = text.removeprefix("v").split(".", 2)
    for number, piece in enumerate(parts):
        if len(piece) > 1:
            piece = piece.lstrip("0")
            parts[number] = piece if piece and piece[0].isdigit() else f"0{piece}"
    if len(parts) < 3:
        if re.search(r"[+-]", parts[-1]):
            raise RunError("short version cannot contain PreRelease/Build meta data")
        parts += ["0"] * (3 - len(parts))
    return ".".join(parts)


def _version(text: str) -> Version:
    if not text:
        raise RunError("Version string empty")
    parts = text.split(".", 2)
    if len(parts) != 3:
        raise RunError("No Major.Minor.Patch elements found")
    names_of = ("Major", "Minor", "Patch")
    last, before, build = _tail(parts[2])
    numbers = [_number(part, name) for part, name in zip((*parts[:2], last), names_of, strict=True)]
    for part in before:
        if not part or not re.fullmatch(r"[0-9A-Za-z-]+", part):
            words = (
                "Prerelease is empty"
                if not part
                else (f"Invalid character(s) found in prerelease {go_quote(part)}")
            )
            raise RunError(words)
        if part.isdigit() and len(part) > 1 and part[0] == "0":
            words = f"Numeric PreRelease version must not contain leading zeroes {go_quote(part)}"
            raise RunError(words)
    for part in build:
        if not part:
            raise RunError("Build meta data is empty")
        if not re.fullmatch(r"[0-9A-Za-z-]+", part):
            raise RunError(f"Invalid character(s) found in build meta data {go_quote(part)}")
    major, minor, patch = numbers
    return Version((major, minor, patch), tuple(before))


def _tail(text: str) -> tuple[str, list[str], list[str]]:
    """Return patch, what comes before a release, and what its build says."""
    text, plus, build = text.partition("+")
    text, minus, before = text.partition("-")
    return text, before.split(".") if minus else [], build.split(".") if plus else []


def _number(text: str, name: str) -> int:
    if not re.fullmatch(r"[0-9]+", text):
        if not text:
            raise RunError('strconv.ParseUint: parsing "": invalid syntax')
        raise RunError(f"Invalid character(s) found in {name.lower()} number {go_quote(text)}")
    if len(text) > 1 and text[0] == "0":
        raise RunError(f"{name} number must not contain leading zeroes {go_quote(text)}")
    return int(text)


# ---- formats -----------------------------------------------------------------------------------


def _as_prefix(rule: Callable[[str], tuple[str, ...]]) -> Callable[[str], tuple[str, ...]]:
    """A prefix may end in what a name may not: a letter is put there before looking."""
    return lambda text: rule(f"{text[:-1]}a" if text.endswith("-") else text)


def _uri_complaints(text: str) -> tuple[str, ...]:
    try:
        request_uri(text)
    except InvalidUri as error:
        return (str(error),)
    return ()


def _as(form: str, words: str) -> Callable[[str], tuple[str, ...]]:
    return lambda text: () if has_format(form, text) else (words,)


# Each with the size of its expression, which is what looking costs.
_FORMATS: Final[dict[str, tuple[Callable[[str], tuple[str, ...]], int]]] = {
    "dns1123Label": (names.dns_label, 30),
    "dns1123Subdomain": (names.dns_subdomain, 60),
    "dns1035Label": (names.dns_1035_label, 30),
    "qualifiedName": (names.label_key, 60),
    "dns1123LabelPrefix": (_as_prefix(names.dns_label), 30),
    "dns1123SubdomainPrefix": (_as_prefix(names.dns_subdomain), 60),
    "dns1035LabelPrefix": (_as_prefix(names.dns_1035_label), 30),
    "labelValue": (names.label_value, 40),
    "uri": (_uri_complaints, 1103),
    "uuid": (_as("uuid", "does not match the UUID format"), 75),
    "byte": (_as("byte", "invalid base64"), 84),
    "date": (_as("date", "invalid date"), 78),
    "datetime": (_as("datetime", "invalid datetime"), 78),
}


def format_size(form: Opaque) -> int:
    """Return how long the expression of a named format is."""
    return _FORMATS[form.value][1]


def _named(name: str) -> Optional:
    return Optional(Opaque(_FORMAT, name)) if name in _FORMATS else ABSENT


def _validate(form: Opaque, text: str) -> Optional:
    complaints = _FORMATS[form.value][0](text)
    return Optional(list(complaints)) if complaints else ABSENT


KUBERNETES: Final[dict[str, Callable[..., Any]]] = {
    "url": _url,
    "isURL": _good(_url),
    "getScheme": _of_url(lambda uri: uri.scheme),
    "getHost": _of_url(lambda uri: uri.host),
    "getHostname": _of_url(lambda uri: uri.hostname),
    "getPort": _of_url(lambda uri: uri.port),
    "getEscapedPath": _of_url(lambda uri: uri.escaped_path),
    "getQuery": _of_url(_queries),
    "quantity": _quantity,
    "isQuantity": _good(_quantity),
    "sign": lambda quantity: (quantity.value > 0) - (quantity.value < 0),
    "isInteger": _is_integer,
    "asInteger": _as_integer,
    "asApproximateFloat": lambda quantity: quantity.value / NANO,
    "add": lambda one, other: Opaque(_QUANTITY, _nano(one) + _nano(other)),
    "sub": lambda one, other: Opaque(_QUANTITY, _nano(one) - _nano(other)),
    "compareTo": _order,
    "isGreaterThan": lambda one, other: _order(one, other) > 0,
    "isLessThan": lambda one, other: _order(one, other) < 0,
    "ip": _ip,
    "isIP": _good(_ip),
    "ip.isCanonical": _is_canonical,
    "family": _of_ip(lambda address: address.version),
    "isUnspecified": _of_ip(lambda address: address.is_unspecified),
    "isLoopback": _of_ip(lambda address: address.is_loopback),
    "isLinkLocalMulticast": _of_ip(_is_local_multicast),
    "isLinkLocalUnicast": _of_ip(lambda address: address.is_link_local),
    "isGlobalUnicast": _of_ip(_is_global),
    "cidr": _cidr,
    "isCIDR": _good(_prefix),
    "containsIP": _contains_ip,
    "containsCIDR": _contains_cidr,
    "prefixLength": lambda cidr: cidr.value.bits,
    "masked": _masked,
    "semver": _semver,
    "isSemver": _good(_semver),
    "major": lambda version: version.value.numbers[0],
    "minor": lambda version: version.value.numbers[1],
    "patch": lambda version: version.value.numbers[2],
    "format.named": _named,
    "validate": _validate,
    **{f"format.{name}": (lambda name=name: Opaque(_FORMAT, name)) for name in _FORMATS},
}
"""What each of these functions does, by name."""
