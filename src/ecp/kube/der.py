"""What Go says of bytes that ought to be a certificate request and are not.

Only the structure is looked at: names, keys and attributes are taken as they are.
Source: Go encoding/asn1 Unmarshal; crypto/x509 certificateRequest.
"""

from typing import Final, NamedTuple

_SEQUENCE: Final = 16
_PARAMETERS: Final = (
    "{optional:false explicit:false application:false private:false defaultValue:<nil> "
    "tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false}"
)


class _Wrong(ValueError):
    """What is wrong with the bytes, in Go's words."""


def _syntax(text: str) -> _Wrong:
    return _Wrong(f"asn1: syntax error: {text}")


def _structure(text: str) -> _Wrong:
    return _Wrong(f"asn1: structure error: {text}")


class _Field(NamedTuple):
    """A field of a structure: the Go type and tag it has; `fields` where it is one itself.

    `tag` None takes whatever is there. `context` is the tag of an implicitly tagged list.
    """

    type: str
    tag: int | None
    fields: tuple["_Field", ...] = ()
    optional: bool = False
    context: bool = False


_ALGORITHM: Final = _Field(
    "AlgorithmIdentifier",
    _SEQUENCE,
    (_Field("ObjectIdentifier", 6), _Field("RawValue", None, optional=True)),
)
_BITS: Final = _Field("BitString", 3)
_KEY: Final = _Field("publicKeyInfo", _SEQUENCE, (_ALGORITHM, _BITS))
_ATTRIBUTES: Final = _Field("", 0, context=True)
_TO_SIGN: Final = _Field(
    "tbsCertificateRequest",
    _SEQUENCE,
    (_Field("int", 2), _Field("RawValue", None), _KEY, _ATTRIBUTES),
)
_REQUEST: Final = _Field("certificateRequest", _SEQUENCE, (_TO_SIGN, _ALGORITHM, _BITS))


def request_complaint(data: bytes) -> str:
    """Return what Go has against *data* as a PKCS #10 request in DER; "" = nothing."""
    try:
        end = _field(data, 0, _REQUEST)
    except _Wrong as wrong:
        return str(wrong)
    return "asn1: syntax error: trailing data" if end < len(data) else ""


class _Head(NamedTuple):
    """The tag and length of a value, which begins `at`."""

    kind: int
    tag: int
    length: int
    compound: bool
    at: int

    def __str__(self) -> str:
        compound = str(self.compound).lower()
        return f"{{class:{self.kind} tag:{self.tag} length:{self.length} isCompound:{compound}}}"


def _field(data: bytes, at: int, field: _Field) -> int:
    """Read a field and return where the next one begins."""
    if at == len(data):
        if field.optional:
            return at
        raise _syntax("sequence truncated")
    head = _head(data, at)
    compound = bool(field.fields) or field.context
    wanted = (2 if field.context else 0, field.tag, compound)
    if field.tag is not None and (head.kind, head.tag, head.compound) != wanted:
        mismatch = f"tags don't match ({field.tag} vs {head})"
        raise _structure(f"{mismatch} {_PARAMETERS} {field.type} @{head.at}")
    end = head.at + head.length
    if end > len(data):
        raise _syntax("data truncated")
    _content(data[head.at : end], field)
    return end


def _content(inner: bytes, field: _Field) -> None:
    at = 0
    for one in field.fields:
        at = _field(inner, at, one)
    while field.context and at < len(inner):
        at = _field(inner, at, _Field("RawValue", None))
    if field.type == "int":
        _check_integer(inner)
    elif field.type == "BitString":
        _check_bits(inner)
    elif field.type == "ObjectIdentifier":
        if not inner:
            raise _syntax("zero length OBJECT IDENTIFIER")
        while at < len(inner):
            _, at = _base_128(inner, at)


def _head(data: bytes, at: int) -> _Head:
    first, at = data[at], at + 1
    tag = first & 0x1F
    if tag == 0x1F:
        tag, at = _base_128(data, at)
        if tag < 0x1F:
            raise _syntax("non-minimal tag")
    if at >= len(data):
        raise _syntax("truncated tag or length")
    length, at = data[at], at + 1
    if length & 0x80:
        length, at = _long_length(data, at, length & 0x7F)
    return _Head(first >> 6, tag, length, bool(first & 0x20), at)


def _long_length(data: bytes, at: int, size: int) -> tuple[int, int]:
    if not size:
        raise _syntax("indefinite length found (not DER)")
    length = 0
    for place in range(at, at + size):
        if place >= len(data):
            raise _syntax("truncated tag or length")
        if length >= 1 << 23:
            raise _structure("length too large")
        length = length << 8 | data[place]
        if not length:
            raise _structure("superfluous leading zeros in length")
    if length < 0x80:
        raise _structure("non-minimal length")
    return length, at + size


def _base_128(data: bytes, at: int) -> tuple[int, int]:
    number = 0
    for place in range(at, len(data)):
        if place - at == 5:
            raise _structure("base 128 integer too large")
        if place == at and data[place] == 0x80:
            raise _syntax("integer is not minimally encoded")
        number = number << 7 | data[place] & 0x7F
        if not data[place] & 0x80:
            if number >= 1 << 31:
                raise _structure("base 128 integer too large")
            return number, place + 1
    raise _syntax("truncated base 128 integer")


def _check_integer(inner: bytes) -> None:
    if not inner:
        raise _structure("empty integer")
    if len(inner) > 1 and inner[0] in (0, 0xFF) and (inner[0] ^ inner[1]) & 0x80 == 0:
        raise _structure("integer not minimally-encoded")
    if len(inner) > 8:
        raise _structure("integer too large")


def _check_bits(inner: bytes) -> None:
    if not inner:
        raise _syntax("zero length BIT STRING")
    spare = inner[0]
    if spare > 7 or (len(inner) == 1 and spare) or inner[-1] & ((1 << spare) - 1):
        raise _syntax("invalid padding bits in BIT STRING")
