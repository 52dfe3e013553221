"""Faults as they are written on a command line: `name[:target][,key=value…]@when[+duration]`.

`node_down@2h`, `node_down:cpu-1@2h+30m`, `pod_crash:deployment/web,exit_code=137@10m`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ecp.kube import durations
from ecp.sim.faults.catalogue import Parameter, catalogue
from ecp.sim.faults.effects import rate_of, size_of
from ecp.sim.faults.guard import conditions
from ecp.sim.faults.refusal import FaultRefused

LONGEST = 36_500 * 86_400_000_000_000  # ns: a hundred years, so that an end fits a date


def lasting(text: str, value: str) -> int:
    """Read the duration of the fault *text*, in ns. Raises FaultRefused."""
    try:
        found = durations.parse(value)
    except durations.InvalidDuration as error:
        raise FaultRefused("fault.bad-duration", text=text, value=value) from error
    if found > LONGEST:
        raise FaultRefused("fault.bad-duration", text=text, value=value)
    return found


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """A fault to be: `after` (ns) from the beginning of the run, `duration` None = its own."""

    name: str
    target: str
    after: int
    duration: int | None
    parameters: Mapping[str, Any]
    text: str
    to: str = ""
    bounds: Mapping[str, Any] = field(default_factory=dict)

    @property
    def word(self) -> str:
        """How it is called."""
        return self.text

    def body(self) -> dict[str, Any]:
        """Return the body of a fault request that injects it."""
        body: dict[str, Any] = {"fault": self.name}
        if self.target:
            body["target"] = self.target
        if self.duration is not None:
            body["duration"] = f"{self.duration}ns"  # exactly, where people's spelling rounds
        if self.parameters:
            body["parameters"] = dict(self.parameters)
        if self.to:
            body["to"] = self.to
        return {**body, **self.bounds}


@dataclass(frozen=True, slots=True)
class ObjectPlan:
    """A chaos object to be: applied `after` (ns) from the beginning of the run."""

    after: int
    object: Mapping[str, Any]
    text: str

    @property
    def word(self) -> str:
        """How it is called."""
        name = (self.object.get("metadata") or {}).get("name", "")
        when = durations.spell(self.after) if self.after else "0"
        return f"{self.object['kind']}/{name}@{when}"


Plan = FaultPlan | ObjectPlan


def object_line(after: int, obj: Mapping[str, Any]) -> str:
    """Write a chaos object to be down as a line that `planned` reads."""
    said = {"at": f"{after}ns", "object": obj}
    return json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


BOUNDS = ("only", "max_percent", "force", "abort", "steady")
"""What keeps a fault in bounds, beside the line that says it."""


def bounded_line(said: Mapping[str, Any]) -> str:
    """Write {"fault": line, and some of BOUNDS} down as a line that `planned` reads.

    Raises FaultRefused.
    """
    plan = parse(said["fault"])
    for key in ("abort", "steady"):
        if said.get(key):
            conditions(plan.name, said[key])
    return json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def planned(text: str) -> Plan:
    """Read a fault, or a line of `object_line` or `bounded_line`. Raises FaultRefused."""
    if not text.startswith("{"):
        return parse(text)
    try:
        said = json.loads(text)
        if "fault" in said:
            return replace(
                parse(said.pop("fault")), bounds={key: said[key] for key in BOUNDS if key in said}
            )
        return ObjectPlan(lasting(text, said["at"]), said["object"], text)
    except (ValueError, KeyError, TypeError) as error:
        raise FaultRefused("fault.bad-syntax", text=text) from error


def parse(text: str) -> FaultPlan:
    """Read one fault. Raises FaultRefused that says what is wrong and what there is."""
    head, at, when = text.partition("@")
    if not at or not when:
        raise FaultRefused("fault.bad-syntax", text=text)
    head, *pairs = head.split(",")
    name, _, target = head.partition(":")
    row = catalogue().get(name)
    if row is None:
        raise FaultRefused("fault.unknown", name=name, known=", ".join(catalogue()))
    parameters: dict[str, Any] = {}
    to = ""
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if sign and key == "to" and row.between:
            to = value
            continue
        if not sign or key not in row.parameters:
            raise bad_parameter(name, key)
        parameters[key] = value
    checked(name, parameters)
    after, plus, duration = when.partition("+")
    lasts = lasting(text, duration) if plus else None
    return FaultPlan(name, target, lasting(text, after), lasts, parameters, text, to)


def checked(name: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of the fault *name* as it takes them. Raises FaultRefused."""
    found = {}
    for key, value in parameters.items():
        wanted = catalogue()[name].takes.get(key)
        if wanted is None:
            raise bad_parameter(name, key)
        try:
            found[key] = _READ[wanted.type](value, wanted)
        except ValueError as error:
            raise FaultRefused(
                "fault.bad-value", name=name, parameter=key, value=str(value), takes=wanted.bounds
            ) from error
    return found


def _whole(value: Any, wanted: Parameter) -> int:
    if isinstance(value, bool) or not str(value).isdecimal():
        raise ValueError(value)
    if not wanted.least <= int(value) <= wanted.most:
        raise ValueError(value)
    return int(value)


def _share(value: Any, wanted: Parameter) -> str:
    if not 0 <= float(value) <= 100:
        raise ValueError(value)
    return str(value)


def _size(value: Any, wanted: Parameter) -> str:
    text = str(value)
    if text.endswith("%") and not (text[:-1].isdecimal() and int(text[:-1]) <= 100):
        raise ValueError(value)
    if size_of(text, 100) < 0:
        raise ValueError(value)
    return text


def _rate(value: Any, wanted: Parameter) -> str:
    if not rate_of(str(value)):
        raise ValueError(value)
    return str(value)


def _offset(value: Any, wanted: Parameter) -> str:
    durations.parse(str(value).lstrip("+-"))
    return str(value)


def _duration(value: Any, wanted: Parameter) -> str:
    if durations.parse(str(value)) > LONGEST:
        raise ValueError(value)
    return str(value)


def _truth(value: Any, wanted: Parameter) -> bool:
    if str(value).lower() not in ("true", "false"):
        raise ValueError(value)
    return str(value).lower() == "true"


def _choice(value: Any, wanted: Parameter) -> str:
    if value not in wanted.among:
        raise ValueError(value)
    return str(value)


_READ: Mapping[str, Callable[[Any, Parameter], Any]] = {
    "integer": _whole,
    "share": _share,
    "text": lambda value, wanted: str(value),
    "size": _size,
    "rate": _rate,
    "offset": _offset,
    "duration": _duration,
    "truth": _truth,
    "choice": _choice,
}


def bad_parameter(name: str, key: str) -> FaultRefused:
    """Return the refusal of a parameter that the fault *name* does not take."""
    takes = ", ".join(catalogue()[name].parameters) or "-"
    return FaultRefused("fault.bad-parameter", name=name, parameter=key, takes=takes)
