"""Chance: counter-based draws f(seed, stable name, n).

A draw depends on nothing but its own seed, name and number, so one more pod, one more pull or
one more fault shifts no other draw, and two runs differ only where something was changed.
The name says what is decided ("pod-name/<owner uid>"), the number how many were drawn before.
"""

from hashlib import blake2b

_SCALE = 2.0**-53
# Kubernetes' own alphabet for generated names: no vowels, so no words; no 0, 1, 3.
# Source: apimachinery pkg/util/rand.
_NAME_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


class Chance:
    """Draws of one run; `seed` is any integer that fits 64 bits."""

    __slots__ = ("_bits", "_uids", "seed")

    def __init__(self, seed: int) -> None:
        self.seed = seed
        key = (seed & 0xFFFF_FFFF_FFFF_FFFF).to_bytes(8, "big")
        # Keyed once: a draw goes on from a copy.
        self._bits = blake2b(digest_size=8, key=key)
        self._uids = blake2b(digest_size=16, key=key)

    def bits(self, name: str, n: int = 0) -> int:
        """Return 64 even bits for the *n*-th draw of *name*."""
        hashed = self._bits.copy()
        hashed.update(f"{name}#{n}".encode())
        return int.from_bytes(hashed.digest(), "big")

    def unit(self, name: str, n: int = 0) -> float:
        """Return a float in [0, 1)."""
        hashed = self._bits.copy()
        hashed.update(f"{name}#{n}".encode())
        return (int.from_bytes(hashed.digest(), "big") >> 11) * _SCALE

    def below(self, bound: int, name: str, n: int = 0) -> int:
        """Return an integer in [0, bound); the bias of at most bound / 2^64 is ignored."""
        return self.bits(name, n) % bound

    def suffix(self, length: int, name: str, n: int = 0) -> str:
        """Return *length* (at most 13) characters as Kubernetes appends to generateName."""
        number = self.bits(name, n)
        letters = []
        for _ in range(length):
            number, index = divmod(number, 27)
            letters.append(_NAME_ALPHABET[index])
        return "".join(letters)

    def uid(self, name: str, n: int = 0) -> str:
        """Return a version-4 shaped UUID, as metadata.uid carries."""
        hashed = self._uids.copy()
        hashed.update(f"uid/{name}#{n}".encode())
        digest = hashed.hexdigest()
        variant = "89ab"[int(digest[16], 16) & 3]
        return (
            f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:]}"
        )
