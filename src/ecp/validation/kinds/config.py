"""ConfigMap and Secret. Source: kubernetes pkg/apis/core/validation/validation.go."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Final

from ecp.kube import errors, names
from ecp.validation.faults import At, Fault, invalid, required, too_long
from ecp.validation.gojson import json_complaint
from ecp.validation.scope import Object, Scope, mapping

_LIMIT: Final = 1024 * 1024
_DOCKER: Final = {
    "kubernetes.io/dockercfg": ".dockercfg",
    "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
}
_ACCOUNT: Final = "kubernetes.io/service-account.name"


def check_configmap(config: Object, scope: Scope) -> Iterator[Fault]:
    data, binary = mapping(config.get("data")), mapping(config.get("binaryData"))
    at, binary_at = At() / "data", At() / "binaryData"
    size = 0
    for key, value in sorted(data.items()):
        for text in names.config_key(key):
            yield invalid("E0600", at.key(key), key, text, on_key=True)
        if key in binary:
            yield invalid("E0600", at.key(key), key, "duplicate of key present in binaryData")
        size += len((value or "").encode())
    for key, value in sorted(binary.items()):
        for text in names.config_key(key):
            yield invalid("E0600", binary_at.key(key), key, text, on_key=True)
        size += len(_bytes(value or ""))
    if size > _LIMIT:
        # The server names no field: the path of its error is empty.
        error = errors.too_long("[]", _LIMIT)
        yield Fault("E0605", error, at.path)


def check_secret(secret: Object, scope: Scope) -> Iterator[Fault]:
    encoded = {key: _bytes(value or "") for key, value in mapping(secret.get("data")).items()}
    plain = {key: (text or "").encode() for key, text in mapping(secret.get("stringData")).items()}
    data = {**encoded, **plain}
    at = At() / "data"
    for key in sorted(data):
        for text in names.config_key(key):
            point = (At() / "stringData" if key in plain else at).key(key)
            yield invalid("E0600", at.key(key), key, text, point=point, on_key=True)
    if sum(map(len, data.values())) > _LIMIT:
        yield too_long("E0605", at, _LIMIT)
    yield from _by_type(secret, data, at)


def _by_type(secret: Object, data: dict[str, bytes], at: At) -> Iterator[Fault]:
    kind = secret.get("type") or "Opaque"
    if kind == "kubernetes.io/service-account-token":
        annotations = mapping(mapping(secret.get("metadata")).get("annotations"))
        if not annotations.get(_ACCOUNT):
            yield required("E0601", (At() / "metadata" / "annotations").key(_ACCOUNT))
    elif kind in _DOCKER:
        yield from _docker(data, at.key(_DOCKER[kind]), _DOCKER[kind])
    elif kind == "kubernetes.io/basic-auth":
        if "username" not in data and "password" not in data:
            yield required("E0601", at.key("username"))
            yield required("E0601", at.key("password"))
    elif kind == "kubernetes.io/ssh-auth":
        if not data.get("ssh-privatekey"):
            yield required("E0601", at.key("ssh-privatekey"))
    elif kind == "kubernetes.io/tls":
        for key in ("tls.crt", "tls.key"):
            if key not in data:
                yield required("E0601", at.key(key))


def _docker(data: dict[str, bytes], at: At, key: str) -> Iterator[Fault]:
    if key not in data:
        yield required("E0601", at)
        return
    text = data[key].decode("utf-8", "replace")
    try:
        value = json.loads(text)
    except ValueError:
        complaint = json_complaint(text)
    else:
        kind = "array" if isinstance(value, list) else type(value).__name__
        wrong = f"json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
        complaint = "" if value is None or isinstance(value, dict) else wrong
    if complaint:
        yield invalid("E0601", at, "<secret contents redacted>", complaint)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except ValueError:
        return b""


CHECKS = {"ConfigMap": (check_configmap,), "Secret": (check_secret,)}
