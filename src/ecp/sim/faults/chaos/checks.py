"""What the webhook of Chaos Mesh refuses of an object, in its words; and what is not simulated.

Unknown fields and wrong words are refused by the schema before. Source: Chaos Mesh api/v1alpha1
*_webhook.go; the texts of Go's time.ParseDuration and strconv.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from ecp.kube.errors import FieldError, KubeError, aggregate, go_quote, invalid, required
from ecp.sim.controllers.jobs import schedule
from ecp.sim.faults.chaos.definitions import field_of
from ecp.sim.faults.chaos.kinds import CHAOS_MESH, KINDS, ChaosKind, Unmodelled
from ecp.sim.faults.effects import rate_of
from ecp.sim.faults.refusal import FaultRefused
from ecp.sim.faults.syntax import checked
from ecp.sim.store import Obj

_UNITS: Final = ("ns", "us", "µs", "μs", "ms", "s", "m", "h")
_PART: Final = re.compile(r"(\d+\.?\d*|\.\d+)([^\d.]*)")
_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_CLOCKS: Final = (
    "CLOCK_REALTIME", "CLOCK_MONOTONIC", "CLOCK_PROCESS_CPUTIME_ID", "CLOCK_THREAD_CPUTIME_ID",
    "CLOCK_MONOTONIC_RAW", "CLOCK_REALTIME_COARSE", "CLOCK_MONOTONIC_COARSE", "CLOCK_BOOTTIME",
    "CLOCK_REALTIME_ALARM", "CLOCK_BOOTTIME_ALARM",
)  # fmt: skip
# Steps of a workflow that need something that is not there -> why.
_STEPS: Final = {
    "Task": "containers of a workflow's tasks are not run, so that no branch can be chosen",
    "StatusCheck": "nothing outside is asked; a fault's own `abort` and `steady` do that",
}


class Denied(KubeError):
    """An admission webhook denied the request."""

    def __init__(self, hook: str, why: str) -> None:
        super().__init__(403, "Forbidden", f'admission webhook "{hook}" denied the request: {why}')


def refusal(group: str, kind: str, obj: Obj) -> Denied | None:
    """Return why an object of a chaos group is refused, None where it is not."""
    errors = list(errors_of(kind, obj.get("spec") or {}))
    hook = f"v{kind.lower()}.kb.io" if group == CHAOS_MESH else f"v{kind.lower()}.{group}"
    return Denied(hook, aggregate(errors)) if errors else None


def errors_of(kind: str, spec: Mapping[str, Any]) -> Iterator[FieldError]:
    """Yield what is wrong with the spec of a kind, beyond its schema."""
    if kind == "Workflow":
        yield from _workflow(spec, "spec")
    elif kind == "Schedule":
        yield from _cron(spec, "spec")
        yield from _carried(spec, "spec", str(spec.get("type")))
    elif kind in KINDS:
        yield from _fault(KINDS[kind], spec, "spec")


def go_duration_complaint(text: str) -> str:
    """Return what Go says of a text that is no duration, "" for one that is."""
    rest = text.lstrip("+-") if text[:1] in ("+", "-") else text
    if rest == "0":
        return ""
    at = 0
    while at < len(rest):
        part = _PART.match(rest, at)
        if part is None:
            return f"time: invalid duration {go_quote(text)}"
        if not part[2]:
            return f"time: missing unit in duration {go_quote(text)}"
        if part[2] not in _UNITS:
            return f"time: unknown unit {go_quote(part[2])} in duration {go_quote(text)}"
        at = part.end()
    return "" if rest else f"time: invalid duration {go_quote(text)}"


# -- faults ----------------------------------------------------------------------------------------


def _fault(kind: ChaosKind, spec: Mapping[str, Any], path: str) -> Iterator[FieldError]:
    if kind.refused:
        yield invalid(path, kind.kind, f"not simulated: {kind.refused}")
        return
    for where, check in _FIELDS.items():
        found = _at(spec, where)
        if found is not None:
            yield from check(f"{path}.{where}", found)
    for where in ("", "target."):
        yield from _mode(spec if not where else spec.get("target"), f"{path}.{where}"[:-1] or path)
    yield from _SPECIAL.get(kind.kind, _nothing)(spec, path)
    try:
        bodies = kind.bodies(spec)
    except Unmodelled as error:
        field, why = error.args
        yield invalid(path + str(field).removeprefix("spec"), kind.kind, f"not simulated: {why}")
        return
    except (ValueError, KeyError):
        return  # said above, field by field
    for body in bodies:
        try:
            checked(body["fault"], body["parameters"])
        except FaultRefused as error:
            yield invalid(path, kind.kind, error.message)


def _nothing(spec: Mapping[str, Any], path: str) -> Iterator[FieldError]:
    yield from ()


def _at(spec: Mapping[str, Any], where: str) -> Any:
    found: Any = spec
    for name in where.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _duration(path: str, value: str) -> Iterator[FieldError]:
    complaint = go_duration_complaint(value) if value else ""
    if complaint:
        yield invalid(path, value, f"parse duration field error: {complaint}")


def _float(path: str, value: str) -> Iterator[FieldError]:
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", value):
        said = f"strconv.ParseFloat: parsing {go_quote(value)}: invalid syntax"
        yield invalid(path, value, f"parse correlation field error:{said}")


def _rate(path: str, value: str) -> Iterator[FieldError]:
    if not rate_of(value):
        yield invalid(path, value, "parse rate field error:invalid unit")


def _percent(path: str, value: int) -> Iterator[FieldError]:
    if not 0 <= value <= 100:
        yield invalid(path, value, "percent field should be in 0-100")


def _bytes(path: str, value: str) -> Iterator[FieldError]:
    if not re.fullmatch(r"\d{1,3}%|\d+(\.\d+)? ?([kKmMgGtTpP]?i?[bB]?)", value):
        yield invalid(path, value, f"incorrect bytes format: invalid size: '{value}'")
    elif value.endswith("%") and int(value[:-1]) > 100:
        yield invalid(path, value, "incorrect bytes format: illegal proportion")


def _clocks(path: str, value: list[str]) -> Iterator[FieldError]:
    for name in value:
        if name not in _CLOCKS:
            yield invalid(path, value, f"clock id {name} is not supported")


_FIELDS: Final[Mapping[str, Callable[[str, Any], Iterator[FieldError]]]] = {
    "duration": _duration,
    "delay.latency": _duration,
    "delay.jitter": _duration,
    "delay.correlation": _float,
    "loss.loss": _float,
    "loss.correlation": _float,
    "duplicate.duplicate": _float,
    "corrupt.corrupt": _float,
    "bandwidth.rate": _rate,
    "rate.rate": _rate,
    "stressors.memory.size": _bytes,
    "clockIds": _clocks,
    "timeOffset": _duration,
}


def _mode(said: Any, path: str) -> Iterator[FieldError]:
    """Source: Chaos Mesh api/v1alpha1 common_webhook.go (PodSelector.Validate)."""
    mode = said.get("mode") if isinstance(said, Mapping) else None
    if mode not in ("fixed", "fixed-percent", "random-max-percent"):
        return
    value = str(said.get("value") or "")
    if not re.fullmatch(r"[+-]?\d+", value):
        words = f"strconv.Atoi: parsing {go_quote(value)}: invalid syntax"
        yield invalid(f"{path}.value", value, f"parse value field error:{words}")
    elif mode == "fixed" and int(value) <= 0:
        yield invalid(f"{path}.value", value, f"value must be greater than 0 with mode:{mode}")
    elif mode != "fixed" and not 0 < int(value) <= 100:
        said = f"value of {int(value)} is invalid, Must be (0,100] with mode:{mode}"
        yield invalid(f"{path}.value", value, said)


def _of_pods(spec: Mapping[str, Any], path: str) -> Iterator[FieldError]:
    if spec.get("action") == "container-kill" and not spec.get("containerNames"):
        why = "the name of container is required on container-kill action: invalid value"
        yield invalid(f"{path}.containerNames", spec.get("containerNames"), why)


def _of_stress(spec: Mapping[str, Any], path: str) -> Iterator[FieldError]:
    stressors = spec.get("stressors")
    if not spec.get("stressngStressors") and not (stressors and any(stressors.values())):
        yield invalid(path, dict(spec), "missing stressors")


def _of_network(spec: Mapping[str, Any], path: str) -> Iterator[FieldError]:
    direction = spec.get("direction", "to")
    if spec.get("action") == "partition" or direction == "to" or spec.get("target"):
        return
    why = "`from` and `both` direction cannot be used when targets is empty in netem action"
    yield invalid(f"{path}.direction", direction, why)


def _of_http(spec: Mapping[str, Any], path: str) -> Iterator[FieldError]:
    if spec.get("delay"):
        yield from _duration(f"{path}.delay", str(spec["delay"]))


def _of_io(spec: Mapping[str, Any], path: str) -> Iterator[FieldError]:
    if isinstance(spec.get("delay"), str):
        yield from _duration(f"{path}.delay", spec["delay"])
    yield from _percent(f"{path}.percent", spec.get("percent", 100))


_SPECIAL: Final[Mapping[str, Callable[[Mapping[str, Any], str], Iterator[FieldError]]]] = {
    "PodChaos": _of_pods,
    "StressChaos": _of_stress,
    "NetworkChaos": _of_network,
    "HTTPChaos": _of_http,
    "IOChaos": _of_io,
}


# -- what carries faults ---------------------------------------------------------------------------


def _carried(spec: Mapping[str, Any], path: str, kind: str) -> Iterator[FieldError]:
    field = "workflow" if kind == "Workflow" else field_of(kind)
    given = spec.get(field)
    if given is None:
        yield invalid(f"{path}.{field}", None, f"the value of chaos {kind} is required")
    elif kind == "Workflow":
        yield from _workflow(given, f"{path}.{field}")
    elif kind in KINDS:
        yield from _fault(KINDS[kind], given, f"{path}.{field}")


def _cron(spec: Mapping[str, Any], path: str) -> Iterator[FieldError]:
    text = str(spec.get("schedule", ""))
    if len(text.split()) == 6:
        yield invalid(f"{path}.schedule", text, "not simulated: a field of seconds")
        return
    try:
        schedule.parse(text, None)
    except schedule.BadSchedule as error:
        yield invalid(f"{path}.schedule", text, f"parse schedule field error:{error}")


def _workflow(spec: Mapping[str, Any], path: str) -> Iterator[FieldError]:
    """Source: Chaos Mesh api/v1alpha1 workflow_webhook.go."""
    entry, templates = spec.get("entry", ""), spec.get("templates") or []
    names = [template.get("name", "") for template in templates]
    if not entry:
        yield required(f"{path}.entry", "the entry of workflow is required")
    if entry not in names:
        yield invalid(f"{path}.entry", entry, f"can not find a template with name {entry}")
    if not templates:
        yield invalid(f"{path}.templates", templates, "templates in workflow could not be empty")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        said = f"template name must be unique, duplicated names: [{' '.join(twice)}]"
        yield invalid(f"{path}.templates", "", said)
    for number, template in enumerate(templates):
        yield from _step(template, f"{path}.templates[{number}]", names)


def _step(template: Mapping[str, Any], path: str, names: list[str]) -> Iterator[FieldError]:
    name, kind = template.get("name", ""), template.get("templateType", "")
    if not _NAME.fullmatch(name):
        yield invalid(f"{path}.name", name, "field name must be DNS-1123 subdomain")
    yield from _duration(f"{path}.deadline", template.get("deadline") or "")
    if kind in _STEPS:
        yield invalid(f"{path}.templateType", kind, f"not simulated: {_STEPS[kind]}")
    elif kind == "Suspend":
        if not template.get("deadline"):
            said = "deadline in template with type Suspend could not be empty"
            yield invalid(f"{path}.deadline", None, said)
    elif kind in ("Serial", "Parallel"):
        for number, child in enumerate(template.get("children") or ()):
            if child not in names:
                said = f"can not find a template with name {child}"
                yield invalid(f"{path}.children[{number}]", child, said)
    elif kind == "Schedule":
        given = template.get("schedule") or {}
        yield from _cron(given, f"{path}.schedule")
        yield from _carried(given, f"{path}.schedule", str(given.get("type")))
    elif kind in KINDS:
        given = template.get(field_of(kind)) or {}
        if given.get("duration"):
            said = (
                "should not define duration in chaos when using Workflow, "
                "use Template#Deadline instead."
            )
            yield invalid(path, given["duration"], said)
        lasting = {**given, "duration": template["deadline"]} if template.get("deadline") else given
        yield from _carried({**template, field_of(kind): lasting}, path, kind)
    else:
        yield invalid(f"{path}.templateType", kind, f"unrecognized template type: {kind}")
