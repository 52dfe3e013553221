"""How a CustomResourceDefinition's objects become those of another version.

Source: apiextensions-apiserver pkg/apis/apiextensions/validation
`validateCustomResourceConversion`, apiserver pkg/util/webhook/validation.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.kube.errors import go_quote
from ecp.kube.urls import misread, split_url
from ecp.validation.faults import At, Fault, forbidden, invalid, required, unsupported
from ecp.validation.scope import Object, items, mapping

_STRATEGIES: Final = ("None", "Webhook")
_REVIEWS: Final = ("v1", "v1beta1")
_FORM: Final = "; desired format: https://host[/path]"


def check_conversion(spec: Object, at: At) -> Iterator[Fault]:
    conversion = mapping(spec.get("conversion"))
    if not conversion:
        return
    strategy, webhook = conversion.get("strategy") or "", mapping(conversion.get("webhook"))
    if strategy != "None" and spec.get("preserveUnknownFields"):
        text = "must be None if spec.preserveUnknownFields is true"
        yield invalid("E0640", at / "strategy", strategy, text)
    if not strategy:
        yield required("E0640", at / "strategy")
    elif strategy not in _STRATEGIES:
        yield unsupported("E0640", at / "strategy", strategy, _STRATEGIES)
    client, here = webhook.get("clientConfig"), at / "webhookClientConfig"
    reviews = items(webhook.get("conversionReviewVersions"))
    if strategy == "Webhook":
        if isinstance(client, dict):
            yield from check_client(client, here)
        else:
            yield required("E0640", here, "required when strategy is set to Webhook")
        yield from _reviews(reviews, at / "conversionReviewVersions")
        return
    text = "should not be set when strategy is not set to Webhook"
    if client is not None:
        yield forbidden("E0640", here, text)
    if reviews:
        yield forbidden("E0640", at / "conversionReviewVersions", text)


def check_client(client: Object, at: At) -> Iterator[Fault]:
    url, service = client.get("url"), client.get("service")
    if (url is None) == (service is None):
        yield required("E0640", at, "exactly one of url or service is required")
    elif url is not None:
        yield from _url(url, at / "url")
    else:
        yield from _service(mapping(service), at / "service")


def _url(text: str, at: At) -> Iterator[Fault]:
    wrong = misread(text)
    if wrong:
        words = f"url must be a valid URL: parse {go_quote(text)}: {wrong}{_FORM}"
        yield required("E0640", at, words)
        return
    url = split_url(text)
    if url.scheme != "https":
        words = "'https' is the only allowed URL scheme" + _FORM
        yield invalid("E0640", at, url.scheme, words)
    user, _, host = url.authority.rpartition("@")
    if not host:
        yield invalid("E0640", at, "", "host must be specified" + _FORM)
    refused = (
        (user, "user information is not permitted in the URL"),
        (url.fragment, "fragments are not permitted in the URL"),
        (url.query, "query parameters are not permitted in the URL"),
    )
    for value, words in refused:
        if value:
            yield invalid("E0640", at, value, words)


def _service(service: Object, at: At) -> Iterator[Fault]:
    """The server takes a Service's name for its namespace here, and the other way round."""
    for field, other in (("name", "namespace"), ("namespace", "name")):
        if not service.get(other):
            yield required("E0640", at / field)
    port = service.get("port")
    complaints = names.port_number(443 if port is None else port)
    if complaints:
        text = f"port is not valid: {', '.join(complaints)}"
        yield invalid("E0640", at / "port", port, text)
    yield from _path(service.get("path") or "", at / "path")


def _path(path: str, at: At) -> Iterator[Fault]:
    if path in ("", "/"):
        return
    if path == "//":
        yield invalid("E0640", at, path, "segment[0] may not be empty")
        return
    if not path.startswith("/"):
        yield invalid("E0640", at, path, "must start with a '/'")
    for number, step in enumerate(path[1:].removesuffix("/").split("/")):
        if not step:
            yield invalid("E0640", at, path, f"segment[{number}] may not be empty")
            continue
        for text in names.dns_subdomain(step):
            yield invalid("E0640", at, path, f"segment[{number}]: {text}")


def _reviews(versions: list[Any], at: At) -> Iterator[Fault]:
    if not versions:
        yield required("E0640", at)
        return
    for number, version in enumerate(versions):
        if version in versions[:number]:
            yield invalid("E0640", at / number, version, "duplicate version")
            continue
        for text in names.dns_1035_label(version or ""):
            yield invalid("E0640", at / number, version, text)
    if not any(version in _REVIEWS for version in versions):
        text = f"must include at least one of {', '.join(_REVIEWS)}"
        yield invalid("E0640", at, versions, text)
