"""Profiles: the data sheets of a tenant's workloads, read from profiles/*.yaml and checked.

Every figure in a profile is written with where it comes from:

    sessions: {value: 160, source: "domain: calls per channel and day", note: "..."}

so that a reader, a sizing and a report can say why. `note` settles what is doubtful, `low` and
`high` are the bounds between which an assumed figure may lie. A file that says something else than
the schema below is refused at load, by file and field.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from ecp.kube import quantity
from ecp.kube.durations import InvalidDuration
from ecp.kube.durations import parse as duration
from ecp.workloads.batching import Batches
from ecp.workloads.holidays import CALENDARS
from ecp.workloads.sheet import (
    COUNTERS,
    GPU_TYPES,
    Call,
    Demand,
    Origin,
    Probes,
    Profile,
    Resources,
    Scaling,
    Service,
    Variable,
)

__all__ = [
    "COUNTERS",
    "GPU_TYPES",
    "InvalidProfile",
    "Profile",
    "Profiles",
    "profiles",
    "read_profile",
]

_SECOND = 1_000_000_000
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class InvalidProfile(ValueError):
    """A profile says something that is no data sheet; the message names file and field."""


# --- the schema ----------------------------------------------------------------------------------

Parser = Callable[[Any], Any]


class _Field(NamedTuple):
    """One field: how it is read, whether it carries a source, and what it is when absent."""

    parse: Parser
    figure: bool = False
    default: Any = ...  # ... = required


def _word(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("must be a text")
    return value


def _path(value: Any) -> str:
    if value == "" or (isinstance(value, str) and value.startswith("/")):
        return str(value)
    raise ValueError('must be a path that begins with "/", or "" for a connection')


def _one_of(*allowed: str) -> Parser:
    def parse(value: Any) -> str:
        if value not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return str(value)

    return parse


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ValueError("must be a number, zero or more")
    return float(value)


def _share(value: Any) -> float:
    share = _number(value)
    if share >= 1:
        raise ValueError("must be a share below 1")
    return share


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("must be a whole number, zero or more")
    return value


def _yes(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _seconds(value: Any) -> float:
    try:
        return duration(str(value)) / _SECOND
    except InvalidDuration as error:
        raise ValueError(str(error)) from error


def _whole_seconds(value: Any) -> int:
    seconds = _seconds(value)
    if seconds != int(seconds):
        raise ValueError("must be whole seconds")
    return int(seconds)


def _millicores(value: Any) -> float:
    return float(quantity.milli(value))


def _bytes(value: Any) -> float:
    return float(quantity.value(value))


def _zone(value: Any) -> str:
    try:
        ZoneInfo(_word(value))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("must be an IANA time zone, as Asia/Seoul") from error
    return str(value)


def _hours(value: Any) -> tuple[float, ...]:
    if not isinstance(value, list) or len(value) != 24:
        raise ValueError("must be 24 numbers, one a local hour")
    weights = tuple(_number(weight) for weight in value)
    if not sum(weights) > 0:
        raise ValueError("must not be all zero")
    return weights


def _sizes(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or not value or value != sorted(map(_whole, value)):
        raise ValueError("must be whole numbers in rising order")
    return tuple(value)


def _titles(value: Any) -> Mapping[str, str]:
    if not isinstance(value, dict) or set(value) != {"ko", "en"}:
        raise ValueError("must have ko and en")
    return MappingProxyType({language: _word(value[language]) for language in ("ko", "en")})


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("must be a list of names")
    return tuple(_word(name) for name in value)


def _variables(value: Any) -> tuple[Variable, ...]:
    if not isinstance(value, dict):
        raise ValueError("must be a mapping of variables")
    found = []
    for name, row in value.items():
        if not isinstance(row, dict) or len(row) != 1 or next(iter(row)) not in ("value", "secret"):
            raise ValueError(f"{name} must have either value or secret")
        found.append(
            Variable(_word(name), _word(row.get("value", "-")), _word(row.get("secret", "-")))
        )
    return tuple(
        row._replace(value="") if row.secret != "-" else row._replace(secret="") for row in found
    )


def _gpu_streams(value: Any) -> Mapping[str, int]:
    return MappingProxyType({kind: _whole(value[kind]) for kind in _gpu_keys(value)})


_BATCH = set(Batches._fields) - {"fill"}


def _gpu_batches(value: Any) -> Mapping[str, Batches]:
    found = {}
    for kind in _gpu_keys(value):
        row = value[kind]
        wanted = {*Batches._fields, "fill"} if isinstance(row, dict) and "fill" in row else _BATCH
        if not isinstance(row, dict) or set(row) != wanted:
            raise ValueError(f"{kind} must have {', '.join(Batches._fields[:3])}; fill is optional")
        found[kind] = Batches(
            _seconds(row["fixed"]),
            _seconds(row["per_item"]),
            max(1, _whole(row["largest"])),
            _seconds(row.get("fill", "0s")),
        )
    return MappingProxyType(found)


def _gpu_keys(value: Any) -> Iterable[str]:
    if not isinstance(value, dict) or sorted(value) != sorted(GPU_TYPES):
        raise ValueError(f"must have {', '.join(GPU_TYPES)}")
    return GPU_TYPES


_NONE: Mapping[str, Any] = MappingProxyType({})
_TOP: Mapping[str, _Field] = {
    "name": _Field(_word),
    "title": _Field(_titles),
    "tier": _Field(_one_of("main", "support", "analytics", "infrastructure")),
    "image": _Field(_word, figure=True),
    "counter": _Field(_one_of(*COUNTERS), default=""),
    "entry": _Field(_yes, default=False),
    "port": _Field(_whole, figure=True),
    "protocol": _Field(_one_of("http", "tcp"), default="http"),
    "metrics": _Field(_whole, figure=True, default=0),
    "environment": _Field(_variables, default=()),
    "clients": _Field(_variables, default=()),
    "behind": _Field(_names, default=()),
    "outside": _Field(_yes, default=False),
}
_DEMAND: Mapping[str, _Field] = {
    "unit": _Field(_word),
    "timezone": _Field(_zone),
    "sessions": _Field(_number, figure=True),
    "duration": _Field(_seconds, figure=True),
    "turns": _Field(_number, figure=True),
    "weights": _Field(_hours, figure=True),
    "weekend": _Field(_number, figure=True),
    "closed": _Field(_yes, default=False),
    "calendar": _Field(_one_of(*CALENDARS), default=""),
    "holiday": _Field(_number, figure=True, default=1.0),
    "variation": _Field(_number, figure=True, default=0.0),
    "duration_variability": _Field(_number, figure=True, default=1.0),
    "redial": _Field(_share, figure=True, default=0.0),
}
_CALL: Mapping[str, _Field] = {
    "to": _Field(_word),
    "streams": _Field(_number, figure=True, default=0.0),
    "requests": _Field(_number, figure=True, default=0.0),
}
_SERVICE: Mapping[str, _Field] = {
    "model": _Field(_one_of("session", "request", "batch")),
    "routing": _Field(_one_of("random", "pooled"), default="random"),
    "time": _Field(_seconds, figure=True),
    "variability": _Field(_number, figure=True, default=1.0),
    "threads": _Field(_whole, figure=True, default=1),
    "latency": _Field(_seconds, figure=True),
    "streams": _Field(_gpu_streams, figure=True, default=_NONE),
    "batches": _Field(_gpu_batches, figure=True, default=_NONE),
    "severs": _Field(_yes, figure=True, default=False),
    "warm_up": _Field(_seconds, figure=True, default=0.0),
    "cold": _Field(_number, figure=True, default=1.0),
}
_RESOURCES: Mapping[str, _Field] = {
    "cpu": _Field(_millicores, figure=True),
    "memory": _Field(_bytes, figure=True),
    "slot_cpu": _Field(_millicores, figure=True, default=0.0),
    "slot_memory": _Field(_bytes, figure=True, default=0.0),
    "request_cpu": _Field(_seconds, figure=True, default=0.0),
    "headroom": _Field(_number, figure=True),
    "gpus": _Field(_whole, figure=True, default=0),
    "storage": _Field(_bytes, figure=True, default=0.0),
    "unit_storage": _Field(_bytes, figure=True, default=0.0),
}
_PROBES: Mapping[str, _Field] = {
    "ready": _Field(_path),
    "alive": _Field(_path),
    "period": _Field(_whole_seconds, figure=True),
    "timeout": _Field(_whole_seconds, figure=True),
    "failures": _Field(_whole, figure=True),
    "startup": _Field(_whole_seconds, figure=True),
}
_SCALING: Mapping[str, _Field] = {
    "slots": _Field(_sizes, figure=True, default=()),
    "single": _Field(_yes, default=False),
    "automatic": _Field(_yes, default=False),
}
_FIGURE = ("value", "source", "note", "low", "high")
_SECTIONS = ("demand", "calls", "service", "resources", "probes", "scaling")


class _Reader:
    """Reads one file's mapping against the schema and keeps where each figure comes from."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.origins: dict[str, Origin] = {}

    def refuse(self, field: str, why: str) -> InvalidProfile:
        return InvalidProfile(f"{self.file}: {field}: {why}")

    def section(self, given: Any, fields: Mapping[str, _Field], path: str) -> dict[str, Any]:
        if not isinstance(given, dict):
            raise self.refuse(path.rstrip(".") or "file", "must be a mapping")
        for name in given:
            if name not in fields and not (path == "" and name in _SECTIONS):
                raise self.refuse(f"{path}{name}", f"unknown field; known: {', '.join(fields)}")
        return {name: self.field(given, name, row, path) for name, row in fields.items()}

    def field(self, given: dict[str, Any], name: str, row: _Field, path: str) -> Any:
        where = f"{path}{name}"
        if name not in given:
            if row.default is ...:
                raise self.refuse(where, "required")
            return row.default
        value = given[name]
        if row.figure:
            value = self.figure(value, where)
        found = self.parsed(row, value, where)
        if row.figure:
            self.bounds(row, given[name], found, where)
        return found

    def parsed(self, row: _Field, value: Any, where: str) -> Any:
        try:
            return row.parse(value)
        except (ValueError, TypeError) as error:
            raise self.refuse(where, str(error)) from error

    def bounds(self, row: _Field, given: Mapping[str, Any], value: Any, where: str) -> None:
        """Keep the bounds of a figure: both or none, the value between them."""
        if "low" not in given and "high" not in given:
            return
        low, high = (
            self.parsed(row, given.get(name), f"{where}.{name}") for name in ("low", "high")
        )
        if not isinstance(value, int | float) or not low <= value <= high:
            raise self.refuse(where, "must lie between low and high")
        self.origins[where] = self.origins[where]._replace(low=low, high=high)

    def figure(self, value: Any, where: str) -> Any:
        if not isinstance(value, dict) or "value" not in value:
            raise self.refuse(where, "must be {value: ..., source: ...}")
        extra = sorted(set(value) - set(_FIGURE))
        if extra:
            known = ", ".join(_FIGURE)
            raise self.refuse(f"{where}.{extra[0]}", f"unknown field; known: {known}")
        for name in ("source", "note"):
            said = value.get(name)
            if (name == "source" or name in value) and not (isinstance(said, str) and said.strip()):
                raise self.refuse(f"{where}.{name}", "required: say where the figure comes from")
        self.origins[where] = Origin(value["source"], value.get("note", ""))
        return value["value"]


def read_profile(text: str, file: str) -> Profile:
    """Read one data sheet. Raises InvalidProfile naming file and field."""
    reader = _Reader(file)
    try:
        given = yaml.load(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise reader.refuse("file", str(error)) from error
    top = reader.section(given, _TOP, "")
    demand = None
    if "demand" in given:
        demand = Demand(**reader.section(given["demand"], _DEMAND, "demand."))
    calls = []
    rows = given.get("calls") or []
    if not isinstance(rows, list):
        raise reader.refuse("calls", "must be a list")
    for index, row in enumerate(rows):
        name = row.get("to", index) if isinstance(row, dict) else index
        call = Call(**reader.section(row, _CALL, f"calls[{name}]."))
        if not call.streams and not call.requests:
            raise reader.refuse(f"calls[{name}]", "needs streams or requests")
        calls.append(call)
    profile = Profile(
        **top,
        demand=demand,
        calls=tuple(calls),
        service=Service(**reader.section(given.get("service"), _SERVICE, "service.")),
        resources=Resources(**reader.section(given.get("resources"), _RESOURCES, "resources.")),
        probes=Probes(**reader.section(given.get("probes"), _PROBES, "probes.")),
        scaling=Scaling(**reader.section(given.get("scaling") or {}, _SCALING, "scaling.")),
        origins=MappingProxyType(reader.origins),
    )
    _check(profile, reader)
    return profile


def _check(profile: Profile, reader: _Reader) -> None:
    """Refuse what each field allows and all together do not."""
    service, takes = profile.service, profile.resources
    if bool(profile.counter) != (profile.demand is not None):
        raise reader.refuse("demand", "a counter needs a demand, and the other way round")
    if service.model == "batch" and not service.batches:
        raise reader.refuse("service.batches", "required for model batch")
    if service.model == "session" and not (service.streams or profile.scaling.slots):
        raise reader.refuse("scaling.slots", "required for model session without GPU streams")
    if (service.streams or service.batches) and not takes.gpus:
        raise reader.refuse("resources.gpus", "required where GPUs serve")
    if service.cold < 1:
        raise reader.refuse("service.cold", "must be 1 or more: a cold process is no faster")
    if takes.headroom < 1:
        raise reader.refuse(
            "resources.headroom", "must be 1 or more: a limit is not below its request"
        )


class Profiles(Mapping[str, Profile]):
    """The profiles of a tenant's workloads by name, in the order in which they depend.

    A workload comes after those that it calls. Raises InvalidProfile where a name is unknown,
    stands twice, or the calls go in a circle.
    """

    def __init__(self, profiles: Iterable[Profile]) -> None:
        given: dict[str, Profile] = {}
        for profile in profiles:
            if profile.name in given:
                raise InvalidProfile(f"{profile.name}.yaml: name: stands twice")
            given[profile.name] = profile
        self._rows: dict[str, Profile] = {}
        for name in sorted(given):
            self._place(name, given, ())

    def _place(self, name: str, given: Mapping[str, Profile], path: tuple[str, ...]) -> None:
        if name in self._rows:
            return
        if name in path:
            circle = " → ".join((*path[path.index(name) :], name))
            raise InvalidProfile(f"{name}.yaml: calls: go in a circle: {circle}")
        profile = given[name]
        for callee in (*(call.to for call in profile.calls), *profile.behind):
            if callee not in given:
                raise InvalidProfile(f"{name}.yaml: calls: there is no profile {callee!r}")
            self._place(callee, given, (*path, name))
        self._rows[name] = profile

    def __getitem__(self, name: str) -> Profile:
        return self._rows[name]

    def __iter__(self) -> Any:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def by_counter(self, counter: str) -> Profile:
        """Return the profile whose demand a tenant's counter is. Raises KeyError."""
        for profile in self._rows.values():
            if profile.counter == counter:
                return profile
        raise KeyError(counter)


@cache
def profiles() -> Profiles:
    """Return the shipped profiles."""
    folder = resources.files(__package__).joinpath("profiles")
    return Profiles(
        read_profile(file.read_text("utf-8"), file.name)
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".yaml")
    )
