"""Names, label keys and values, ports: what is well formed, and the server's words when it is not.

Each function returns the list of complaints, empty when the value is fine. The server has two
generations of these rules side by side, so that a name is too long in "characters" and a label in
"bytes"; both count UTF-8 bytes.

Source: apimachinery pkg/util/validation/validation.go, pkg/api/validate/content (1.36).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = rf"{_LABEL}(\.{_LABEL})*"
_LABEL_UNDERSCORED: Final = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_UNDERSCORED: Final = rf"{_LABEL_UNDERSCORED}(\.{_LABEL_UNDERSCORED})*"
_1035: Final = "[a-z]([-a-z0-9]*[a-z0-9])?"
_KEY: Final = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE: Final = f"({_KEY})?"
_PERCENT: Final = "[0-9]+%"
_CONFIG_KEY: Final = "[-._a-zA-Z0-9]+"
_ENV_NAME: Final = "[-._a-zA-Z][-._a-zA-Z0-9]*"
_HEADER: Final = "[-A-Za-z0-9]+"
_WILDCARD: Final = r"\*\." + _SUBDOMAIN

Complaints = tuple[str, ...]


@lru_cache(maxsize=64)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def _matches(pattern: str, value: str) -> bool:
    return _pattern(pattern).fullmatch(value) is not None


def regex_complaint(words: str, pattern: str, *examples: str) -> str:
    """Return the sentence the server makes of a pattern it wanted to match."""
    if not examples:
        return f"{words} (regex used for validation is '{pattern}')"
    listed = " or ".join(f"'{example}', " for example in examples)
    return f"{words} (e.g. {listed}regex used for validation is '{pattern}')"


def _longer(value: str, limit: int) -> bool:
    return len(value) > limit or (not value.isascii() and len(value.encode()) > limit)


def in_range(number: float, low: int, high: int) -> Complaints:
    """Check a number between *low* and *high*, both included."""
    return () if low <= number <= high else (f"must be between {low} and {high}, inclusive",)


def port_number(number: float) -> Complaints:
    return in_range(number, 1, 65535)


@lru_cache(maxsize=4096)
def dns_label(value: str) -> Complaints:
    """RFC 1123 label of up to 63 characters: Namespace, container, volume, Service."""
    errors = []
    if _longer(value, 63):
        errors.append("must be no more than 63 characters")
    if not _matches(_LABEL, value):
        if _matches(_SUBDOMAIN, value):
            errors.append("must not contain dots")
        else:
            words = (
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or "
                "'-', and must start and end with an alphanumeric character"
            )
            errors.append(regex_complaint(words, _LABEL, "my-name", "123-abc"))
    return tuple(errors)


@lru_cache(maxsize=4096)
def dns_subdomain(value: str) -> Complaints:
    """RFC 1123 subdomain of up to 253 characters: the name of most kinds."""
    return _subdomain(value, "characters")


def _subdomain(value: str, unit: str) -> Complaints:
    errors = []
    if _longer(value, 253):
        errors.append(f"must be no more than 253 {unit}")
    if not _matches(_SUBDOMAIN, value):
        words = (
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, "
            "'-' or '.', and must start and end with an alphanumeric character"
        )
        errors.append(regex_complaint(words, _SUBDOMAIN, "example.com"))
    return tuple(errors)


def long_name(value: str) -> Complaints:
    """As `dns_subdomain`, worded as for a field whose format is declared ``k8s-long-name``."""
    return _subdomain(value, "bytes")


def subdomain_with_underscores(value: str) -> Complaints:
    """As `dns_subdomain`, with ``_`` where a label may begin and within it: DNS search paths."""
    errors = []
    if _longer(value, 253):
        errors.append("must be no more than 253 characters")
    if not _matches(_UNDERSCORED, value):
        words = (
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, "
            "'_', '-' or '.', and must start and end with an alphanumeric character"
        )
        errors.append(regex_complaint(words, _UNDERSCORED, "example.com"))
    return tuple(errors)


def wildcard_subdomain(value: str) -> Complaints:
    """``*.`` and a subdomain, for the host of an Ingress rule."""
    errors = []
    if _longer(value, 253):
        errors.append("must be no more than 253 characters")
    if not _matches(_WILDCARD, value):
        words = (
            "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS "
            "subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and "
            "end with an alphanumeric character"
        )
        errors.append(regex_complaint(words, _WILDCARD, "*.example.com"))
    return tuple(errors)


def dns_1035_label(value: str) -> Complaints:
    """A label that begins with a letter: the name of a Service before 1.36."""
    errors = []
    if _longer(value, 63):
        errors.append("must be no more than 63 characters")
    if not _matches(_1035, value):
        words = (
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start "
            "with an alphabetic character, and end with an alphanumeric character"
        )
        errors.append(regex_complaint(words, _1035, "my-name", "abc-123"))
    return tuple(errors)


def path_segment(value: str) -> Complaints:
    """A name that fits into a URL path: RBAC kinds."""
    if value in (".", ".."):
        return (f"may not be '{value}'",)
    return tuple(f"may not contain '{char}'" for char in "/%" if char in value)


def generated_stem(prefix: str) -> str:
    """Return a generateName the way it is checked: a trailing dash will not stand at the end.

    Source: apimachinery pkg/api/validation/generic.go `maskTrailingDash`.
    """
    return prefix[:-2] + "a" if len(prefix) > 1 and prefix.endswith("-") else prefix


@lru_cache(maxsize=8192)
def label_key(value: str) -> Complaints:
    """A qualified name: ``name`` or ``prefix.example/name``, the name up to 63 bytes."""
    words = (
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
        "alphanumeric character"
    )
    examples = ("MyName", "my.name", "123-abc")
    errors: list[str] = []
    prefix, slash, name = value.partition("/")
    if "/" in name:
        sentence = regex_complaint(words, _KEY, *examples)
        return (
            f"a valid label key {sentence} with an optional DNS subdomain prefix and '/' "
            "(e.g. 'example.com/MyName')",
        )
    if not slash:
        name = prefix
    elif not prefix:
        errors.append("prefix part must be non-empty")
    else:
        errors.extend(f"prefix part {text}" for text in _subdomain(prefix, "bytes"))
    if not name:
        errors.append("name part must be non-empty")
    elif _longer(name, 63):
        errors.append("name part must be no more than 63 bytes")
    if not _matches(_KEY, name):
        errors.append("name part " + regex_complaint(words, _KEY, *examples))
    return tuple(errors)


@lru_cache(maxsize=8192)
def label_value(value: str) -> Complaints:
    """Empty, or up to 63 bytes of letters, digits, ``-_.`` with a letter or digit at each end."""
    errors = []
    if _longer(value, 63):
        errors.append("must be no more than 63 bytes")
    if not _matches(_VALUE, value):
        words = (
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' "
            "or '.', and must start and end with an alphanumeric character"
        )
        errors.append(regex_complaint(words, _VALUE, "MyValue", "my_value", "12345"))
    return tuple(errors)


@lru_cache(maxsize=1024)
def port_name(value: str) -> Complaints:
    """An IANA service name: up to 15 of ``a-z0-9-`` with a letter, no dash at an end, no ``--``."""
    errors = []
    if _longer(value, 15):
        errors.append("must be no more than 15 characters")
    if not _matches("[-a-z0-9]+", value):
        errors.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not any("a" <= char <= "z" for char in value):
        errors.append("must contain at least one letter (a-z)")
    if "--" in value:
        errors.append("must not contain consecutive hyphens")
    if value.startswith("-") or value.endswith("-"):
        errors.append("must not begin or end with a hyphen")
    return tuple(errors)


def percent(value: str) -> Complaints:
    if _matches(_PERCENT, value):
        return ()
    words = "a valid percent string must be a numeric string followed by an ending '%'"
    return (regex_complaint(words, _PERCENT, "1%", "93%"),)


def env_name(value: str, version: tuple[int, int] = (1, 36)) -> Complaints:
    """An environment variable: since 1.32 any printable ASCII without ``=``, before that a word."""
    if version >= (1, 32):
        errors = [] if value else ["environment variable name must be non-empty"]
        if "=" in value or not (value.isascii() and value.isprintable()):
            errors.append(
                "a valid environment variable name must consist only of printable ASCII "
                "characters other than '='"
            )
        return tuple(errors)
    errors = []
    if not _matches(_ENV_NAME, value):
        words = (
            "a valid environment variable name must consist of alphabetic characters, digits, "
            "'_', '-', or '.', and must not start with a digit"
        )
        errors.append(regex_complaint(words, _ENV_NAME, "my.env-name", "MY_ENV.NAME", "MyEnvName1"))
    return (*errors, *_parent_prefix(value))


@lru_cache(maxsize=1024)
def config_key(value: str) -> Complaints:
    """A key of a ConfigMap or Secret."""
    errors = []
    if _longer(value, 253):
        errors.append("must be no more than 253 characters")
    if not _matches(_CONFIG_KEY, value):
        words = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
        errors.append(regex_complaint(words, _CONFIG_KEY, "key.name", "KEY_NAME", "key-name"))
    return (*errors, *_parent_prefix(value))


def _parent_prefix(value: str) -> Complaints:
    if value in (".", ".."):
        return (f"must not be '{value}'",)
    return ("must not start with '..'",) if value.startswith("..") else ()


def header_name(value: str) -> Complaints:
    if _matches(_HEADER, value):
        return ()
    words = "a valid HTTP header must consist of alphanumeric characters or '-'"
    return (regex_complaint(words, _HEADER, "X-Header-Name"),)


def ip_address(value: str) -> Complaints:
    """An IPv4 or IPv6 address without leading zeros."""
    import ipaddress

    try:
        ipaddress.ip_address(value)
    except ValueError:
        return ("must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",)
    return ()


def canonical_ip(value: str) -> Complaints:
    """An IP address in its one shortest form: the name of an IPAddress.

    Source: apimachinery pkg/util/validation/ip.go `IsValidIP`.
    """
    import ipaddress

    complaints = legacy_ip(value, strict=True)
    if complaints or str(ipaddress.ip_address(value)) == value:
        return complaints
    return (f'must be in canonical form ("{ipaddress.ip_address(value)}")',)


def legacy_ip(value: str, strict: bool) -> Complaints:
    """An IP address of a field that is older than the strict rules.

    strict   refuse leading zeros, and IPv4 addresses dressed up as IPv6 (the default since 1.36)
    Source: apimachinery pkg/util/validation/ip.go `IsValidIPForLegacyField`.
    """
    import ipaddress

    padded = re.sub(r"(?<![0-9a-fA-F:])0+(?=[0-9])", "", value) if "." in value else value
    try:
        address = ipaddress.ip_address(padded)
    except ValueError:
        address = None
    if address is None or "%" in value:
        return ("must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",)
    if strict and padded != value:
        return ("must not have leading 0s",)
    if strict and address.version == 6 and address.ipv4_mapped is not None:
        return ("must not be an IPv4-mapped IPv6 address",)
    return ()


def cidr(value: str) -> Complaints:
    """A network in CIDR notation; the address may have bits outside the mask."""
    import ipaddress

    try:
        ipaddress.ip_interface(value)
    except ValueError:
        valid = False
    else:
        _, slash, mask = value.partition("/")
        valid = bool(slash) and mask.isdigit()
    return () if valid else ("must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)",)
