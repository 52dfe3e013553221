"""Certificates that a cluster's controller manager signs, in X.509, for who asked and was approved.

All clusters have one authority, `root_ca.pem`, whose key is drawn: nothing is kept secret here.
Source: RFC 5280, RFC 2986, kubernetes pkg/controller/certificates/{signer,authority}, Go
crypto/x509 CreateCertificate.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha1, sha256
from importlib.resources import files
from typing import Final, NamedTuple

from ecp.sim.access.keys import SigningKey, drawn_key, integer, tagged
from ecp.sim.engine.engine import SECOND

_ORIGIN: Final = "certificate-authority-12"  # one whose primes are found at once
_SIGNED: Final = bytes.fromhex("300d06092a864886f70d01010b0500")  # sha256WithRSAEncryption
_VERSION: Final = tagged(0xA0, integer(2))
_NAME: Final = bytes.fromhex("3015311330110603550403130a6b756265726e65746573")  # CN=kubernetes
_WANTED: Final = bytes.fromhex("2a864886f70d01090e")  # extensionRequest
_ALT_NAMES: Final = bytes.fromhex("551d11")
_BEGIN: Final = 1_577_836_800 * SECOND  # 2020-01-01
_END: Final = 2_524_607_999 * SECOND  # the last second of 2049
_UTC_TIME: Final = 0x17
_BACKDATED: Final = 300 * SECOND
_SHORT: Final = 8 * 3600 * SECOND
LONGEST: Final = 365 * 24 * 3600 * SECOND
"""Of --cluster-signing-duration (ns)."""
SHORTEST: Final = 600 * SECOND

_BITS: Final = {
    "signing": 0, "digital signature": 0, "content commitment": 1, "key encipherment": 2,
    "data encipherment": 3, "key agreement": 4, "cert sign": 5, "crl sign": 6,
    "encipher only": 7, "decipher only": 8,
}  # fmt: skip
_PURPOSES: Final = {
    "any": "551d2500", "server auth": "2b06010505070301", "client auth": "2b06010505070302",
    "code signing": "2b06010505070303", "email protection": "2b06010505070304",
    "s/mime": "2b06010505070304", "ipsec end system": "2b06010505070305",
    "ipsec tunnel": "2b06010505070306", "ipsec user": "2b06010505070307",
    "timestamping": "2b06010505070308", "ocsp signing": "2b06010505070309",
    "microsoft sgc": "2b0601040182370a0303", "netscape sgc": "6086480186f8420401",
}  # fmt: skip


class Malformed(ValueError):
    """The bytes are no certificate request."""


class Asked(NamedTuple):
    """What a certificate request says, each in DER; `names` are alternative ones, b"" for none."""

    subject: bytes
    key: bytes
    names: bytes


def asked(request: bytes) -> Asked:
    """Return what stands in a certificate request in PEM. Raises Malformed."""
    try:
        (_, whole), *_ = parts(_inside(request.decode("latin-1")))
        (_, info), *_ = parts(whole)
        _version, subject, key, *attributes = _raw(info)
    except (ValueError, IndexError) as error:
        raise Malformed(str(error)) from None
    return Asked(subject, key, next(_alternatives(attributes), b""))


def _inside(pem: str) -> bytes:
    lines = [line.strip() for line in pem.splitlines()]
    return b64decode("".join(line for line in lines if "-" not in line))


def _alternatives(attributes: Sequence[bytes]) -> Iterator[bytes]:
    for _, content in (part for one in attributes for part in parts(one)):
        for _, attribute in parts(content):
            (_, name), (_, values), *_ = parts(attribute)
            if name != _WANTED:
                continue
            for _, extensions in parts(values):
                yield from (
                    one for one in _raw(extensions) if parts(one)[0][1].find(_ALT_NAMES) == 2
                )


def parts(data: bytes) -> list[tuple[int, bytes]]:
    """Return (tag, content) of each value in DER. Raises IndexError for what is cut off."""
    found = []
    at = 0
    while at < len(data):
        tag, size, at = data[at], data[at + 1], at + 2
        if size & 0x80:
            more = size & 0x7F
            size, at = int.from_bytes(data[at : at + more], "big"), at + more
        if at + size > len(data):
            raise IndexError("data truncated")
        found.append((tag, data[at : at + size]))
        at += size
    return found


def _raw(data: bytes) -> list[bytes]:
    return [tagged(tag, content) for tag, content in parts(data)]


def signed(request: Asked, usages: Sequence[str], lifetime: int, *, now: int, serial: str) -> str:
    """Return a certificate in PEM for *lifetime* ns from *now*; *serial* names what it is for."""
    backdated = 0 if lifetime < _SHORT else _BACKDATED
    until = min(now + lifetime - backdated, _END)
    number = int.from_bytes(sha256(serial.encode()).digest()[:16], "big") >> 1
    return _pem(_certificate(
        integer(number), now - _BACKDATED, until, request.subject, request.key,
        b"".join((*_allowed(usages), _NO_AUTHORITY, _issued_by(), request.names)),
    ))  # fmt: skip


def root() -> str:
    """Return the certificate of the authority, in PEM."""
    return files("ecp.sim.access").joinpath("root_ca.pem").read_text("ascii")


def ends(certificate: str) -> int | None:
    """Return the last instant (ns) of a certificate in PEM; None where it cannot be read."""
    try:
        (_, whole), *_ = parts(_inside(certificate))
        (_, body), *_ = parts(whole)
        _version, _serial, _algorithm, _issuer, validity, *_ = parts(body)
        _, (tag, text) = parts(validity[1])
        form = "%y%m%d%H%M%SZ" if tag == _UTC_TIME else "%Y%m%d%H%M%SZ"
        moment = datetime.strptime(text.decode("ascii"), form)
    except (ValueError, IndexError):
        return None
    return int(moment.replace(tzinfo=UTC).timestamp()) * SECOND


def verified(certificate: bytes) -> bool:
    """Did the authority sign this certificate, in DER?"""
    (_, whole), *_ = parts(certificate)
    body, _, bits = _raw(whole)
    return _key().verifies(body, parts(bits)[0][1][1:])


def made_root() -> str:
    """Return what `root_ca.pem` holds, computed anew."""
    key_id = _extension("551d0e", tagged(0x04, _key_id()))
    may = _extension("551d0f", bytes.fromhex("030202a4"), critical=True)
    authority = _extension("551d13", bytes.fromhex("30030101ff"), critical=True)
    extensions = may + authority + key_id
    return _pem(_certificate(integer(0), _BEGIN, _END, _NAME, _key().public_der(), extensions))


@lru_cache(maxsize=1)
def _key() -> SigningKey:
    return drawn_key(_ORIGIN)


def _key_id() -> bytes:
    return sha1(_key().public_der(), usedforsecurity=False).digest()


def _issued_by() -> bytes:
    return _extension("551d23", tagged(0x30, tagged(0x80, _key_id())))


def _certificate(
    serial: bytes, begin: int, end: int, subject: bytes, key: bytes, extensions: bytes
) -> bytes:
    validity = tagged(0x30, _time(begin) + _time(end))
    listed = tagged(0xA3, tagged(0x30, extensions))
    body = tagged(0x30, _VERSION + serial + _SIGNED + _NAME + validity + subject + key + listed)
    return tagged(0x30, body + _SIGNED + tagged(0x03, b"\x00" + _key().sign(body)))


def _time(instant: int) -> bytes:
    moment = datetime.fromtimestamp(instant // SECOND, UTC)
    return tagged(_UTC_TIME, moment.strftime("%y%m%d%H%M%SZ").encode())


def _extension(name: str, value: bytes, *, critical: bool = False) -> bytes:
    flag = bytes.fromhex("0101ff") if critical else b""
    return tagged(0x30, tagged(0x06, bytes.fromhex(name)) + flag + tagged(0x04, value))


_NO_AUTHORITY: Final = _extension("551d13", tagged(0x30, b""), critical=True)


def _allowed(usages: Sequence[str]) -> Iterator[bytes]:
    bits = sorted({_BITS[one] for one in usages if one in _BITS})
    if bits:
        flags = bytearray(bits[-1] // 8 + 1)
        for bit in bits:
            flags[bit // 8] |= 0x80 >> bit % 8
        unused = 7 - bits[-1] % 8
        yield _extension("551d0f", tagged(0x03, bytes((unused,)) + flags), critical=True)
    purposes = dict.fromkeys(_PURPOSES[one] for one in usages if one in _PURPOSES)
    if purposes:
        listed = b"".join(tagged(0x06, bytes.fromhex(one)) for one in purposes)
        yield _extension("551d25", tagged(0x30, listed))


def _pem(der: bytes) -> str:
    text = b64encode(der).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    head, foot = ("-----" + word + " CERTIFICATE-----" for word in ("BEGIN", "END"))
    return "\n".join((head, *lines, foot, ""))
