"""The tokens of ServiceAccounts: what they say, and whether they still hold.

Source: kubernetes pkg/serviceaccount/{claims.go, legacy.go, jwt.go}.
"""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple

import orjson

from ecp.kube import kinds
from ecp.kube.errors import go_quote
from ecp.kube.times import nanoseconds
from ecp.sim.access.keys import SigningKey, from_base64, to_base64
from ecp.sim.access.rules import go_list
from ecp.sim.access.users import AUTHENTICATED, User, account_groups, account_user, extra_of
from ecp.sim.plans import Reader
from ecp.sim.store import Obj

ISSUER: Final = "https://kubernetes.default.svc"
AUDIENCES: Final = (ISSUER,)
"""Whom a token is for that is for the server itself."""
_LEGACY: Final = "kubernetes/serviceaccount"
_CLAIM: Final = "kubernetes.io/serviceaccount/"
_SAID: Final = "authentication.kubernetes.io/"
_SECOND: Final = 1_000_000_000
_LEEWAY: Final = 60 * _SECOND
WARNED_S: Final = 3607
"""The lifetime that pods ask for (s): such a token is warned of after it, and ends a year later."""
_EXTENDED_S: Final = 365 * 24 * 3600

Claims = dict[str, Any]


class InvalidToken(Exception):
    """The token is not good; `words` says why as the server does, "" where it is none of ours."""

    def __init__(self, words: str = "") -> None:
        super().__init__(words)
        self.words = words


class Bound(NamedTuple):
    """What a token is bound to and ends with: each an object, or None."""

    pod: Obj | None = None
    secret: Obj | None = None
    node: Obj | None = None


# ---- issued ---------------------------------------------------------------------------------


def issue(
    key: SigningKey,
    account: Obj,
    audiences: Sequence[str],
    *,
    lifetime_s: int,
    now: int,
    bound: Bound = Bound(),
) -> str:
    """Return a token for *account* from *now* (ns) on.

    Two of one instant that say the same are the same: nothing is drawn for a token.
    """
    meta, at = account["metadata"], now // _SECOND
    said: Claims = {
        "namespace": meta["namespace"],
        "serviceaccount": _reference(account),
    }
    for name, obj in (("node", bound.node), ("pod", bound.pod), ("secret", bound.secret)):
        if obj is not None:
            said[name] = _reference(obj)
    ends = at + lifetime_s
    if bound.pod is not None and lifetime_s == WARNED_S and set(audiences) <= set(AUDIENCES):
        said["warnafter"], ends = ends, at + _EXTENDED_S
    claims: Claims = {
        "aud": list(audiences),
        "exp": ends,
        "iat": at,
        "iss": ISSUER,
        "kubernetes.io": said,
        "nbf": at,
        "sub": account_user(meta["namespace"], meta["name"]),
    }
    claims["jti"] = _identifier(key.id, now, claims)
    return _signed(key, claims)


def _reference(obj: Obj) -> dict[str, str]:
    meta = obj["metadata"]
    return {field: meta[field] for field in ("name", "uid") if meta.get(field)}


def _identifier(*parts: Any) -> str:
    """Return a UUID that follows from *parts*."""
    found = bytearray(sha256(orjson.dumps(parts)).digest()[:16])
    found[6] = found[6] & 0x0F | 0x40
    found[8] = found[8] & 0x3F | 0x80
    text = found.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def for_secret(key: SigningKey, account: Obj, secret: Obj) -> str:
    """Return the token that a Secret keeps for its ServiceAccount; it has no end of its own."""
    meta = account["metadata"]
    return _signed(
        key,
        {
            "iss": _LEGACY,
            f"{_CLAIM}namespace": meta["namespace"],
            f"{_CLAIM}secret.name": secret["metadata"]["name"],
            f"{_CLAIM}service-account.name": meta["name"],
            f"{_CLAIM}service-account.uid": meta["uid"],
            "sub": account_user(meta["namespace"], meta["name"]),
        },
    )


def _signed(key: SigningKey, claims: Claims) -> str:
    parts = ({"alg": "RS256", "kid": key.id}, claims)
    text = ".".join(to_base64(orjson.dumps(one, option=orjson.OPT_SORT_KEYS)) for one in parts)
    return f"{text}.{to_base64(key.sign(text.encode()))}"


# ---- looked at ------------------------------------------------------------------------------


def issuer(token: str) -> str:
    """Return who a token says that it is from; "" for what is no token of this form."""
    parts = token.split(".")
    try:
        claims = orjson.loads(from_base64(parts[1])) if len(parts) == 3 else None
    except ValueError:
        return ""
    found = claims.get("iss") if isinstance(claims, dict) else None
    return found if isinstance(found, str) else ""


def is_ours(token: str) -> bool:
    """Does a token say that it is from here? It may still be wrong."""
    return issuer(token) in (ISSUER, _LEGACY)


def verified(key: SigningKey, token: str) -> Claims:
    """Return what a token says whose signature is *key*'s. Raises InvalidToken."""
    if not is_ours(token):
        raise InvalidToken
    head, body, signature = token.split(".")
    try:
        header, signed = orjson.loads(from_base64(head)), from_base64(signature)
    except ValueError:
        raise InvalidToken from None
    if not isinstance(header, dict):
        raise InvalidToken
    if header.get("kid") not in (None, "", key.id):
        raise InvalidToken("invalid signature, no keys found")
    if header.get("alg") != "RS256" or not key.verifies(f"{head}.{body}".encode(), signed):
        raise InvalidToken("go-jose/go-jose: error in cryptographic primitive")
    claims: Claims = orjson.loads(from_base64(body))
    return claims


def holder(
    claims: Claims, token: str, read: Reader, now: int, wanted: Sequence[str] = AUDIENCES
) -> tuple[User, list[str]]:
    """Return whose a verified token is, and for which of *wanted* audiences it is.

    Raises InvalidToken for one that is for others, over, or bound to what is gone.
    """
    audiences = claims.get("aud") or list(AUDIENCES)
    meant = [one for one in audiences if one in wanted]
    if not meant:
        raise InvalidToken(
            f"token audiences {go_list(audiences)} is invalid for the target audiences "
            f"{go_list(wanted)}"
        )
    if claims["iss"] == _LEGACY:
        return _of_secret(claims, token, read), meant
    _check_times(claims, now)
    return _of_request(claims, read, now), meant


def _check_times(claims: Claims, now: int) -> None:
    if now + _LEEWAY < claims["nbf"] * _SECOND:
        raise InvalidToken("service account token is not valid yet")
    if now - _LEEWAY > claims["exp"] * _SECOND:
        raise InvalidToken("service account token has expired")
    if now + _LEEWAY < claims["iat"] * _SECOND:
        raise InvalidToken("service account token is issued in the future")


def _of_request(claims: Claims, read: Reader, now: int) -> User:
    said = claims["kubernetes.io"]
    namespace, name = said["namespace"], said["serviceaccount"]["name"]
    account = read.get(kinds.SERVICEACCOUNTS, namespace, name)
    if account is None:
        raise InvalidToken(f"serviceaccounts {go_quote(name)} not found")
    uid = said["serviceaccount"]["uid"]
    if account["metadata"]["uid"] != uid:
        there = account["metadata"]["uid"]
        raise InvalidToken(f"service account UID ({there}) does not match claim ({uid})")
    if _long_gone(account, now):
        raise InvalidToken(f"service account {namespace}/{name} has been deleted")
    extra: dict[str, list[str]] = {f"{_SAID}credential-id": [f"JTI={claims['jti']}"]}
    for kind, resource in _BINDS.items():
        reference = said.get(kind)
        if reference is None or (kind == "node" and "pod" in said):
            continue
        _check_bound(kind, reference, read.get(resource, *_where(kind, namespace, reference)), now)
    for kind in ("pod", "node"):
        for field, value in said.get(kind, {}).items():
            extra[f"{_SAID}{kind}-{field}"] = [value]
    return User(
        account_user(namespace, name),
        (*account_groups(namespace), AUTHENTICATED),
        uid,
        extra_of(extra),
    )


_BINDS: Final = {"secret": kinds.SECRETS, "pod": kinds.PODS, "node": kinds.NODES}


def _where(kind: str, namespace: str, reference: dict[str, str]) -> tuple[str, str]:
    return ("" if kind == "node" else namespace), reference["name"]


def _check_bound(kind: str, reference: dict[str, str], obj: Obj | None, now: int) -> None:
    """Raises InvalidToken when what a token is bound to is gone, or another."""
    if obj is None or (obj["metadata"]["uid"] == reference.get("uid") and _long_gone(obj, now)):
        raise InvalidToken("service account token has been invalidated")
    there, uid = obj["metadata"]["uid"], reference.get("uid", "")
    if there != uid:
        raise InvalidToken(
            f"{kind} UID ({there}) does not match service account {kind} ref claim ({uid})"
        )


def _long_gone(obj: Obj, now: int) -> bool:
    stamp = obj["metadata"].get("deletionTimestamp")
    return bool(stamp) and nanoseconds(stamp) < now - _LEEWAY


def _of_secret(claims: Claims, token: str, read: Reader) -> User:
    namespace, name = claims[f"{_CLAIM}namespace"], claims[f"{_CLAIM}service-account.name"]
    uid = claims[f"{_CLAIM}service-account.uid"]
    secret = read.get(kinds.SECRETS, namespace, claims[f"{_CLAIM}secret.name"])
    if secret is None or secret["metadata"].get("deletionTimestamp"):
        raise InvalidToken("Token has been invalidated")
    kept = (secret.get("data") or {}).get("token", "")
    if kept != b64encode(token.encode()).decode():
        raise InvalidToken("Token does not match server's copy")
    account = read.get(kinds.SERVICEACCOUNTS, namespace, name)
    if account is None:
        raise InvalidToken(f"serviceaccounts {go_quote(name)} not found")
    there = account["metadata"]["uid"]
    if account["metadata"].get("deletionTimestamp"):
        raise InvalidToken(f"ServiceAccount {namespace}/{name} has been deleted")
    if there != uid:
        raise InvalidToken(f"ServiceAccount UID ({there}) does not match claim ({uid})")
    return User(account_user(namespace, name), (*account_groups(namespace), AUTHENTICATED), uid)
