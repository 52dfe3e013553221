"""What was changed of a tenant, in words with values: from the facts of its turn. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ecp.orchestrator.records import Tenant
from ecp.texts import Language, is_key, text

_PLAIN: Final = ("name", "preset", "owner", "target_ppm")
"""Fields whose values are told; of the others a reader is told that they changed."""
_COUNTERS: Final = "requirements"
_NOTHING: Final = "–"


def facts_of(before: Tenant, after: Tenant, names: Sequence[str]) -> dict[str, Any]:
    """Return what a turn keeps of a change: which of *names* differ, and values that are told."""
    fields = [name for name in names if getattr(before, name) != getattr(after, name)]
    values = {
        name: [getattr(before, name), getattr(after, name)] for name in fields if name in _PLAIN
    }
    if _COUNTERS in fields:
        old, new = before.requirements, after.requirements
        pairs = {name: [old.get(name, 0), new.get(name, 0)] for name in {**old, **new}}
        values |= {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    return {"fields": ", ".join(fields), "values": values}


def told(facts: Mapping[str, Any], language: Language) -> str:
    """Return a change in a language's words: `SLA target 99.5 % → 99.9 %, labels`.

    What was kept before values were is told by its fields alone.
    """
    values = facts.get("values") or {}
    fields = str(facts["fields"]).split(", ")
    counters = [name for name in values if name not in fields]
    names = [name for name in fields if name != _COUNTERS or not counters]
    return ", ".join(_field(name, values.get(name), language) for name in (*names, *counters))


def _field(name: str, pair: Sequence[Any] | None, language: Language) -> str:
    key = f"tenant.field.{name}"
    word = text(key, language) if is_key(key) else name
    if pair is None:
        return word
    old, new = (_value(name, value) for value in pair)
    return f"{word} {old} → {new}"


def _value(name: str, value: Any) -> str:
    if name == "target_ppm":
        return f"{value / 10_000:g} %"
    return _NOTHING if value in (None, "") else str(value)
