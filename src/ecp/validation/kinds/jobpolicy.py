"""When a Job counts as failed or succeeded: podFailurePolicy and successPolicy.

Source: kubernetes pkg/apis/batch/validation `validatePodFailurePolicy`, `validateSuccessPolicy`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.kube.errors import OMITTED, go_quote
from ecp.kube.numbers import whole
from ecp.validation.faults import (
    At,
    Fault,
    duplicate,
    invalid,
    invalid_struct,
    required,
    too_long,
    too_many,
    unsupported,
)
from ecp.validation.kinds.probe import non_negative
from ecp.validation.scope import Object, items, mapping

_ACTIONS: Final = ("Count", "FailIndex", "FailJob", "Ignore")
_OPERATORS: Final = ("In", "NotIn")
_STATES: Final = ("False", "True", "Unknown")
_MOST_RULES: Final = 20
_MOST_CODES: Final = 255
_LONGEST_INDEXES: Final = 64 * 1024


def check_failure_policy(spec: Object, at: At) -> Iterator[Fault]:
    rules = items(mapping(spec.get("podFailurePolicy")).get("rules"))
    if len(rules) > _MOST_RULES:
        yield too_many("E0409", at / "rules", len(rules), _MOST_RULES)
    pod = mapping(mapping(spec.get("template")).get("spec"))
    containers = [
        mapping(container).get("name")
        for field in ("containers", "initContainers")
        for container in items(pod.get(field))
    ]
    per_index = spec.get("backoffLimitPerIndex") is not None
    for number, rule in enumerate(map(mapping, rules)):
        here = at / "rules" / number
        yield from _choice(rule.get("action") or "", _ACTIONS, here / "action")
        if rule.get("action") == "FailIndex" and not per_index:
            text = "requires the backoffLimitPerIndex to be set"
            yield invalid("E0409", here / "action", "FailIndex", text)
        codes, conditions = rule.get("onExitCodes"), items(rule.get("onPodConditions"))
        if codes is not None:
            yield from _exit_codes(mapping(codes), here / "onExitCodes", containers)
        if conditions:
            yield from _conditions(conditions, here / "onPodConditions")
        if codes is not None and conditions:
            text = "specifying both OnExitCodes and OnPodConditions is not supported"
            yield invalid("E0409", here, OMITTED, text)
        if codes is None and not conditions:
            text = "specifying one of OnExitCodes and OnPodConditions is required"
            yield invalid("E0409", here, OMITTED, text)


def _choice(value: str, allowed: tuple[str, ...], at: At) -> Iterator[Fault]:
    """A value that is left out is asked for with those it may have, as Go prints a list."""
    if not value:
        listed = " ".join(map(go_quote, allowed))
        yield required("E0409", at, f"valid values: [{listed}]")
    elif value not in allowed:
        yield unsupported("E0409", at, value, allowed)


def _conditions(patterns: list[Any], at: At) -> Iterator[Fault]:
    if len(patterns) > _MOST_RULES:
        yield too_many("E0409", at, len(patterns), _MOST_RULES)
    for number, pattern in enumerate(map(mapping, patterns)):
        kind = pattern.get("type") or ""
        for text in names.label_key(kind):
            yield invalid("E0409", at / number / "type", kind, text)
        # The server fills an absent status in.
        yield from _choice(pattern.get("status") or "True", _STATES, at / number / "status")


def _exit_codes(codes: Object, at: At, containers: list[Any]) -> Iterator[Fault]:
    operator = codes.get("operator") or ""
    yield from _choice(operator, _OPERATORS, at / "operator")
    name = codes.get("containerName")
    if name is not None and name not in containers:
        text = "must be one of the container or initContainer names in the pod template"
        yield invalid("E0409", at / "containerName", name, text)
    values, here = items(codes.get("values")), at / "values"
    if not values:
        yield invalid("E0409", here, codes.get("values"), "at least one value is required")
    elif len(values) > _MOST_CODES:
        yield too_many("E0409", here, len(values), _MOST_CODES)
    for number, value in enumerate(values):
        if operator == "In" and value == 0:
            yield invalid("E0409", here / number, 0, "must not be 0 for the In operator")
        if value in values[:number]:
            yield duplicate("E0409", here / number, value)
    if values != sorted(values):
        yield invalid("E0409", here, values, "must be ordered")


def check_success_policy(spec: Object, at: At) -> Iterator[Fault]:
    policy = mapping(spec.get("successPolicy"))
    rules = [mapping(rule) for rule in items(policy.get("rules"))]
    if spec.get("completionMode") != "Indexed":
        shown = {
            "Rules": [
                {
                    "SucceededIndexes": rule.get("succeededIndexes"),
                    "SucceededCount": rule.get("succeededCount"),
                }
                for rule in rules
            ]
            if policy.get("rules") is not None
            else None
        }
        yield invalid_struct("E0409", at, shown, "requires indexed completion mode")
        return
    here = at / "rules"
    if not rules:
        text = "at least one rules must be specified when the successPolicy is specified"
        yield required("E0409", here, text)
    if len(rules) > _MOST_RULES:
        yield too_many("E0409", here, len(rules), _MOST_RULES)
    if spec.get("completions") is None:
        return
    for number, rule in enumerate(rules):
        yield from _success(rule, here / number, spec["completions"])


def _success(rule: Object, at: At, completions: int) -> Iterator[Fault]:
    count, indexes = rule.get("succeededCount"), rule.get("succeededIndexes")
    if count is None and indexes is None:
        text = "at least one of succeededCount or succeededIndexes must be specified"
        yield required("E0409", at, text)
    total = 0
    if indexes is not None:
        here = at / "succeededIndexes"
        if len(indexes) > _LONGEST_INDEXES:
            yield too_long("E0409", here, _LONGEST_INDEXES)
        total, complaint = count_indexes(indexes, completions)
        if complaint:
            text = f"error parsing succeededIndexes: {complaint}"
            yield invalid("E0409", here, indexes, text)
    if count is None:
        return
    here = at / "succeededCount"
    yield from non_negative("E0409", count, here)
    limits = [(completions, "the number of specified completions")]
    if indexes is not None:
        limits.append((total, "the number of indexes in the specified succeededIndexes field"))
    for limit, words in limits:
        if count > limit:
            yield invalid("E0409", here, count, f"must be less than or equal to {limit} ({words})")


def count_indexes(text: str, completions: int) -> tuple[int, str]:
    """Return how many indexes a list such as ``"1,3-5"`` names, and what is wrong with it."""
    total, last = 0, None
    for interval in text.split(",") if text else ():
        ends = interval.split("-")
        if len(ends) > 2:
            words = "violates the requirement that an index interval can have at most two parts"
            return 0, f"the fragment {go_quote(interval)} {words} separated by '-'"
        found: list[int] = []
        for end in ends:
            number = whole(end)
            if number is None:
                return 0, f"cannot convert string to integer for index: {go_quote(end)}"
            if number >= completions:
                return 0, f"too large index: {go_quote(end)}"
            found.append(number)
        first, final = found[0], found[-1]
        if len(found) == 2 and first >= final:
            return 0, f"non-increasing order, previous: {first}, current: {final}"
        if last is not None and last >= first:
            return 0, f"non-increasing order, previous: {last}, current: {first}"
        total, last = total + final - first + 1, final
    return total, ""
