"""CertificateSigningRequest.

Of what is to be signed only the form is looked at, not names, keys and attributes.
Source: kubernetes pkg/apis/certificates/validation/validation.go; for the name of a signer
pkg/apis/core/validation `ValidateSignerName`.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import Final

from ecp.kube import der, names
from ecp.kube.errors import go_quote
from ecp.validation.decode import base64_complaint
from ecp.validation.faults import At, Fault, duplicate, invalid, required, too_long, unsupported
from ecp.validation.metadata import NameRule
from ecp.validation.scope import Object, Scope, items, mapping

_RULE: Final = "E0656"
_SPEC: Final = At() / "spec"
_USAGES: Final = (
    "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign",
    "data encipherment", "decipher only", "digital signature", "email protection",
    "encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement",
    "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime", "server auth",
    "signing", "timestamping",
)  # fmt: skip
_HEAD: Final = b"-----BEGIN CERTIFICATE REQUEST-----"
_FOOT: Final = b"-----END CERTIFICATE REQUEST-----"
_LEGACY: Final = "kubernetes.io/legacy-unknown"


def check_request(request: Object, scope: Scope) -> Iterator[Fault]:
    spec = mapping(request.get("spec"))
    body = spec.get("request") or ""
    inside = _block(b64decode(body))
    words = "PEM block type must be CERTIFICATE REQUEST"
    if inside is not None:
        words = der.request_complaint(inside)
    if words:
        shown = b64encode(b64decode(body)).decode() or None
        yield invalid(_RULE, _SPEC / "request", shown, words)
    usages, at = items(spec.get("usages")), _SPEC / "usages"
    if not usages:
        yield required(_RULE, at)
    for number, usage in enumerate(usages):
        if usage not in _USAGES:
            yield unsupported(_RULE, at / number, usage, _USAGES)
    for number, usage in enumerate(usages):
        if usage in usages[:number]:
            yield duplicate(_RULE, at / number, usage)
    signer, at = spec.get("signerName") or "", _SPEC / "signerName"
    if signer == _LEGACY:
        words = "the legacy signerName is not allowed via this API version"
        yield invalid(_RULE, at, signer, words)
    else:
        yield from check_signer(_RULE, signer, at)
    seconds = spec.get("expirationSeconds")
    if seconds is not None and seconds < 600:
        words = "may not specify a duration less than 600 seconds (10 minutes)"
        yield invalid(_RULE, _SPEC / "expirationSeconds", seconds, words)


def _block(text: bytes) -> bytes | None:
    """Return what a text in PEM holds; None where it is no request. Source: Go encoding/pem."""
    head, _, rest = text.partition(_HEAD)
    body, foot, _ = rest.partition(_FOOT)
    clean = b"".join(body.split()).decode("latin-1")
    if not foot or not clean or base64_complaint(clean) or head[-1:] not in (b"", b"\n"):
        return None
    return b64decode(clean)


def check_signer(rule: str, name: str, at: At) -> Iterator[Fault]:
    """Check the name of a signer: a domain, a slash and a path of subdomains."""
    if not name:
        yield required(rule, at)
        return
    domain, _, path = name.partition("/")
    if name.count("/") != 1:
        text = "must be a fully qualified domain and path of the form 'example.com/signer-name'"
        yield invalid(rule, at, name, text)
        return
    if len(domain.encode()) > 253:
        yield too_long(rule, at, 253)
    yield from _labels(rule, domain, names.dns_label, at)
    if "." not in domain:
        text = "should be a domain with at least two segments separated by dots"
        yield invalid(rule, at, domain, text)
    yield from _labels(rule, path, names.dns_subdomain, at)
    if len(name.encode()) > 571:
        yield too_long(rule, at, 571)


def _labels(rule: str, part: str, judged: NameRule, at: At) -> Iterator[Fault]:
    """Speak of the first label of a part that is not well formed."""
    for label in part.split("."):
        complaints = judged(label)
        for text in complaints:
            yield invalid(rule, at, part, f"validating label {go_quote(label)}: {text}")
        if complaints:
            return


CHECKS = {"CertificateSigningRequest": (check_request,)}
