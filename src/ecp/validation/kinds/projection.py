"""A projected volume: what several sources put into one directory.

Source: kubernetes pkg/apis/core/validation `validateProjectionSources`, names.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.kube.errors import go_quote
from ecp.validation.faults import (
    At,
    Fault,
    forbidden,
    invalid,
    invalid_struct,
    required,
    too_long,
    unsupported,
)
from ecp.validation.kinds.downward import check_file
from ecp.validation.kinds.paths import file_name
from ecp.validation.kinds.volumesource import RULE, mode, pointing
from ecp.validation.metadata import ANNOTATIONS_LIMIT, check_selector
from ecp.validation.scope import Object, Scope, items, mapping


def check_key_to_path(item: Object, at: At) -> Iterator[Fault]:
    path = item.get("path") or ""
    for field in ("key", "path"):
        if not item.get(field):
            yield required(RULE, at / field)
    for text in file_name(path):
        yield invalid(RULE, at / "path", path, text)
    yield from mode(item, "mode", at)


class _Directory:
    """The paths that are taken; a path that comes again is said of the whole volume."""

    def __init__(self, at: At) -> None:
        self.at = at
        self._taken: set[str] = set()

    def take(self, path: str, value: str, point: At) -> Iterator[Fault]:
        if path in self._taken:
            yield invalid(RULE, self.at, value, "conflicting duplicate paths", point=point)
        self._taken.add(path)


def check_projected(volume: Object, at: At, scope: Scope) -> Iterator[Fault]:
    yield from mode(volume, "defaultMode", at)
    taken = _Directory(at)
    for number, source in enumerate(items(volume.get("sources"))):
        source = mapping(source)
        here = at / "sources" / number
        found = 0
        for field, gate, check in _PARTS:
            if source.get(field) is None or (gate and not scope.has(gate)):
                continue
            found += 1
            yield from check(mapping(source[field]), here / field, taken)
        if found > 1:
            yield forbidden(RULE, here, "may not specify more than 1 volume type per source")


def _keys(source: Object, at: At, taken: _Directory) -> Iterator[Fault]:
    name = source.get("name") or ""
    if not name:
        yield required(RULE, at / "name")
    for number, item in enumerate(items(source.get("items"))):
        item = mapping(item)
        here = at / "items" / number
        yield from check_key_to_path(item, here)
        if item.get("path"):
            yield from taken.take(item["path"], name, here / "path")


def _downward(source: Object, at: At, taken: _Directory) -> Iterator[Fault]:
    for number, file in enumerate(items(source.get("items"))):
        here = at / "items" / number
        yield from pointing(check_file(file, at), at, here)
        path = mapping(file).get("path")
        if path:
            yield from taken.take(path, path, here / "path")


def _token(source: Object, at: At, taken: _Directory) -> Iterator[Fault]:
    seconds = source.get("expirationSeconds")
    here = at / "expirationSeconds"
    if seconds is not None and seconds < 600:
        yield invalid(RULE, here, seconds, "may not specify a duration less than 10 minutes")
    if seconds is not None and seconds > 2**32:
        yield invalid(RULE, here, seconds, "may not specify a duration larger than 2^32 seconds")
    path, spoken, real = source.get("path") or "", taken.at / "path", at / "path"
    if not path:
        yield required(RULE, spoken)._replace(path=real.path)
    for text in file_name(path):
        yield invalid(RULE, spoken, path, text, point=real)


_BUNDLE: Final = ("name", "signerName", "labelSelector", "optional", "path")


def _trust_bundle(source: Object, at: At, taken: _Directory) -> Iterator[Fault]:
    name, signer, selector = (source.get(field) for field in _BUNDLE[:3])
    if name is not None and signer is not None:
        struct = {field[0].upper() + field[1:]: source.get(field) for field in _BUNDLE}
        struct["Path"] = struct["Path"] or ""
        yield invalid_struct(RULE, at, struct, "only one of name and signerName may be used")
    elif name is not None:
        if not name:
            yield required(RULE, at / "name", "must be a valid object name")
        for text in _bundle_name(name):
            yield invalid(RULE, at / "name", name, f"not a valid clustertrustbundlename: {text}")
        if selector is not None:
            text = "labelSelector must be unset if name is specified"
            yield invalid(RULE, at / "labelSelector", selector, text)
    elif signer is not None:
        if not signer:
            yield required(RULE, at / "signerName", "must be a valid signer name")
        yield from _signer(signer, at / "signerName")
        yield from check_selector(selector, at / "labelSelector")
    else:
        yield required(RULE, at, "either name or signerName must be specified")
    path = source.get("path") or ""
    if not path:
        yield required(RULE, at / "path")
    for text in file_name(path):
        yield invalid(RULE, at / "path", path, text)
    yield from taken.take(path, path, at / "path")


def _bundle_name(name: str) -> tuple[str, ...]:
    """A bundle of a signer bears its name before the last colon, with colons for slashes."""
    prefix, colon, own = name.rpartition(":")
    if not colon:
        return names.dns_subdomain(name)
    signer = prefix.replace(":", "/")
    if not signer:
        return ('ClusterTrustBundle without signer name must not have ":" in its name',)
    return names.dns_subdomain(own)


_DOMAIN: Final = 253
_LONGEST_SIGNER: Final = _DOMAIN + 1 + (_DOMAIN + 63 + 1)


def _signer(name: str, at: At) -> Iterator[Fault]:
    if not name:
        yield required(RULE, at)
        return
    parts = name.split("/")
    if len(parts) != 2:
        text = "must be a fully qualified domain and path of the form 'example.com/signer-name'"
        yield invalid(RULE, at, name, text)
        return
    domain, path = parts
    if len(domain.encode()) > _DOMAIN:
        yield too_long(RULE, at, _DOMAIN)
    yield from _labels(domain, at, names.dns_label)
    if "." not in domain:
        text = "should be a domain with at least two segments separated by dots"
        yield invalid(RULE, at, domain, text)
    yield from _labels(path, at, names.dns_subdomain)
    if len(name.encode()) > _LONGEST_SIGNER:
        yield too_long(RULE, at, _LONGEST_SIGNER)


def _labels(dotted: str, at: At, complaints: Callable[[str], tuple[str, ...]]) -> Iterator[Fault]:
    """Say what is wrong with the first bad label."""
    for label in dotted.split("."):
        if complaints(label):
            for text in complaints(label):
                yield invalid(RULE, at, dotted, f"validating label {go_quote(label)}: {text}")
            return


_KEY_TYPES: Final = ("RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519")
_CERTIFICATE_PATHS: Final = ("credentialBundlePath", "keyPath", "certificateChainPath")
_DAY: Final = 24 * 60 * 60


def _certificate(source: Object, at: At, taken: _Directory) -> Iterator[Fault]:
    signer = source.get("signerName") or ""
    yield from _signer(signer, at / "signerName")
    yield from _annotations(source.get("userAnnotations"), at / "userAnnotations")
    key_type = source.get("keyType") or ""
    if key_type not in _KEY_TYPES:
        yield unsupported(RULE, at / "keyType", key_type, _KEY_TYPES)
    seconds, here = source.get("maxExpirationSeconds"), at / "maxExpirationSeconds"
    if seconds is not None:
        host = signer.partition("/")[0]
        own = host == "kubernetes.io" or host.endswith(".kubernetes.io")
        most = _DAY if own else 91 * _DAY
        if seconds < 3600:
            text = "if provided, maxExpirationSeconds must be >= 3600"
            yield invalid(RULE, here, seconds, text)
        if seconds > most:
            text = f"if provided, maxExpirationSeconds must be <= {most}"
            yield invalid(RULE, here, seconds, text)
    paths = [(field, source[field]) for field in _CERTIFICATE_PATHS if source.get(field)]
    for field, path in paths:
        for text in file_name(path):
            yield invalid(RULE, at / field, path, text)
        yield from taken.take(path, path, at / field)
    if not paths:
        text = "specify at least one of credentialBundlePath, keyPath, and certificateChainPath"
        yield required(RULE, at, text)


def _annotations(annotations: Any, at: At) -> Iterator[Fault]:
    size = 0
    for key, value in sorted(mapping(annotations).items()):
        size += len(key.encode()) + len((value or "").encode())
        lower = key.lower()
        if not lower:
            yield required(RULE, at)
            continue
        complaints = names.label_key(lower)
        if not complaints and "/" not in lower:
            complaints = ('must be a domain-prefixed key (such as "acme.io/foo")',)
        for text in complaints:
            yield invalid(RULE, at, lower, text, point=at / key, on_key=True)
    if size > ANNOTATIONS_LIMIT:
        yield too_long(RULE, at, ANNOTATIONS_LIMIT)


# The parts in the server's order, and the feature gate without which a part is dropped.
_PARTS: Final[tuple[tuple[str, str, Callable[[Object, At, _Directory], Iterator[Fault]]], ...]] = (
    ("secret", "", _keys),
    ("configMap", "", _keys),
    ("downwardAPI", "", _downward),
    ("serviceAccountToken", "", _token),
    ("clusterTrustBundle", "ClusterTrustBundleProjection", _trust_bundle),
    ("podCertificate", "PodCertificateRequest", _certificate),
)
