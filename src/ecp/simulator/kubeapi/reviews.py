"""Reviews: questions about who asks and what is allowed. Nothing is stored.

Source: kubernetes pkg/registry/authentication, pkg/registry/authorization,
pkg/apis/authorization/validation.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from ecp.kube.errors import BadRequest, FieldError, Invalid, invalid, required
from ecp.kube.patch.apply import render, update_owners
from ecp.kube.selectors import InvalidSelector, parse_fields, parse_labels
from ecp.kube.times import rfc3339
from ecp.sim.access import Access, Asked, InvalidToken, User
from ecp.sim.access.tokens import AUDIENCES
from ecp.sim.access.users import extra_of
from ecp.sim.store import Obj
from ecp.simulator.kubeapi import bodies
from ecp.simulator.kubeapi.asking import make_key
from ecp.simulator.kubeapi.hosting import Hosted
from ecp.simulator.kubeapi.routes import Target
from ecp.simulator.kubeapi.wire import (
    Call,
    Media,
    Reply,
    check_options,
    encoded,
    no_cache,
    warnings,
)
from ecp.simulator.kubeapi.writing import judged

_RESOURCE: Final = "resourceAttributes"
_PATH: Final = "nonResourceAttributes"


async def create(hosted: Hosted, call: Call, target: Target, media: Media) -> Reply:
    """POST of a review. Raises BadRequest, Invalid."""
    check_options(call, "CreateOptions")
    kind = target.kind
    read = bodies.read_object(
        await call.body(), call.header(b"content-type"), hosted.cluster.catalogue, kind
    )
    body = judged(read, call, kind)
    out: Obj = {
        "kind": kind.kind,
        "apiVersion": kind.api_version,
        "metadata": placed(body.value, target),
        "spec": body.value.get("spec") or {},
    }
    access, now = hosted.cluster.access, hosted.cluster.now
    if access.lacks_key(out["spec"].get("token") or ""):
        await make_key(access)
    if kind.kind in ("SelfSubjectReview", "SelfSubjectRulesReview"):
        out = {**out, "metadata": {}}
    else:
        own(out, call.manager, now)
    out.update(_ANSWERS[kind.kind](access, call.asker, out, now))
    if out["spec"] is None:
        del out["spec"]
    return Reply(201, encoded(out, media), media.content_type, no_cache(warnings(body.warnings)))


def placed(body: Obj, target: Target) -> Obj:
    """Return the metadata of a body in the namespace of its path. Raises BadRequest."""
    meta = {key: value for key, value in (body.get("metadata") or {}).items() if value is not None}
    namespace = meta.pop("namespace", "")
    if target.namespace is None:
        return meta
    if namespace not in ("", target.namespace):
        raise BadRequest(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    return {**meta, "namespace": target.namespace}


def own(obj: Obj, manager: str, now: int, subresource: str = "") -> None:
    """Give an object that is not stored the managedFields that it would have, in place."""
    rows = update_owners(
        None,
        obj,
        (),
        manager=manager,
        time=rfc3339(now),
        api_version=obj["apiVersion"],
        subresource=subresource,
    )
    rendered = render(rows, obj)
    for row in rendered:
        row["fieldsV1"].get("f:spec", {}).pop(".", None)  # a struct, which is not owned
    obj["metadata"]["managedFields"] = rendered


# ---- who ------------------------------------------------------------------------------------


def _self(access: Access, asker: User, out: Obj, now: int) -> Obj:
    return {
        "metadata": {"creationTimestamp": rfc3339(now)},
        "spec": None,
        "status": {"userInfo": asker.info()},
    }


def _token(access: Access, asker: User, out: Obj, now: int) -> Obj:
    """Say whose a token is, and for whom it is meant."""
    spec = out["spec"]
    if not spec.get("token"):
        raise BadRequest("token is required for TokenReview in authentication")
    try:
        known = access.look_at(spec["token"], now, spec.get("audiences") or AUDIENCES)
    except InvalidToken as error:
        words = "invalid bearer token"
        return {
            "status": {"user": {}, "error": f"[{words}, {error.words}]" if error.words else words}
        }
    return {
        "status": {
            "authenticated": True,
            "user": known.user.info(),
            "audiences": list(known.audiences),
        }
    }


# ---- what -----------------------------------------------------------------------------------


def _self_access(access: Access, asker: User, out: Obj, now: int) -> Obj:
    _check(out, of_others=False)
    return _answer(access, asker, out["spec"])


def _access(access: Access, asker: User, out: Obj, now: int) -> Obj:
    _check(out, of_others=True)
    spec = out["spec"]
    user = User(
        spec.get("user", ""),
        tuple(spec.get("groups") or ()),
        spec.get("uid", ""),
        extra_of(spec.get("extra")),
    )
    return _answer(access, user, spec)


def _answer(access: Access, user: User, spec: Obj) -> Obj:
    of_resource = spec.get(_RESOURCE) is not None
    attributes = spec[_RESOURCE if of_resource else _PATH]

    def said(field: str) -> str:
        return attributes.get(field) or ""

    asked = Asked(
        said("verb"),
        said("group"),
        said("resource"),
        said("subresource"),
        said("namespace"),
        said("name"),
        said("path"),
        of_resource,
    )
    decision = access.decide(user, asked)
    status: Obj = {"allowed": decision.allowed}
    if decision.reason:
        status["reason"] = decision.reason
    errors = [
        f"spec.{_RESOURCE}.{name} {'partially ' if partly else ''}ignored due to parse error"
        for name, partly in _unread(attributes)
    ]
    if errors:
        status["evaluationError"] = "; ".join(errors)
    return {"status": status}


def _unread(attributes: Obj) -> Iterator[tuple[str, bool]]:
    """Yield the selectors that cannot be read: name, and whether a part of them can."""
    for name, reads in (("fieldSelector", _is_field), ("labelSelector", _is_label)):
        selector = attributes.get(name) or {}
        requirements = selector.get("requirements") or []
        if requirements:
            good = [reads(one) for one in requirements]
            if not all(good):
                yield name, any(good)
        elif not _parses(name, selector.get("rawSelector") or ""):
            yield name, False


def _parses(name: str, text: str) -> bool:
    try:
        if name == "labelSelector":
            parse_labels(text)
        else:
            parse_fields(text, "", custom=True)
    except InvalidSelector as error:
        return "field label not supported" in str(error)  # any field is good here
    return True


def _is_field(one: Obj) -> bool:
    return one.get("operator") in ("In", "NotIn") and len(one.get("values") or ()) == 1


def _is_label(one: Obj) -> bool:
    values = one.get("values") or ()
    if one.get("operator") in ("Exists", "DoesNotExist"):
        return not values
    return one.get("operator") in ("In", "NotIn") and bool(values)


def _check(out: Obj, *, of_others: bool) -> None:
    """Raises Invalid for a review that asks for nothing, or for two things."""
    errors = list(_faults(out, of_others=of_others))
    if errors:
        raise Invalid(".authorization.k8s.io", "", errors)


def _faults(out: Obj, *, of_others: bool) -> Iterator[FieldError]:
    spec, meta = out["spec"], out["metadata"]
    resource, path = spec.get(_RESOURCE), spec.get(_PATH)
    if resource is not None and path is not None:
        detail = "cannot be specified in combination with resourceAttributes"
        yield invalid(f"spec.{_PATH}", _shown(path), detail)
    if resource is None and path is None:
        detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        yield invalid(f"spec.{_RESOURCE}", None, detail)
    if of_others and not spec.get("user") and not spec.get("groups"):
        yield invalid("spec.user", "", "at least one of user or group must be specified")
    if resource is not None:
        yield from _selector_faults(resource)
    local = out["kind"] == "LocalSubjectAccessReview"
    allowed = {"managedFields", "namespace"} if local else {"managedFields"}
    if set(meta) - allowed:
        yield invalid("metadata", meta, f"must be empty{' except for namespace' if local else ''}")
    if local:
        given = resource.get("namespace") or "" if resource is not None else meta["namespace"]
        if given != meta["namespace"]:
            yield invalid(f"spec.{_RESOURCE}.namespace", given, "must match metadata.namespace")
        if path is not None:
            yield invalid(f"spec.{_PATH}", _shown(path), "disallowed on this kind of request")


def _shown(path: Obj) -> Obj:
    """Return attributes of a path as the server prints its own struct."""
    return {"Path": path.get("path") or "", "Verb": path.get("verb") or ""}


def _selector_faults(resource: Obj) -> Iterator[FieldError]:
    for name in ("fieldSelector", "labelSelector"):
        selector, at = resource.get(name), f"spec.{_RESOURCE}.{name}"
        if selector is None:
            continue
        raw, requirements = selector.get("rawSelector"), selector.get("requirements")
        if raw and requirements:
            detail = "may not specified at the same time as requirements"
            yield invalid(f"{at}.rawSelector", raw, detail)
        if not raw and not requirements:
            detail = f"when {at} is specified, requirements or rawSelector is required"
            yield required(f"{at}.requirements", detail)


def _rules(access: Access, asker: User, out: Obj, now: int) -> Obj:
    """Return the rules that hold for who asks, as they stand in the roles."""
    namespace = out["spec"].get("namespace")
    if not namespace:
        raise BadRequest("no namespace on request")
    granted = access.granted(asker, namespace)
    status: Obj = {
        "resourceRules": list(
            _listed(granted.rules, "verbs", "apiGroups", "resources", "resourceNames")
        ),
        "nonResourceRules": list(_listed(granted.rules, "verbs", "nonResourceURLs")),
        "incomplete": not granted.whole,
    }
    if granted.errors:
        status["evaluationError"] = granted.error
    return {"spec": {}, "status": status}


def _listed(rules: Any, *fields: str) -> Iterator[Obj]:
    what = "resources" if "resources" in fields else "nonResourceURLs"
    for _, rule in rules:
        if rule.get(what):
            yield {field: rule[field] for field in fields if rule.get(field)}


_ANSWERS: Final[Mapping[str, Callable[[Access, User, Obj, int], Obj]]] = {
    "SelfSubjectReview": _self,
    "TokenReview": _token,
    "SelfSubjectAccessReview": _self_access,
    "SubjectAccessReview": _access,
    "LocalSubjectAccessReview": _access,
    "SelfSubjectRulesReview": _rules,
}
