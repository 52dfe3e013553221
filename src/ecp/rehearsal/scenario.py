"""A scenario file: what is deployed, who asks, what goes wrong, what is claimed, for how long.

    scenario: node-lost
    title: {en: A node is lost at noon, ko: 정오에 노드를 잃는 경우}
    manifests: [../chatbot.yaml]
    cluster: default                 # {file: own.yaml}, {snapshot: kept.snapshot}, {live: default}
    demand: {namespace: acme, units: {chatbot: 200}, shape: {weekdays: {mon: 1.2}},
             contract: {service_hours: {chatbot: "09:00-18:00"}, response_time_ms: 2000}}
    faults: ["node_down@2h+30m"]     # {fault: …, abort: ["availability < 50 for 1m"]}, an object
    changes: [{at: 1h, manifests: [next.yaml]}]
    hypotheses: ["availability >= 99.5", "ready within 5m"]
    for: 24h
    seed: 0
    expect: passed

Everything but `scenario` and `manifests` may be left out. In the place of manifests a tenant may
stand, which brings its demand, its contract and its target too: `tenant: acme`, as the orchestrator
keeps it, or `tenant: {name: acme, units: {callbot: 10}}`, which is sized and generated here. What a
scenario reads is in it once it is read, so that a result can be repeated from its own file.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, NoReturn

from ecp.kube import durations
from ecp.kube.yaml import Document, Path, Position, read
from ecp.rehearsal import hypotheses
from ecp.rehearsal.grounds import BadGround, Ground, Kept, Land, Load, ground_of, sized
from ecp.rehearsal.hypotheses import Hypothesis, HypothesisRefused
from ecp.rehearsal.run import Demand
from ecp.rehearsal.sheets import sheets
from ecp.sim.clusters import MODELS
from ecp.sim.clusters import check as check_model
from ecp.sim.faults import BOUNDS, FaultRefused, bounded_line, object_line
from ecp.sim.faults import parse as parse_fault
from ecp.sim.faults.chaos import complaints
from ecp.slo.contract import JUDGED, judged_by
from ecp.slo.credits import percent_to_ppm
from ecp.slo.errors import InputError
from ecp.texts import Language, text
from ecp.validation import Source
from ecp.workloads.profiles import profiles
from ecp.workloads.shaping import InvalidShape, written
from ecp.workloads.sheet import COUNTERS, GPU_TYPES

FIELDS: Final = (
    "scenario", "title", "manifests", "tenant", "cluster", "demand", "faults", "changes",
    "hypotheses", "target", "for", "seed", "expect",
)  # fmt: skip
LONGEST: Final = 366 * 86_400_000_000_000
SHORTEST: Final = 5_000_000_000
MOST_UNITS: Final = 1_000_000
PASSED, FAILED = "passed", "failed"
_DEMAND = ("namespace", "units", "load", "shape", "failure_scenarios", "contract")
_TENANT = ("name", "units", "load", "shape", "sla", "contract", "gpu_type")
_CLUSTER = ("file", "snapshot", "live")


class ScenarioRefused(ValueError):
    """The file is no scenario: where (line and column from 1), and why in both languages."""

    def __init__(self, source: str, position: Position | None, key: str, **values: str) -> None:
        place = "" if position is None else f":{position.line}:{position.column}"
        self.where = f"{source}{place}"
        self.key, self.values = key, values
        super().__init__(self.said("en"))

    def said(self, language: Language) -> str:
        """Return place and sentence."""
        return f"{self.where}: {text(self.key, language, **self.values)}"


class Step(NamedTuple):
    """Manifests that are applied `after` (ns) from the first probe on."""

    after: int
    sources: tuple[Source, ...]


class Scenario(NamedTuple):
    """A scenario as it is rehearsed; durations in ns, the target in ppm, expect passed | failed.

    `assumed` has figures of data sheets that are others than the shipped ones, in the sheets'
    units: {"chatbot.service.time": 0.06}.
    """

    name: str
    title: Mapping[str, str]
    sources: tuple[Source, ...]
    model: str
    length: int
    seed: int
    target_ppm: int
    demand: Demand | None
    faults: tuple[str, ...]
    changes: tuple[Step, ...]
    hypotheses: tuple[Hypothesis, ...]
    expect: str
    land: Land = Land()
    assumed: Mapping[str, float] = {}

    def called(self, language: Language) -> str:
        """Return its title, its name where it has none."""
        return self.title.get(language) or self.title.get("en") or self.name

    def plain(self) -> dict[str, Any]:
        """Return it as plain data, from which `from_plain` makes it again."""
        return {
            "scenario": self.name,
            "title": dict(self.title),
            "sources": _plain_sources(self.sources),
            "cluster": self.model,
            "for": f"{self.length}ns",
            "seed": self.seed,
            "target_ppm": self.target_ppm,
            "demand": None if self.demand is None else self.demand.plain(),
            "faults": list(self.faults),
            "changes": [[step.after, _plain_sources(step.sources)] for step in self.changes],
            "hypotheses": [claim.text for claim in self.hypotheses],
            "expect": self.expect,
            **({"land": self.land.plain()} if self.land else {}),
            **({"assumed": dict(self.assumed)} if self.assumed else {}),
        }


def from_plain(plain: Mapping[str, Any]) -> Scenario:
    """Return the scenario that `plain` wrote; raises KeyError, TypeError or ValueError if not."""
    demand = plain["demand"]
    return Scenario(
        plain["scenario"],
        plain["title"],
        _sources(plain["sources"]),
        plain["cluster"],
        durations.parse(plain["for"]),
        plain["seed"],
        plain["target_ppm"],
        None if demand is None else Demand(**demand),
        tuple(plain["faults"]),
        tuple(Step(after, _sources(rows)) for after, rows in plain["changes"]),
        tuple(hypotheses.parse(line) for line in plain["hypotheses"]),
        plain["expect"],
        Land.from_plain(plain.get("land") or {}),
        plain.get("assumed") or {},
    )


def check_playable(scenario: Scenario) -> None:
    """Raises ValueError, or what it meets, for a scenario of plain data that nobody could play."""
    if not isinstance(scenario.seed, int) or not 0 <= scenario.seed < 1 << 63:
        raise ValueError("seed")
    if not SHORTEST <= scenario.length <= LONGEST:
        raise ValueError("for")
    if not scenario.land and scenario.model not in MODELS:
        raise ValueError("cluster")
    if scenario.land.spec is not None:
        check_model(scenario.land.spec)
    for name in scenario.assumed:
        if name.partition(".")[0] not in profiles():
            raise ValueError(name)
    scenario.land.cluster(scenario.seed, sheets(scenario.assumed))


def _plain_sources(sources: Sequence[Source]) -> list[list[str]]:
    return [[source.name, _decoded(source)] for source in sources]


def _decoded(source: Source) -> str:
    # Whatever is no UTF-8 is no manifest either; validation says so of what stands in its place.
    return source.text if isinstance(source.text, str) else source.text.decode("utf-8", "replace")


def _sources(rows: Sequence[Sequence[str]]) -> tuple[Source, ...]:
    return tuple(Source(content, name) for name, content in rows)


def parse(content: str | bytes, name: str, load: Load, ground: Ground | None = None) -> Scenario:
    """Read a scenario file called *name*.

    Raises ScenarioRefused, and what *load* and *ground* raise.
    """
    document = opened(content, name)
    return of_object(document.object, Places(name, document), load, ground)


def opened(content: str | bytes, name: str) -> Document:
    """Return the one document of a file. Raises ScenarioRefused."""
    documents = read(content, source=name, expand_lists=False)
    if len(documents) != 1:
        raise ScenarioRefused(name, None, "scenario.one-document")
    for problem in documents[0].errors:
        raise ScenarioRefused(name, problem.position, "scenario.yaml", detail=problem.message)
    return documents[0]


class Places:
    """Where the parts of a scenario stand: in its own file, or below a place in a grid."""

    def __init__(self, source: str, document: Document, below: Path = ()) -> None:
        self.source, self.document, self.below = source, document, below

    def refused(
        self, path: Path, key: str, *, at_key: bool = False, **values: str
    ) -> ScenarioRefused:
        position = self.document.locate((*self.below, *path), key=at_key)
        return ScenarioRefused(self.source, position, f"scenario.{key}", **values)

    def refused_within(self, path: Path, column: int, key: str, values: dict[str, str]
                       ) -> ScenarioRefused:  # fmt: skip
        """Refuse what stands *column* letters into the text at *path*."""
        found = self.document.locate((*self.below, *path))
        line = self.document.text.splitlines()[found.line - self.document.first_line]
        quoted = line[found.column - 1 : found.column] in ("'", '"')
        place = found._replace(column=found.column + column + quoted)
        return ScenarioRefused(self.source, place, key, **values)


def of_object(raw: Any, places: Places, load: Load, ground: Ground | None = None) -> Scenario:
    """Return the scenario of an object; its places tell where a part of it stands."""
    reader = _Reader(raw, places, ground or Ground())
    name = reader.word("scenario")
    seed = reader.get("seed", 0)
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 1 << 63:
        raise places.refused(("seed",), "seed")
    length = reader.duration(("for",), reader.get("for", "24h"))
    if not SHORTEST <= length <= LONGEST:
        raise places.refused(("for",), "length", longest="366d")
    model, land = reader.cluster()
    expect = reader.get("expect", PASSED)
    if expect not in (PASSED, FAILED):
        raise places.refused(("expect",), "expect")
    kept = reader.tenant()
    if kept is None or reader.get("manifests", None) is not None:
        sources = reader.manifests(("manifests",), reader.get("manifests", []), load)
    else:
        sources = tuple(kept.sources)
    return Scenario(
        name,
        reader.title(name),
        sources,
        model,
        length,
        seed,
        reader.percent(("target",), reader.get("target", kept and kept.target_ppm / 10_000)),
        reader.demand(kept),
        reader.faults(length),
        reader.changes(length, load),
        reader.hypotheses(),
        expect,
        land,
    )


class _Reader:
    """Reads the fields of one scenario; whatever is wrong is refused with its place."""

    def __init__(self, raw: Any, places: Places, ground: Ground) -> None:
        self.places = places
        self.ground = ground
        self.raw = self.fields((), raw, FIELDS)

    def get(self, field: str, default: Any) -> Any:
        found = self.raw.get(field)
        return default if found is None else found

    def fields(self, path: Path, raw: Any, known: Sequence[str]) -> dict[str, Any]:
        if not isinstance(raw, dict):
            raise self.places.refused(path, "fields", known=", ".join(known))
        for field in raw:
            if field not in known:
                raise self.places.refused(
                    (*path, field), "unknown", at_key=True, field=field, known=", ".join(known)
                )
        return raw

    def word(self, field: str) -> str:
        found = self.raw.get(field)
        if not isinstance(found, str) or not found.strip():
            raise self.places.refused((field,), "name")
        return found

    def title(self, name: str) -> dict[str, str]:
        found = self.get("title", name)
        if isinstance(found, str):
            return {"en": found, "ko": found}
        title = self.fields(("title",), found, ("en", "ko"))
        for language, said in title.items():
            self.text(("title", language), said)
        return title

    def text(self, path: Path, value: Any) -> str:
        if not isinstance(value, str) or not value:
            raise self.places.refused(path, "text")
        return value

    def list(self, path: Path, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self.places.refused(path, "list")
        return value

    def duration(self, path: Path, value: Any) -> int:
        try:
            return durations.parse(self.text(path, value))
        except durations.InvalidDuration:
            raise self.places.refused(path, "duration", word=str(value)) from None

    def manifests(self, path: Path, value: Any, load: Load) -> tuple[Source, ...]:
        found: list[Source] = []
        for number, name in enumerate(self.list(path, value)):
            found += load(self.text((*path, number), name))
        if not found:
            raise self.places.refused(path, "no-manifests")
        return tuple(found)

    def percent(self, path: Path, value: Any) -> int:
        try:
            return percent_to_ppm(99.5 if value is None else value, "target")
        except InputError:
            raise self.places.refused(path, "target") from None

    def cluster(self) -> tuple[str, Land]:
        """Return how the cluster is called in the report, and what it is where it is no model."""
        given = self.get("cluster", "default")
        path: Path = ("cluster",)
        if not isinstance(given, dict):
            if given not in MODELS:
                known = ", ".join((*MODELS, *(f"{{{way}: …}}" for way in _CLUSTER)))
                raise self.places.refused(path, "cluster", word=str(given), known=known)
            return str(given), Land()
        if len(self.fields(path, given, _CLUSTER)) != 1:
            raise self.places.refused(path, "one-cluster", known=", ".join(_CLUSTER))
        way, named = next(iter(given.items()))
        name = self.text((*path, way), named)
        try:
            return ground_of(self.ground, way, name)
        except BadGround as error:
            self.bad_ground((*path, way), error)

    def bad_ground(self, path: Path, error: BadGround) -> NoReturn:
        place = self.places.document.locate((*self.places.below, *path))
        raise ScenarioRefused(
            self.places.source, place, f"scenario.{error.key}", **error.values
        ) from error

    def tenant(self) -> Kept | None:
        """Return what a tenant brings: kept elsewhere by its name, or sized and generated now."""
        given = self.raw.get("tenant")
        path: Path = ("tenant",)
        if given is None:
            return None
        try:
            if isinstance(given, str):
                return self.ground.tenant(given)
            fields = self.fields(path, given, _TENANT)
            units = self.units(path, "units", fields.get("units"), COUNTERS)
            gpu = fields.get("gpu_type")
            if gpu is not None and gpu not in GPU_TYPES:
                raise self.places.refused((*path, "gpu_type"), "unknown", field=str(gpu),
                                          known=", ".join(GPU_TYPES))  # fmt: skip
            return sized(
                self.text((*path, "name"), fields.get("name")),
                units,
                load=self.units(path, "load", fields.get("load") or {}),
                shape=self.shape((*path, "shape"), fields.get("shape")),
                target_ppm=self.percent((*path, "sla"), fields.get("sla")),
                contract=self.contract((*path, "contract"), fields.get("contract"), units) or {},
                gpu_type=gpu,
            )
        except BadGround as error:
            self.bad_ground(path, error)

    def shape(self, path: Path, given: Any) -> dict[str, Any] | None:
        try:
            return written(given)
        except InvalidShape as error:
            parts = error.field.split(".") if error.field != "shape" else []
            raise self.places.refused((*path, *parts), "shape", field=error.field,
                                      detail=error.why) from error  # fmt: skip

    def contract(self, path: Path, given: Any, units: Mapping[str, int]) -> dict[str, Any] | None:
        """Read by what slots are judged, as a tenant's contract says it; None: not said."""
        if given is None:
            return None
        try:
            return judged_by(self.fields(path, given, JUDGED), units)
        except InputError as error:
            raise self.places.refused((*path, *error.field.split(".")), "contract",
                                      field=error.field, detail=str(error)) from error  # fmt: skip

    def demand(self, kept: Kept | None) -> Demand | None:
        raw = self.raw.get("demand")
        if raw is None:
            return None if kept is None else kept.demand
        fields = self.fields(("demand",), raw, _DEMAND)
        failures = fields.get("failure_scenarios", False)
        if not isinstance(failures, bool):
            raise self.places.refused(("demand", "failure_scenarios"), "switch")
        usual = Demand("", {}) if kept is None else kept.demand
        path: Path = ("demand",)
        units = self.units(path, "units", fields.get("units") or dict(usual.units) or None)
        said = self.contract((*path, "contract"), fields.get("contract"), units)
        return Demand(
            self.text((*path, "namespace"), fields.get("namespace") or usual.namespace),
            units,
            self.units(path, "load", fields.get("load") or dict(usual.load)),
            failures,
            self.shape((*path, "shape"), fields.get("shape")) or usual.shape,
            usual.contract if said is None else said,
        )

    def units(self, path: Path, field: str, raw: Any, known: Sequence[str] = ()) -> dict[str, int]:
        units = self.fields((*path, field), raw, known or tuple(profiles()))
        for name, number in units.items():
            whole = isinstance(number, int) and not isinstance(number, bool)
            if not whole or not 0 <= number <= MOST_UNITS:
                raise self.places.refused((*path, field, name), "units", most=str(MOST_UNITS))
        return units

    def faults(self, length: int) -> tuple[str, ...]:
        found, lines = self.list(("faults",), self.get("faults", [])), list[str]()
        for number, line in enumerate(found):
            path: Path = ("faults", number)
            if isinstance(line, dict) and "fault" not in line:
                lines.append(self.chaos(path, line, length))
                continue
            bounds: dict[str, Any] = {}
            if isinstance(line, dict):
                bounds = self.bounds(path, line)
                path, line = (*path, "fault"), line["fault"]
            try:
                plan = parse_fault(self.text(path, line))
                if bounds:
                    line = bounded_line({"fault": line, **bounds})
            except FaultRefused as error:
                raise self.places.refused_within(path, 0, error.key, error.values) from error
            self.within(path, plan.after, length)
            lines.append(line)
        return tuple(lines)

    def bounds(self, path: Path, said: dict[str, Any]) -> dict[str, Any]:
        """Read what stands beside a fault's line: {fault: …, abort: […], max_percent: 50}."""
        found = {key: value for key, value in self.fields(path, said, ("fault", *BOUNDS)).items()
                 if key != "fault" and value is not None}  # fmt: skip
        for key in ("only", "abort", "steady"):
            for number, one in enumerate(self.list((*path, key), found.get(key, []))):
                self.text((*path, key, number), one)
        most = found.get("max_percent", 0)
        if isinstance(most, bool) or not isinstance(most, int | float) or not 0 <= most <= 100:
            raise self.places.refused((*path, "max_percent"), "share")
        if not isinstance(found.get("force", False), bool):
            raise self.places.refused((*path, "force"), "switch")
        return found

    def chaos(self, path: Path, said: dict[str, Any], length: int) -> str:
        """Read a chaos object, which begins with the first probe, or {at, object}."""
        after, obj, place = 0, said, path
        if "apiVersion" not in said:
            self.fields(path, said, ("at", "object"))
            when: Path = (*path, "at")
            after = self.within(when, self.duration(when, said.get("at")), length)
            obj, place = said.get("object") or {}, (*path, "object")
        for one in complaints(obj):
            where = (*place, *one.place)
            raise self.places.refused(where, "chaos", at_key=one.key, detail=one.what)
        return object_line(after, obj)

    def within(self, path: Path, after: int, length: int) -> int:
        if after >= length:
            raise self.places.refused(path, "too-late", end=durations.spell(length))
        return after

    def changes(self, length: int, load: Load) -> tuple[Step, ...]:
        found = []
        for number, raw in enumerate(self.list(("changes",), self.get("changes", []))):
            path: Path = ("changes", number)
            fields = self.fields(path, raw, ("at", "manifests"))
            after = self.duration((*path, "at"), fields.get("at"))
            self.within((*path, "at"), after, length)
            sources = self.manifests((*path, "manifests"), fields.get("manifests"), load)
            found.append(Step(after, sources))
        return tuple(found)

    def hypotheses(self) -> tuple[Hypothesis, ...]:
        found = []
        for number, line in enumerate(self.list(("hypotheses",), self.get("hypotheses", []))):
            path: Path = ("hypotheses", number)
            try:
                found.append(hypotheses.parse(self.text(path, line)))
            except HypothesisRefused as error:
                raise self.places.refused_within(
                    path, error.column, error.key, error.values
                ) from error
        return tuple(found)
