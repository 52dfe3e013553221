"""What Kubernetes adds to CEL: URLs, quantities, addresses, versions and named formats.

Source: kubernetes apiserver pkg/cel/library/{urls,quantity,format}.go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ecp.kube import names
from ecp.kube.cel.addresses import ADDRESSES
from ecp.kube.cel.semver import VERSIONS, Version
from ecp.kube.cel.source import RunError, succeeds
from ecp.kube.cel.values import ABSENT, MapValue, Opaque, Optional
from ecp.kube.formats import has_format
from ecp.kube.quantity import NANO, InvalidQuantity
from ecp.kube.quantity import parse as parse_quantity
from ecp.kube.uris import InvalidUri, Uri, request_uri

_URL: Final = "kubernetes.URL"
_QUANTITY: Final = "kubernetes.Quantity"
_FORMAT: Final = "kubernetes.NamedFormat"
_LARGEST: Final = (1 << 63) - 1


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
    "isURL": succeeds(_url),
    "getScheme": _of_url(lambda uri: uri.scheme),
    "getHost": _of_url(lambda uri: uri.host),
    "getHostname": _of_url(lambda uri: uri.hostname),
    "getPort": _of_url(lambda uri: uri.port),
    "getEscapedPath": _of_url(lambda uri: uri.escaped_path),
    "getQuery": _of_url(_queries),
    "quantity": _quantity,
    "isQuantity": succeeds(_quantity),
    "sign": lambda quantity: (quantity.value > 0) - (quantity.value < 0),
    "isInteger": _is_integer,
    "asInteger": _as_integer,
    "asApproximateFloat": lambda quantity: quantity.value / NANO,
    "add": lambda one, other: Opaque(_QUANTITY, _nano(one) + _nano(other)),
    "sub": lambda one, other: Opaque(_QUANTITY, _nano(one) - _nano(other)),
    "compareTo": _order,
    "isGreaterThan": lambda one, other: _order(one, other) > 0,
    "isLessThan": lambda one, other: _order(one, other) < 0,
    **ADDRESSES,
    **VERSIONS,
    "format.named": _named,
    "validate": _validate,
    **{f"format.{name}": (lambda name=name: Opaque(_FORMAT, name)) for name in _FORMATS},
}
"""What each of these functions does, by name."""
