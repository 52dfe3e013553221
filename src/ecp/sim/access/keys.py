"""The key that a cluster signs tokens with: RSA in whole numbers, drawn from what it was born with.

Real clusters sign RS256 with 2,048 bits, and so that clients find what they expect, this does too.
Nothing is kept secret here: whoever knows the uid of kube-system, which follows from the seed and
the instant of a cluster's birth, has the key. A fork keeps it, whatever its seed.
Source: RFC 8017 (RSASSA-PKCS1-v1_5 with SHA-256), RFC 7517 (JSON Web Key),
kubernetes pkg/serviceaccount/jwt.go keyIDFromPublicKey.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Final

from ecp.kube.kinds import NAMESPACES
from ecp.sim.plans import Reader

_BITS: Final = 2048
_EXPONENT: Final = 65537
_BYTES: Final = _BITS // 8
# DigestInfo of SHA-256 and AlgorithmIdentifier of an RSA key, in DER.
_DIGEST: Final = bytes.fromhex("3031300d060960864801650304020105000420")
_ALGORITHM: Final = bytes.fromhex("300d06092a864886f70d0101010500")
_SMALL: Final = tuple(
    number
    for number in range(3, 2000, 2)
    if all(number % one for one in range(3, min(number, 45), 2))
)
_ROUNDS: Final = (2, 3, 5, 7, 11, 13, 17, 19)


def to_base64(data: bytes) -> str:
    """Return *data* as JSON Web Signatures write it: base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64(text: str) -> bytes:
    """Return what `to_base64` wrote. Raises ValueError."""
    if not text.isascii() or "=" in text or "+" in text or "/" in text:
        raise ValueError(text)
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class SigningKey:
    """An RSA key of 2,048 bits; making it takes about half a second, a signature 15 ms."""

    def __init__(self, p: int, q: int) -> None:
        self._p, self._q = p, q
        self.modulus = p * q

    @cached_property
    def _halves(self) -> tuple[int, int, int]:
        """The exponents modulo p-1 and q-1, and the inverse of q modulo p."""
        p, q = self._p, self._q
        secret = pow(_EXPONENT, -1, (p - 1) * (q - 1))
        return secret % (p - 1), secret % (q - 1), pow(q, -1, p)

    @cached_property
    def id(self) -> str:
        """The key's id: the hash of its public half."""
        return to_base64(sha256(self.public_der()).digest())

    def public_der(self) -> bytes:
        """Return the public half as a SubjectPublicKeyInfo."""
        numbers = integer(self.modulus) + integer(_EXPONENT)
        bits = tagged(0x03, b"\x00" + tagged(0x30, numbers))
        return tagged(0x30, _ALGORITHM + bits)

    def jwk(self) -> dict[str, str]:
        """Return the public half as a JSON Web Key."""
        exponent = _EXPONENT.to_bytes(3, "big")
        return {
            "use": "sig",
            "kty": "RSA",
            "kid": self.id,
            "alg": "RS256",
            "n": to_base64(self.modulus.to_bytes(_BYTES, "big")),
            "e": to_base64(exponent),
        }

    def sign(self, message: bytes) -> bytes:
        """Return the signature of *message*."""
        digest = int.from_bytes(_padded(message), "big")
        by_p, by_q, inverse = self._halves
        one, other = pow(digest, by_p, self._p), pow(digest, by_q, self._q)
        value = other + self._q * ((one - other) * inverse % self._p)
        return value.to_bytes(_BYTES, "big")

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Is *signature* that of *message*?"""
        if len(signature) != _BYTES:
            return False
        value = int.from_bytes(signature, "big")
        if value >= self.modulus:
            return False
        return pow(value, _EXPONENT, self.modulus).to_bytes(_BYTES, "big") == _padded(message)


def _padded(message: bytes) -> bytes:
    """EMSA-PKCS1-v1_5: what is signed of a message."""
    digest = _DIGEST + sha256(message).digest()
    return b"\x00\x01" + b"\xff" * (_BYTES - len(digest) - 3) + b"\x00" + digest


def tagged(tag: int, content: bytes) -> bytes:
    """Return a value in DER: its tag, length and content."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def integer(value: int) -> bytes:
    """Return a whole number, not negative, in DER."""
    return tagged(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def key_of(read: Reader) -> SigningKey:
    """Return the key of a cluster; the same in every process."""
    system = read.get(NAMESPACES, "", "kube-system")
    return drawn_key(system["metadata"]["uid"] if system is not None else "")


@lru_cache(maxsize=16)
def drawn_key(origin: str) -> SigningKey:
    """Return the key that is drawn from *origin*."""
    drawn = _bits(origin)
    p = _prime(drawn)
    q = _prime(drawn)
    return SigningKey(p, q)


def _bits(origin: str) -> Iterator[bytes]:
    number = 0
    while True:
        yield sha256(f"{origin}/service-account-key/{number}".encode()).digest()
        number += 1


def _prime(drawn: Iterator[bytes]) -> int:
    """Return the next prime after a drawn number of half the bits whose two highest are set."""
    bits = _BITS // 2
    value = int.from_bytes(b"".join(next(drawn) for _ in range(bits // 256)), "big")
    value |= 3 << (bits - 2) | 1
    while (value - 1) % _EXPONENT == 0 or not _is_prime(value):
        value += 2
    return value


def _is_prime(value: int) -> bool:
    """Miller-Rabin to fixed bases: a drawn number of 1,024 bits that passes is prime enough."""
    if not all(value % small for small in _SMALL):
        return False
    odd, twos = value - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    return all(_passes(value, base, odd, twos) for base in _ROUNDS)


def _passes(value: int, base: int, odd: int, twos: int) -> bool:
    found = pow(base, odd, value)
    if found in (1, value - 1):
        return True
    for _ in range(twos - 1):
        found = found * found % value
        if found == value - 1:
            return True
    return False
