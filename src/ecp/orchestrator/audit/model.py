"""What is noted of a call: its word, whom it was about, who asked, what came of it. Pure.

A call's word stands in ACTIONS, its sentence in the catalogue under `audit.did.WORD`. Bodies are
never kept: they may hold secrets. Of an answer only the ids of what was made or changed are.
"""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import orjson

from ecp.orchestrator.records import AuditEntry, Outcome
from ecp.texts import Language, is_key, text

ROOT: Final = "/api/v1"
_TENANT: Final = f"{ROOT}/tenants/{{tenant_id}}"
_FAILURES: Final = f"{ROOT}/simulator/failures"
_SLA: Final = f"{ROOT}/simulator/sla/{{tenant_id}}"
_PLAYS: Final = f"{ROOT}/rehearsals"
_ALERTS: Final = f"{ROOT}/alerts"
_IMAGES: Final = f"{ROOT}/images"

ACTIONS: Final[Mapping[str, str]] = {
    f"POST {ROOT}/tenants/": "tenant.create",
    f"POST {_TENANT}/clone": "tenant.clone",
    f"PUT {_TENANT}": "tenant.change",
    f"PATCH {_TENANT}": "tenant.change",
    f"DELETE {_TENANT}": "tenant.delete",
    f"POST {_TENANT}/stop": "tenant.stop",
    f"POST {_TENANT}/start": "tenant.start",
    f"POST {_TENANT}/restart": "tenant.restart",
    f"PUT {_TENANT}/demand": "tenant.demand",
    f"DELETE {_TENANT}/demand": "tenant.demand-reset",
    f"POST {_TENANT}/manifest": "tenant.manifest",
    f"PUT {_TENANT}/versions": "tenant.versions",
    f"POST {ROOT}/simulator/deploy/{{tenant_id}}": "release.deploy",
    f"POST {_TENANT}/releases/{{revision}}/rollback": "release.rollback",
    f"POST {_FAILURES}/{{tenant_id}}/trigger": "failure.trigger",
    f"POST {_FAILURES}/{{tenant_id}}/repeating": "failure.repeat",
    f"DELETE {_FAILURES}/{{tenant_id}}/repeating/{{name}}": "failure.stop-repeating",
    f"DELETE {_FAILURES}/{{tenant_id}}/{{injection_id}}": "failure.end",
    f"DELETE {_FAILURES}/{{tenant_id}}": "failure.end-of-tenant",
    f"DELETE {_FAILURES}": "failure.end-all",
    f"POST {_SLA}/statements": "sla.close",
    f"POST {_SLA}/maintenance": "sla.announce",
    f"DELETE {_SLA}/maintenance/{{window_id}}": "sla.withdraw",
    f"PUT {_SLA}/contract": "sla.contract",
    f"POST {_PLAYS}": "rehearsal.begin",
    f"DELETE {_PLAYS}/{{rehearsal_id}}": "rehearsal.delete",
    f"POST {_PLAYS}/{{rehearsal_id}}/cancel": "rehearsal.cancel",
    f"POST {_PLAYS}/{{rehearsal_id}}/resume": "rehearsal.resume",
    f"POST {_PLAYS}/{{rehearsal_id}}/again": "rehearsal.again",
    f"PUT {ROOT}/settings": "settings.change",
    f"POST {ROOT}/twins": "twin.make",
    f"PUT {_ALERTS}/policies/{{tenant_id}}": "alert.policy",
    f"POST {_ALERTS}/routes": "alert.route-add",
    f"PUT {_ALERTS}/routes/{{route_id}}": "alert.route-change",
    f"DELETE {_ALERTS}/routes/{{route_id}}": "alert.route-remove",
    f"POST {_ALERTS}/routes/{{route_id}}/test": "alert.route-test",
    f"POST {_ALERTS}/silences": "alert.silence",
    f"DELETE {_ALERTS}/silences/{{silence_id}}": "alert.unsilence",
    f"POST {_ALERTS}/{{alert_id}}/acknowledge": "alert.acknowledge",
    f"POST {_TENANT}/alerts": "alert.rule-keep",
    f"DELETE {_TENANT}/alerts/{{alert_name}}": "alert.rule-remove",
    f"PUT {_IMAGES}/registries/{{name}}": "image.registry-keep",
    f"DELETE {_IMAGES}/registries/{{name}}": "image.registry-remove",
    f"POST {_IMAGES}/{{service}}/versions": "image.version-add",
    f"DELETE {_IMAGES}/{{service}}/versions/{{version}}": "image.version-remove",
    f"POST {ROOT}/demo": "demo.make",
    f"POST {ROOT}/demo/reset": "demo.reset",
}
JUDGED_ONLY: Final = frozenset(
    {
        f"POST {ROOT}/tenants/validate-manifest",
        f"POST {ROOT}/tenants/calculate-resources",
        f"POST {ROOT}/tenants/preview-manifest",
        f"POST {_TENANT}/diff",
        f"POST {_PLAYS}/check",
        f"POST {ROOT}/settings/test-connection",
    }
)
"""Asked with POST, and nothing follows: while somebody writes, several times a second."""
MEASURED: Final = frozenset(
    {f"POST {_TENANT}/monitoring", f"PUT {ROOT}/monitoring/business/{{tenant_id}}"}
)
"""Figures that machines send, every few seconds: noted, they would push out all the rest."""
BY_ITSELF: Final = ("release.fall-back", "alert.raise", "demo.made")
"""What the system does with nobody asking."""
OTHER: Final = "other"
"""A call that has no word yet."""
REFS: Final = (
    "deployment_id",
    "injection_id",
    "rehearsal_id",
    "alert_id",
    "revision",
    "id",
    "failure_type",
)
"""What of an answer, or of a path, leads to what was made or changed."""
ABOUT: Final = frozenset({"tenant.create", "tenant.clone"})
"""Whom these are about stands in their body: `tenant_id`."""
MAKES: Final = frozenset(
    {
        "release.deploy",
        "release.rollback",
        "failure.trigger",
        "failure.repeat",
        "rehearsal.begin",
        "rehearsal.again",
        "alert.route-add",
        "alert.silence",
        "sla.announce",
    }
)
"""The answer to these says the id of what was made; others' are not read."""
MOST_BYTES: Final = 64 * 1024
"""Of a body that is looked at for ids."""
_REDIRECTED, _REFUSED, _FAILED = 300, 400, 500


class Route(NamedTuple):
    """A call as it is noted: its route, its word, and what its path says."""

    route: str
    action: str
    parts: Mapping[str, str]


def _by_length() -> dict[tuple[str, int], list[tuple[str, tuple[str, ...], str]]]:
    found: dict[tuple[str, int], list[tuple[str, tuple[str, ...], str]]] = {}
    silent = dict.fromkeys((*JUDGED_ONLY, *MEASURED), "")
    for call, action in (*silent.items(), *ACTIONS.items()):
        method, _, path = call.partition(" ")
        parts = tuple(path.strip("/").split("/"))
        found.setdefault((method, len(parts)), []).append((path, parts, action))
    for rows in found.values():
        # What is spelled out goes before what is filled in.
        rows.sort(key=lambda row: [part.startswith("{") for part in row[1]])
    return found


_ROUTES: Final = _by_length()


@lru_cache(maxsize=512)
def routed(method: str, path: str) -> Route | None:
    """Return the route of a call, None where nothing is noted of it.

    >>> routed("DELETE", "/api/v1/tenants/acme").action
    'tenant.delete'
    """
    if method in ("GET", "HEAD", "OPTIONS") or not path.startswith(f"{ROOT}/"):
        return None
    given = path.strip("/").split("/")
    for route, parts, action in _ROUTES.get((method, len(given)), ()):
        pairs = list(zip(parts, given, strict=True))
        if all(wanted.startswith("{") or wanted == got for wanted, got in pairs):
            filled = {wanted[1:-1]: got for wanted, got in pairs if wanted.startswith("{")}
            return Route(route, action, filled) if action else None
    return Route(path[:200], OTHER, {})


def outcome_of(status: int) -> Outcome:
    """Return what a status means: done, refused (the caller's), failed (ours, the cluster's)."""
    if status >= _FAILED:
        return "failed"
    return "refused" if status >= _REFUSED else "done"


def noted(status: int) -> bool:
    """Tell whether a call with this status did, or was kept from doing, something: a redirection
    is asked once more."""
    return not _REDIRECTED <= status < _REFUSED


def tried_only(answer: Mapping[str, Any]) -> bool:
    """Tell whether an answer says that nothing was done: it only says what would be."""
    return answer.get("status") == "dry_run" or answer.get("dry_run") is True


def told(content: bytes) -> Mapping[str, Any]:
    """Return an answer's (or a request's) JSON object; {} for anything else, or a long one."""
    if not content or len(content) > MOST_BYTES:
        return {}
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def refs(parts: Mapping[str, str], answer: Mapping[str, Any]) -> dict[str, str]:
    """Return what leads to what was made or changed: of the path, else of the answer."""
    found = {name: value for name, value in parts.items() if name != "tenant_id"}
    for name in REFS:
        value = answer.get(name)
        if name not in found and isinstance(value, str | int) and value != "":
            found[name] = str(value)[:100]
    return found


def problem_code(answer: Mapping[str, Any]) -> str:
    """Return the stable code of a problem; "" of anything else."""
    error = answer.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return str(code)[:64] if code else ""


def printable(words: str, most: int) -> str:
    """Return a caller's words as any database and terminal takes them."""
    return "".join(one if one.isprintable() else " " for one in words[:most]).strip()


def actor_of(user: str, address: str) -> tuple[str, str]:
    """Return who asked and how that is known: a proxy in front said it, else only the address."""
    return (user, "proxy") if user else (address or "-", "address")


_FILLING: Final = (
    "tenant", "revision", "from", "injection_id", "window_id", "rehearsal_id", "route_id",
    "silence_id", "alert_id", "alert_name", "name", "service", "version", "rule",
    "severity", "days", "failure_type",
)  # fmt: skip
"""What sentences are filled with; what an entry lacks is a dash."""


_TITLES: Final = {"rule": "alert.name.{}", "severity": "alert.severity.{}"}
"""What of an entry is an id that people know by a title, and its text."""


Titles = Mapping[str, Mapping[str, str]]
"""What failures are called, by their type, in each language."""


def meant(words: str, titles: Titles) -> tuple[str, ...]:
    """Return the types of the failures whose title, in any language, has *words* in it.

    >>> meant("spike", {"cpu_spike": {"en": "CPU spike"}, "pod_kill": {"en": "Pod killed"}})
    ('cpu_spike',)
    """
    wanted = words.casefold()
    return tuple(
        name
        for name, called in titles.items()
        if wanted and any(wanted in title.casefold() for title in called.values())
    )


def _titled(refs: Mapping[str, str], language: Language, failures: Titles) -> dict[str, str]:
    found = dict(refs)
    called = failures.get(refs.get("failure_type", ""), {}).get(language)
    if called:
        found["failure_type"] = called
    for name, key in _TITLES.items():
        titled = key.format(refs.get(name, ""))
        if is_key(titled):
            found[name] = text(titled, language)
    # Of a rule of a tenant's own its name is the title.
    return found | ({"rule": refs["subject"]} if refs.get("subject") else {})


def summary(entry: AuditEntry, language: Language, failures: Titles = MappingProxyType({})) -> str:
    """Return in a sentence what was done, or what somebody tried to do.

    A failure is called by its title in *failures*; one that is not in there by its type.
    """
    key = f"audit.did.{entry.action}"
    if not is_key(key):
        return f"{entry.method} {entry.route}"
    known = {**dict.fromkeys(_FILLING, "–"), **_titled(entry.refs, language, failures)}
    said = {"tenant": entry.tenant_id or "–", "method": entry.method, "route": entry.route}
    return text(key, language, **{**known, **said})
