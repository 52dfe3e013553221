"""The formats that a schema may ask of a text, as the API server checks them.

Source: kube-openapi pkg/validation/strfmt/{default,duration,time,date,kubernetes-extensions}.go,
pkg/internal/third_party/govalidator; apiextensions-apiserver pkg/apiserver/validation/formats.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from ecp.kube import names
from ecp.kube.uris import InvalidUri, request_uri

_UUID: Final = "[0-9a-f]{8}-?[0-9a-f]{4}-?%s[0-9a-f]{3}-?%s[0-9a-f]{3}-?[0-9a-f]{12}"
_PATTERNS: Final = {
    "uuid": _UUID % ("[0-9a-f]", "[0-9a-f]"),
    "uuid3": _UUID % ("3", "[0-9a-f]"),
    "uuid4": _UUID % ("4", "[89ab]"),
    "uuid5": _UUID % ("5", "[89ab]"),
    "bsonobjectid": "[0-9a-f]{24}",
    "hexcolor": "#?([0-9a-f]{3}|[0-9a-f]{6})",
    "ssn": r"\d{3}[- ]?\d{2}[- ]?\d{4}",
    "creditcard": (
        r"(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|"
        r"3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11})"
    ),
    "rgbcolor": (
        r"rgb\(\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])"
        r"\s*,\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*\)"
    ),
    "byte": "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})",
}
_DATE: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_TIME: Final = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))")
_SYMBOL: Final = re.compile(r"[a-zA-Z0-9]")
_ATOM: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\x80-\U0010ffff]+")
_UNITS: Final[tuple[tuple[tuple[str, ...], int], ...]] = (
    (("ns", "nano"), 1),
    (("us", "µs", "micro"), 1_000),
    (("ms", "milli"), 1_000_000),
    (("s", "sec"), 1_000_000_000),
    (("m", "min"), 60_000_000_000),
    (("h", "hr", "hour"), 3_600_000_000_000),
    (("d", "day"), 86_400_000_000_000),
    (("w", "wk", "week"), 604_800_000_000_000),
)
_GO_UNITS: Final = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_GO_PART: Final = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_LARGEST: Final = (1 << 63) - 1


def go_duration_ns(text: str) -> int | None:
    """Return what Go's time.ParseDuration reads, in ns; None for what is none."""
    sign, body = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    if body == "0":
        return 0
    total, at = 0, 0
    for part in _GO_PART.finditer(body):
        if part.start() != at:
            return None
        whole, _, fraction = part[1].partition(".")
        unit = _GO_UNITS[part[2]]
        total += int(whole or "0") * unit
        if fraction:
            total += int(fraction) * unit // 10 ** len(fraction)
        at = part.end()
    if not at or at != len(body) or total > _LARGEST + (sign < 0):
        return None
    return sign * total


def loose_duration_ns(text: str) -> int | None:
    """Return a duration as Go writes it, or as people do (``2 days``), in ns; None for none."""
    strict = go_duration_ns(text)
    if strict is not None:
        return strict
    total, found = 0, False
    for part in re.finditer(r"(\d+)\s*([A-Za-zµ]+)", text):
        unit = part[2].lower()
        for variants, size in _UNITS:
            for variant in variants:
                if unit == variant or (variant == variants[-1] and unit.startswith(variant)):
                    found = True
                    total += int(part[1]) * size
    return total if found else None


def is_date(text: str) -> bool:
    """Tell whether *text* is a day that there is: ``2026-02-28``."""
    found = _DATE.fullmatch(text) if text.isascii() else None
    if found is None:
        return False
    year, month, day = int(found[1]), int(found[2]), int(found[3])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return 1 <= month <= 12 and 1 <= day <= days[month - 1]


def _is_date_time(text: str) -> bool:
    day, mark, rest = text.lower().partition("t")
    found = _TIME.fullmatch(rest.partition("t")[0])
    if not mark or found is None or not is_date(day):
        return False
    return found[1] <= "23" and found[2] <= "59" and found[3] <= "59"


def _is_uri(text: str) -> bool:
    try:
        request_uri(text)
    except InvalidUri:
        return False
    return True


def _is_hostname(text: str) -> bool:
    """A single label, or several of which the last is of letters; symbols are letters here."""
    if not text or len(text.encode()) > 255:
        return False
    labels = text.split(".")
    if any(len(label.encode()) > 63 for label in labels):
        return False
    if len(labels) == 1:
        rest = text[1:].removeprefix("-")
        return _is_sign(text[0]) and len(rest) <= 62 and all(map(_is_sign, rest))
    *inner, last = labels
    return 2 <= len(last) <= 63 and last.isalpha() and all(map(_is_inner, inner))


def _is_inner(label: str) -> bool:
    ends = bool(label) and _is_sign(label[0]) and _is_sign(label[-1])
    return ends and all(char == "-" or _is_sign(char) for char in label)


def _is_sign(char: str) -> bool:
    import unicodedata

    return bool(_SYMBOL.match(char)) or unicodedata.category(char)[0] in "SL"


def _is_email(text: str) -> bool:
    """Source: Go net/mail ParseAddress: ``a@b`` or ``Name <a@b>``."""
    found = re.fullmatch(r"(?:(.*?)\s*<(.+)>|(.+))", text.strip(), re.DOTALL)
    if found is None:
        return False
    spec = found[2] or found[3]
    local, at, domain = spec.rpartition("@")
    if not at or not domain:
        return False
    quoted = re.fullmatch(r'"(?:[^"\\\n\r]|\\.)*"', local)
    if quoted is None and not all(_ATOM.fullmatch(part) for part in local.split(".")):
        return False
    literal = re.fullmatch(r"\[[^\[\]\\]+\]", domain)
    return literal is not None or all(_ATOM.fullmatch(part) for part in domain.split("."))


def _octets(text: str) -> bool:
    parts = text.split(".")
    return len(parts) == 4 and all(
        re.fullmatch(r"\d{1,}", part) is not None and int(part) <= 255 and len(part) <= 3
        for part in parts
    )


def is_address(text: str) -> bool:
    """Tell whether *text* is an address of either family, leading zeros allowed in the fourth."""
    if ":" not in text:
        return text.isascii() and _octets(text)
    import ipaddress

    if "%" in text:
        return False
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _is_cidr(text: str) -> bool:
    address, slash, bits = text.partition("/")
    if not slash or not is_address(address) or not re.fullmatch(r"\d{1,3}", bits):
        return False
    return int(bits) <= (128 if ":" in address else 32)


def _is_mac(text: str) -> bool:
    for separator, width in ((":", 2), ("-", 2), (".", 4)):
        if separator in text:
            parts = text.split(separator)
            good = all(re.fullmatch(f"[0-9A-Fa-f]{{{width}}}", part) for part in parts)
            return good and len(parts) * width // 2 in (6, 8, 20)
    return False


def _is_isbn(text: str, sizes: tuple[int, ...] = (10, 13)) -> bool:
    digits = re.sub(r"[\s-]+", "", text)
    if 10 in sizes and re.fullmatch(r"\d{9}[\dX]", digits):
        total = sum(
            (number + 1) * (10 if char == "X" else int(char)) for number, char in enumerate(digits)
        )
        if total % 11 == 0:
            return True
    if 13 in sizes and re.fullmatch(r"\d{13}", digits):
        total = sum(int(char) * (3 if number % 2 else 1) for number, char in enumerate(digits))
        return total % 10 == 0
    return False


def _is_credit_card(text: str) -> bool:
    digits = re.sub(r"[^0-9]+", "", text)
    if not re.fullmatch(_PATTERNS["creditcard"], digits):
        return False
    total = 0
    for number, char in enumerate(reversed(digits)):
        worth = int(char) * (2 if number % 2 else 1)
        total += worth - 9 if worth > 9 else worth
    return total % 10 == 0


_CHECKS: Final[Mapping[str, Callable[[str], bool]]] = {
    "uri": _is_uri,
    "email": _is_email,
    "hostname": _is_hostname,
    "ipv4": lambda text: "." in text and is_address(text),
    "ipv6": lambda text: ":" in text and is_address(text),
    "cidr": _is_cidr,
    "mac": _is_mac,
    "isbn": _is_isbn,
    "isbn10": lambda text: _is_isbn(text, (10,)),
    "isbn13": lambda text: _is_isbn(text, (13,)),
    "creditcard": _is_credit_card,
    "ssn": lambda text: len(text) == 11 and re.fullmatch(_PATTERNS["ssn"], text) is not None,
    "password": lambda text: True,
    "date": is_date,
    "datetime": _is_date_time,
    "duration": lambda text: loose_duration_ns(text) is not None,
    "k8sshortname": lambda text: not names.dns_label(text),
    "k8slongname": lambda text: not names.dns_subdomain(text),
}
_CASELESS: Final = ("uuid", "uuid3", "uuid4", "uuid5", "bsonobjectid", "hexcolor")
KNOWN: Final = frozenset((*_CHECKS, *_PATTERNS))


@lru_cache(maxsize=64)
def plain(form: str) -> str:
    """Return the name of a format without the hyphens, which do not count."""
    return form.replace("-", "")


def has_format(form: str, text: str) -> bool:
    """Tell whether *text* has the format, which must be one of `KNOWN`, hyphens left out."""
    check = _CHECKS.get(form)
    if check is not None:
        return check(text)
    flags = re.IGNORECASE if form in _CASELESS else 0
    return re.fullmatch(_PATTERNS[form], text, flags | re.ASCII) is not None
