"""What the attributes of a device may be, and how much of its capacities claims may ask for.

Source: kubernetes pkg/apis/resource/validation/validation.go `validateDeviceAttribute`,
`validateRequestPolicy`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from ecp.kube.quantity import spell, take_apart, value
from ecp.validation.faults import (
    At,
    Fault,
    duplicate,
    forbidden,
    invalid,
    invalid_struct,
    required,
    too_long,
    too_many,
)
from ecp.validation.kinds.resources import nano_of, shown
from ecp.validation.scope import Object, items, mapping

_RULE: Final = "E0657"
_LONGEST_VALUE: Final = 64
_MOST_OPTIONS: Final = 10
_NUMBER: Final = r"(0|[1-9]\d*)"
_BEFORE: Final = r"(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)"
_BUILD: Final = "[0-9a-zA-Z-]+"
_VERSION: Final = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(-{_BEFORE}(\.{_BEFORE})*)?(\+{_BUILD}(\.{_BUILD})*)?",
    re.ASCII,
)
_ONE: Final = "exactly one value must be specified"
_FIELDS: Final = ("int", "bool", "string", "version")


def check_attribute(attribute: Object, at: At) -> Iterator[Fault]:
    text, version = attribute.get("string"), attribute.get("version")
    if text is not None and len(text.encode()) > _LONGEST_VALUE:
        yield too_long(_RULE, at / "string", _LONGEST_VALUE)
    if version is not None:
        if not _VERSION.fullmatch(version):
            words = "must be a string compatible with semver.org spec 2.0.0"
            yield invalid(_RULE, at / "version", version, words)
        if len(version.encode()) > _LONGEST_VALUE:
            yield too_long(_RULE, at / "version", _LONGEST_VALUE)
    given = [field for field in _FIELDS if attribute.get(field) is not None]
    if not given:
        yield invalid(_RULE, at, "", _ONE)
    elif len(given) > 1:
        fields: dict[str, Any] = {
            f"{field.title()}Value": attribute.get(field) for field in _FIELDS
        }
        lists = dict.fromkeys((f"{field.title()}Values" for field in _FIELDS), None)
        yield invalid_struct(_RULE, at, {**fields, **lists}, _ONE)


def check_capacity(capacity: Object, at: At, *, shared: bool) -> Iterator[Fault]:
    """Check a capacity of a device, which may be *shared* by several claims."""
    if capacity.get("requestPolicy") is None:
        return
    here, policy = at / "requestPolicy", mapping(capacity["requestPolicy"])
    if not shared:
        yield forbidden(_RULE, here, "allowMultipleAllocations must be true")
        return
    options, bounds = items(policy.get("validValues")), policy.get("validRange")
    if options and bounds is not None:
        text = (
            'exactly one policy can be specified, cannot specify "validValues" and "validRange" '
            "at the same time"
        )
        yield forbidden(_RULE, here, text)
        return
    most, usual = capacity.get("value") or "0", policy.get("default")
    field = "validValues" if options else "validRange"
    if not options and bounds is None:
        return
    if usual is None:
        yield required(_RULE, here / "default", f"required when {field} is defined")
    elif options:
        yield from _options(options, usual, most, here / field)
    else:
        yield from _range(mapping(bounds), usual, most, here / field)


def _options(options: list[Any], usual: Any, most: Any, at: At) -> Iterator[Fault]:
    sizes = [nano_of(option) for option in options]
    for number in range(1, len(sizes)):
        if sizes[number - 1] > sizes[number]:
            text = "values must be sorted in ascending order"
            yield invalid(_RULE, at / number, shown(options[number]), text)
    if len(options) > _MOST_OPTIONS:
        yield too_many(_RULE, at, len(options), _MOST_OPTIONS)
        sizes = []
    for number, size in enumerate(sizes):
        if size > nano_of(most):
            text = f"option is larger than capacity value: {shown(most)}"
            yield invalid(_RULE, at / number, shown(options[number]), text)
    whole = [str(value(option)) for option in options[: len(sizes)]]
    for number, one in enumerate(whole):
        if one in whole[:number]:
            yield duplicate(_RULE, at / number, one)
    if nano_of(usual) not in sizes:
        text = "default value is not valid according to the requestPolicy"
        yield invalid(_RULE, at, shown(usual), text)


def _range(bounds: Object, usual: Any, most: Any, at: At) -> Iterator[Fault]:
    low, high, step = (bounds.get(field) for field in ("min", "max", "step"))
    if low is None:
        yield required(_RULE, at / "min", "required when validRange is defined")
        return
    if nano_of(low) > nano_of(most):
        text = f"min is larger than capacity value: {shown(most)}"
        yield invalid(_RULE, at / "min", shown(low), text)
    if nano_of(usual) < nano_of(low):
        yield invalid(_RULE, at / "min", shown(usual), f"default is less than min: {shown(low)}")
    if high is not None:
        yield from _below(low, high, usual, most, at / "max")
    if step is None:
        return
    there = take_apart(low)
    added = spell(nano_of(low) + nano_of(step), there.form)
    if nano_of(low) + nano_of(step) > nano_of(most):
        text = f"one step {added} is larger than capacity value: {shown(most)}"
        yield invalid(_RULE, at / "step", shown(step), text)
    for one in (usual, *(() if high is None else (high,))):
        if value(step) and (value(one) - value(low)) % value(step):
            text = f"value is not a multiple of a given step ({shown(step)}) from ({shown(low)})"
            yield invalid(_RULE, at / "step", shown(one), text)


def _below(low: Any, high: Any, usual: Any, most: Any, at: At) -> Iterator[Fault]:
    if nano_of(low) > nano_of(high):
        yield invalid(_RULE, at, shown(low), f"min is larger than max: {shown(high)}")
    if nano_of(high) > nano_of(most):
        text = f"max is larger than capacity value: {shown(most)}"
        yield invalid(_RULE, at, shown(high), text)
    if nano_of(usual) > nano_of(high):
        yield invalid(_RULE, at, shown(usual), f"default is more than max: {shown(high)}")
