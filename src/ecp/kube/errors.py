"""The errors of the Kubernetes API, as values that can be raised, and their ``Status`` objects.

    KubeError(code, reason, message, details, causes)
    ├── BadRequest 400            ├── Conflict 409 ── ApplyConflict 409
    ├── Unauthorized 401          ├── Gone 410 ── Expired 410
    ├── Forbidden 403             ├── RequestEntityTooLarge 413
    ├── NotFound 404              ├── UnsupportedMediaType 415
    ├── MethodNotAllowed 405      ├── Invalid 422
    ├── NotAcceptable 406         ├── TooManyRequests 429
    ├── AlreadyExists 409         ├── InternalError 500 ── ServerTimeout 500
    ├── PlainError 500 (no reason)├── ServiceUnavailable 503
    └── Timeout 504

A ``FieldError`` is one line of a validation; a list of them makes an ``Invalid``.

Source: kubernetes apimachinery pkg/api/errors/errors.go, pkg/util/validation/field/errors.go,
apiserver pkg/endpoints/handlers/negotiation/errors.go.
"""

import json
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any, Final, NamedTuple

Object = dict[str, Any]


class Cause(NamedTuple):
    """One entry of ``details.causes``; empty members are left out of the Status."""

    reason: str = ""
    message: str = ""
    field: str = ""

    def as_json(self) -> Object:
        pairs = (("reason", self.reason), ("message", self.message), ("field", self.field))
        return {key: text for key, text in pairs if text}


class Details(NamedTuple):
    """``details`` of a Status: which object, and when to come again (seconds, 0 = unsaid)."""

    name: str = ""
    group: str = ""
    kind: str = ""
    uid: str = ""
    causes: tuple[Cause, ...] = ()
    retry_after: int = 0

    def as_json(self) -> Object:
        out: Object = {}
        if self.name:
            out["name"] = self.name
        if self.group:
            out["group"] = self.group
        if self.kind:
            out["kind"] = self.kind
        if self.uid:
            out["uid"] = self.uid
        if self.causes:
            out["causes"] = [cause.as_json() for cause in self.causes]
        if self.retry_after:
            out["retryAfterSeconds"] = self.retry_after
        return out


def split_resource(resource: str) -> tuple[str, str]:
    """ "deployments.apps" → ("deployments", "apps"); "pods" → ("pods", "")."""
    plural, _, group = resource.partition(".")
    return plural, group


class KubeError(Exception):
    """An answer of the API that is an error. ``status()`` is the metav1.Status to send."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        details: Details | None = None,
        causes: Iterable[Cause] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        added = tuple(causes)
        if added:
            details = details or Details()
            details = details._replace(causes=(*details.causes, *added))
        self.details = details
        self.warnings: tuple[str, ...] = ()
        """What had been said of the request before it was refused, for Warning headers."""

    @property
    def causes(self) -> tuple[Cause, ...]:
        return self.details.causes if self.details else ()

    @property
    def retry_after(self) -> int:
        """Seconds for the Retry-After header; 0 when there is none."""
        return self.details.retry_after if self.details else 0

    def status(self) -> Object:
        """The ``Status`` object, members in the server's order."""
        out: Object = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            out["reason"] = self.reason
        if self.details is not None:
            out["details"] = self.details.as_json()
        out["code"] = self.code
        return out


def _about(resource: str, name: str, causes: tuple[Cause, ...] = ()) -> Details:
    plural, group = split_resource(resource)
    return Details(name=name, group=group, kind=plural, causes=causes)


class BadRequest(KubeError):
    def __init__(self, message: str) -> None:
        super().__init__(400, "BadRequest", message)


class Unauthorized(KubeError):
    def __init__(self, message: str = "") -> None:
        super().__init__(401, "Unauthorized", message or "not authorized")


class Forbidden(KubeError):
    """``why`` follows "is forbidden: ". An empty resource and an empty name are allowed."""

    def __init__(self, resource: str, name: str, why: str, causes: tuple[Cause, ...] = ()) -> None:
        if not resource:
            message = f"forbidden: {why}"
        elif not name:
            message = f"{resource} is forbidden: {why}"
        else:
            message = f"{resource} {go_quote(name)} is forbidden: {why}"
        super().__init__(403, "Forbidden", message, _about(resource, name, causes))


class NotFound(KubeError):
    """No such object; without a resource: no such path in a group that the server knows."""

    def __init__(self, resource: str = "", name: str = "") -> None:
        if resource:
            message = f"{resource} {go_quote(name)} not found"
        else:
            message = "the server could not find the requested resource"
        super().__init__(404, "NotFound", message, _about(resource, name))


class MethodNotAllowed(KubeError):
    """Without a resource: the path knows no such method. ``action`` is "create", "delete" …"""

    def __init__(self, resource: str = "", action: str = "") -> None:
        if resource:
            message = f"{action} is not supported on resources of kind {go_quote(resource)}"
        else:
            message = "the server does not allow this method on the requested resource"
        super().__init__(405, "MethodNotAllowed", message, _about(resource, ""))


class NotAcceptable(KubeError):
    """``by_route``: refused before a handler was found, in the router's words."""

    def __init__(self, accepted: Sequence[str], by_route: bool = False) -> None:
        types = ", ".join(accepted)
        if by_route:
            message = f"406: Not Acceptable\n\nAvailable representations: {types}"
        else:
            message = f"only the following media types are accepted: {types}"
        super().__init__(406, "NotAcceptable", message, Details() if by_route else None)


class AlreadyExists(KubeError):
    def __init__(self, resource: str, name: str) -> None:
        message = f"{resource} {go_quote(name)} already exists"
        super().__init__(409, "AlreadyExists", message, _about(resource, name))


STALE: Final = (
    "the object has been modified; please apply your changes to the latest version and try again"
)


class Conflict(KubeError):
    def __init__(
        self, resource: str, name: str, why: str = STALE, causes: tuple[Cause, ...] = ()
    ) -> None:
        message = f"Operation cannot be fulfilled on {resource} {go_quote(name)}: {why}"
        super().__init__(409, "Conflict", message, _about(resource, name, causes))


class ApplyConflict(KubeError):
    """Fields of a server-side apply that belong to others; one cause a field."""

    def __init__(self, message: str, causes: tuple[Cause, ...]) -> None:
        super().__init__(409, "Conflict", message, Details(causes=causes))


class Gone(KubeError):
    def __init__(self, message: str, reason: str = "Gone") -> None:
        super().__init__(410, reason, message)


class Expired(Gone):
    """The resourceVersion or continue token is older than the watch window."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "Expired")


class RequestEntityTooLarge(KubeError):
    def __init__(self, message: str) -> None:
        super().__init__(413, "RequestEntityTooLarge", f"Request entity too large: {message}")


class UnsupportedMediaType(KubeError):
    """Without accepted types: refused before a handler was found, in the router's words."""

    def __init__(self, accepted: Sequence[str] = ()) -> None:
        if accepted:
            message = (
                "the body of the request was in an unknown format - accepted media types include: "
                + ", ".join(accepted)
            )
        else:
            message = "415: Unsupported Media Type"
        details = None if accepted else Details()
        super().__init__(415, "UnsupportedMediaType", message, details)


class TooManyRequests(KubeError):
    """``retry_after`` in seconds, 0 = unsaid."""

    def __init__(self, message: str, retry_after: int = 0, causes: tuple[Cause, ...] = ()) -> None:
        details = Details(causes=causes, retry_after=retry_after)
        super().__init__(429, "TooManyRequests", message, details)


class InternalError(KubeError):
    def __init__(self, message: str) -> None:
        super().__init__(
            500,
            "InternalError",
            f"Internal error occurred: {message}",
            Details(causes=(Cause(message=message),)),
        )


class PlainError(KubeError):
    """A Go error that nobody wrapped: the message as it is, a code, no reason, no details."""

    def __init__(self, message: str, code: int = 500) -> None:
        super().__init__(code, "", message)


class ServerTimeout(KubeError):
    def __init__(self, resource: str, operation: str, retry_after: int) -> None:
        message = (
            f"The {operation} operation against {resource} could not be completed at this time, "
            "please try again."
        )
        details = _about(resource, operation)._replace(retry_after=retry_after)
        super().__init__(500, "ServerTimeout", message, details)


class ServiceUnavailable(KubeError):
    def __init__(self, message: str) -> None:
        super().__init__(503, "ServiceUnavailable", message)


class Timeout(KubeError):
    """504, as for a resourceVersion from the future ("Too large resource version: …")."""

    def __init__(self, message: str, retry_after: int = 0, causes: tuple[Cause, ...] = ()) -> None:
        details = Details(causes=causes, retry_after=retry_after)
        super().__init__(504, "Timeout", f"Timeout: {message}", details)


class FieldErrorType(Enum):
    """Machine name (``causes[].reason``) of a field error."""

    NOT_FOUND = "FieldValueNotFound"
    REQUIRED = "FieldValueRequired"
    DUPLICATE = "FieldValueDuplicate"
    INVALID = "FieldValueInvalid"
    NOT_SUPPORTED = "FieldValueNotSupported"
    FORBIDDEN = "FieldValueForbidden"
    TOO_LONG = "FieldValueTooLong"
    TOO_MANY = "FieldValueTooMany"
    TOO_FEW = "FieldValueTooFew"
    INTERNAL = "InternalError"
    TYPE_INVALID = "FieldValueTypeInvalid"
    TOO_SHORT = "FieldValueTooShort"

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS = {
    FieldErrorType.NOT_FOUND: "Not found",
    FieldErrorType.REQUIRED: "Required value",
    FieldErrorType.DUPLICATE: "Duplicate value",
    FieldErrorType.INVALID: "Invalid value",
    FieldErrorType.NOT_SUPPORTED: "Unsupported value",
    FieldErrorType.FORBIDDEN: "Forbidden",
    FieldErrorType.TOO_LONG: "Too long",
    FieldErrorType.TOO_MANY: "Too many",
    FieldErrorType.TOO_FEW: "Too few",
    FieldErrorType.INTERNAL: "Internal error",
    FieldErrorType.TYPE_INVALID: "Invalid value",
    FieldErrorType.TOO_SHORT: "Too short",
}
_WITHOUT_VALUE = frozenset(
    {
        FieldErrorType.REQUIRED,
        FieldErrorType.FORBIDDEN,
        FieldErrorType.TOO_LONG,
        FieldErrorType.TOO_SHORT,
        FieldErrorType.INTERNAL,
    }
)


class _Omitted:
    """The value of a field error that shows none."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "OMITTED"


OMITTED: Final = _Omitted()

_GO_ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
    '"': '\\"',
}


def go_quote(text: str) -> str:
    """Go's %q: double quotes, escapes, printable Unicode left as it is."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    out = ['"']
    for char in text:
        if char in _GO_ESCAPES:
            out.append(_GO_ESCAPES[char])
        elif char.isprintable():
            out.append(char)
        elif ord(char) < 0x80:
            out.append(f"\\x{ord(char):02x}")
        elif ord(char) < 0x10000:
            out.append(f"\\u{ord(char):04x}")
        else:
            out.append(f"\\U{ord(char):08x}")
    out.append('"')
    return "".join(out)


def go_json(value: Any, *, sort: bool = True) -> str:
    """Go's json.Marshal: no blanks, map keys sorted, ``<``, ``>``, ``&`` escaped.

    sort   false for a struct, whose fields come in the order given
    """
    return escaped(json.dumps(value, separators=(",", ":"), sort_keys=sort, ensure_ascii=False))


def escaped(text: str) -> str:
    """Return a JSON text with what Go escapes besides: ``<``, ``>``, ``&``, two line ends."""
    for char, escape in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(char, escape)
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


class Named(str):
    """A text of a Go type with a name of its own, such as Protocol: shown as JSON, not as %q."""

    __slots__ = ()


class FieldError(NamedTuple):
    """One field's error: ``path: Words: value: detail``. ``value`` is JSON-shaped, or OMITTED."""

    type: FieldErrorType
    path: str
    value: Any = OMITTED
    detail: str = ""

    def body(self) -> str:
        """The text without the path."""
        text = self.type.words
        if self.type not in _WITHOUT_VALUE and self.value is not OMITTED:
            text += f": {_shown(self.value)}"
        return f"{text}: {self.detail}" if self.detail else text

    def __str__(self) -> str:
        return f"{self.path}: {self.body()}"

    def cause(self) -> Cause:
        return Cause(self.type.value, self.body(), self.path)


def _shown(value: Any) -> str:
    if isinstance(value, str) and not isinstance(value, Named):
        return go_quote(value)
    return go_json(value)


def required(path: str, detail: str = "") -> FieldError:
    return FieldError(FieldErrorType.REQUIRED, path, OMITTED, detail)


def invalid(path: str, value: Any, detail: str = "") -> FieldError:
    return FieldError(FieldErrorType.INVALID, path, value, detail)


def duplicate(path: str, value: Any) -> FieldError:
    return FieldError(FieldErrorType.DUPLICATE, path, value)


def not_found(path: str, value: Any) -> FieldError:
    return FieldError(FieldErrorType.NOT_FOUND, path, value)


def forbidden(path: str, detail: str = "") -> FieldError:
    return FieldError(FieldErrorType.FORBIDDEN, path, OMITTED, detail)


def not_supported(path: str, value: Any, supported: Sequence[str] = ()) -> FieldError:
    """``supported`` is shown in the given order: the server sorts where its source is a set."""
    detail = "supported values: " + ", ".join(map(go_quote, supported)) if supported else ""
    return FieldError(FieldErrorType.NOT_SUPPORTED, path, value, detail)


def too_long(path: str, limit: int, unit: str = "byte") -> FieldError:
    """``unit`` is "byte" or "character"; a negative limit names none."""
    detail = f"may not be more than {limit} {_plural(unit, limit)}"
    return FieldError(
        FieldErrorType.TOO_LONG, path, OMITTED, detail if limit >= 0 else "value is too long"
    )


def too_many(path: str, actual: int, limit: int) -> FieldError:
    """A negative ``actual`` is not shown, a negative ``limit`` not named."""
    detail = f"must have at most {limit} {_plural('item', limit)}"
    return FieldError(
        FieldErrorType.TOO_MANY,
        path,
        actual if actual >= 0 else OMITTED,
        detail if limit >= 0 else "has too many items",
    )


def internal(path: str, detail: str) -> FieldError:
    return FieldError(FieldErrorType.INTERNAL, path, OMITTED, detail)


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"


def aggregate(errors: Iterable[FieldError]) -> str:
    """Several errors in one line: one as it is, more in brackets, equal texts once."""
    texts = list(dict.fromkeys(str(error) for error in errors))
    if len(texts) == 1:
        return texts[0]
    return "[" + ", ".join(texts) + "]"


class Invalid(KubeError):
    """422. ``kind`` is the GroupKind as the server says it: "Deployment.apps", "Pod"."""

    def __init__(self, kind: str, name: str, errors: Sequence[FieldError]) -> None:
        plain, group = split_resource(kind)
        message = f"{kind} {go_quote(name)} is invalid"
        if errors:
            message += f": {aggregate(errors)}"
        causes = tuple(error.cause() for error in errors)
        super().__init__(422, "Invalid", message, Details(name, group, plain, "", causes))
        self.errors = tuple(errors)
