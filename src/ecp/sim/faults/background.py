"""Faults that come by themselves: nodes, pods and workloads fail at stated rates, by chance.

Every subject fails by itself: the time to its next failure and how long it lasts are exponential
draws of the cluster's chance under the subject's own name and number, so one more pod shifts no
other draw. Only the earliest failure sets a timer, and nothing at all is there while no tenant has
them on. A failure is an ordinary fault with `origin` {"kind": "background", …}.

The exponential time between failures is the usual assumption for independent causes; measured ones
are a little burstier (Weibull, shape 0.7 to 0.8; Schroeder and Gibson, DSN 2006).
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from math import log1p
from typing import Any, NamedTuple

import yaml

from ecp.kube import durations
from ecp.kube.kinds import DEPLOYMENTS, NODES, PODS
from ecp.kube.pods import is_active
from ecp.sim.engine.chance import Chance
from ecp.sim.engine.engine import AT, MILLISECOND, ORDER, SECOND, Engine, Phase, Timer, live
from ecp.sim.faults.catalogue import InvalidFaultRow, catalogue
from ecp.sim.faults.faults import Faults
from ecp.sim.faults.refusal import FaultRefused
from ecp.sim.plans import Reader
from ecp.sim.store import Change
from ecp.texts import Language

HANDLER = "background"
BACKGROUND = "background"
"""The kind of origin of a fault that came by itself; also the cause of the timer."""

LEAST_MTBF = 60 * SECOND
LEAST_MTTR = SECOND
_FIELDS = {"name", "fault", "per", "mtbf", "mttr", "source"}
_RESOURCES = {"node": NODES, "pod": PODS, "workload": DEPLOYMENTS}
_SYSTEM = "kube-"
_GIVEN: Mapping[Language, str] = {"en": "given by the caller", "ko": "호출자가 지정"}


class Rate(NamedTuple):
    """How often one subject of the kind `per` fails, and for how long on the mean (ns).

    `mttr` None: the fault falls once and is over. `source` has an entry for each of the two, in
    each language.
    """

    name: str
    fault: str
    per: str
    mtbf: int
    mttr: int | None
    source: Mapping[str, Mapping[Language, str]]

    def to_json(self) -> dict[str, Any]:
        """Return it as the API gives it: `source` in English, `source_ko` in Korean."""
        return {
            "name": self.name,
            "fault": self.fault,
            "per": self.per,
            "mtbf": durations.spell(self.mtbf),
            "mttr": None if self.mttr is None else durations.spell(self.mttr),
            "source": self.said("en"),
            "source_ko": self.said("ko"),
        }

    def said(self, language: Language) -> dict[str, str]:
        """Return where each mean is from, in a language."""
        return {mean: words[language] for mean, words in self.source.items()}


def read_rates(text: str) -> dict[str, Rate]:
    """Read the file of rates. Raises InvalidFaultRow naming row and field."""
    found: dict[str, Rate] = {}
    for raw in yaml.safe_load(text)["rates"]:
        where = str(raw.get("name"))
        if set(raw) != _FIELDS:
            raise InvalidFaultRow(f"{where}: {sorted(set(raw) ^ _FIELDS)[0]}: missing or unknown")
        row = catalogue().get(raw["fault"])
        if row is None:
            raise InvalidFaultRow(f"{where}: fault: use one of {', '.join(catalogue())}")
        if raw["per"] not in _RESOURCES or raw["per"] != row.target:
            raise InvalidFaultRow(f"{where}: per: {row.name} hits a {row.target}")
        if not _is_said(raw["source"]):
            raise InvalidFaultRow(
                f"{where}: source: say where mtbf and mttr are from, each in ko and en"
            )
        mttr = None if raw["mttr"] is None else durations.parse(raw["mttr"])
        found[where] = Rate(
            where, raw["fault"], raw["per"], durations.parse(raw["mtbf"]), mttr, raw["source"]
        )
    return found


def _is_said(source: Any) -> bool:
    return set(source) == {"mtbf", "mttr"} and all(
        isinstance(words, dict) and set(words) == set(_GIVEN) and all(words.values())
        for words in source.values()
    )


@cache
def shipped_rates() -> dict[str, Rate]:
    """Return the rates by name, in the order of the file."""
    text = resources.files(__package__).joinpath("background.yaml").read_text("utf-8")
    return read_rates(text)


def chosen_rates(given: Mapping[str, Any] | None) -> dict[str, Rate]:
    """Return the shipped rates with those of a caller in their place.

    *given*: by name of the rate None (it does not come), or {"mtbf": "30d", "mttr": "5m"}, either
    of which may be missing. Raises FaultRefused.
    """
    rates = dict(shipped_rates())
    for name, wanted in (given or {}).items():
        rate = rates.get(name)
        if rate is None:
            raise FaultRefused("background.unknown-rate", name=name, targets=list(rates))
        if wanted is None:
            del rates[name]
            continue
        if not isinstance(wanted, Mapping) or not set(wanted) <= {"mtbf", "mttr"}:
            raise FaultRefused("background.bad-rate", name=name)
        source = dict(rate.source)
        if wanted.get("mtbf") is not None:
            rate = rate._replace(mtbf=_mean(name, "mtbf", wanted["mtbf"], LEAST_MTBF))
            source["mtbf"] = _GIVEN
        if wanted.get("mttr") is not None:
            if rate.mttr is None:
                raise FaultRefused("background.no-mttr", name=name, fault=rate.fault)
            rate = rate._replace(mttr=_mean(name, "mttr", wanted["mttr"], LEAST_MTTR))
            source["mttr"] = _GIVEN
        rates[name] = rate._replace(source=source)
    return rates


def _mean(name: str, field: str, value: Any, least: int) -> int:
    try:
        mean = durations.parse(str(value))
    except durations.InvalidDuration:
        mean = 0
    if not least <= mean <= 100 * 365 * 86_400 * SECOND:
        raise FaultRefused(
            "background.bad-mean",
            name=name,
            field=field,
            value=str(value),
            least=durations.spell(least),
        )
    return mean


class _Asked(NamedTuple):
    """A tenant that has them on: where, and at which rates."""

    namespace: str
    given: dict[str, Any] | None
    rates: dict[str, Rate]


# A subject: name of the rate, namespace ("" of a node), name.
_Subject = tuple[str, str, str]


class _Due(NamedTuple):
    """The next failure of a subject: when, and the mean it was drawn with (ns)."""

    at: int
    mtbf: int


class Background:
    """The faults that come by themselves in one cluster. The owner calls `observe`.

    Nodes belong to all: of the tenants that have them on, the last to say so sets their rates.
    """

    def __init__(self, engine: Engine, chance: Chance, read: Reader, faults: Faults) -> None:
        self._engine = engine
        self._chance = chance
        self._read = read
        self._faults = faults
        self._asked: dict[str, _Asked] = {}  # by tenant, the last to ask at the end
        self._due: dict[_Subject, _Due] = {}
        self._drawn: dict[_Subject, int] = {}  # draws so far
        self._timer: Timer | None = None
        engine.handle(HANDLER, self._fire)

    # -- asking -----------------------------------------------------------------------------------

    def turn(
        self, tenant: str, namespace: str, on: bool, given: Mapping[str, Any] | None = None
    ) -> None:
        """Turn them on or off for a tenant's namespace and the nodes.

        Off: what was to come does not, what runs ends now. *given* as for `chosen_rates`, which may
        refuse it: then nothing is changed.
        """
        if not on:
            if self._asked.pop(tenant, None) is not None:
                self._settle()
                self._end_those_of(tenant)
            return
        asked = _Asked(namespace, dict(given) if given else None, chosen_rates(given))
        if self._asked.get(tenant) == asked:
            return
        self._asked.pop(tenant, None)
        self._asked[tenant] = asked
        self._settle()

    def rates(self, tenant: str) -> dict[str, Rate]:
        """Return a tenant's rates by name; empty where they are off."""
        asked = self._asked.get(tenant)
        return {} if asked is None else asked.rates

    def given(self, tenant: str) -> dict[str, Any] | None:
        """Return what a tenant said of its rates."""
        asked = self._asked.get(tenant)
        return None if asked is None else asked.given

    def _settle(self) -> None:
        """Let exactly those subjects wait for a failure that are there and in question.

        Where a mean changed, what was to come is drawn anew: an exponential time has no memory.
        """
        wanted: dict[_Subject, Rate] = {}
        for per, resource in _RESOURCES.items():
            for obj in self._read.list(resource):
                meta = obj["metadata"]
                if per != "pod" or is_active(obj):
                    wanted.update(self._subjects(per, meta.get("namespace", ""), meta["name"]))
        self._due = {
            subject: due
            for subject, due in self._due.items()
            if subject in wanted and due.mtbf == wanted[subject].mtbf
        }
        for subject in sorted(wanted):
            if subject not in self._due:
                self._draw(subject, wanted[subject], self._engine.now)
        self._arm()

    def _end_those_of(self, tenant: str) -> None:
        for fault in self._faults.running():
            origin = fault.origin
            if origin["kind"] == BACKGROUND and origin["tenant"] == tenant:
                subject = (origin["rate"], *origin["subject"])
                if subject not in self._due:
                    self._faults.restore_from(fault.id)

    # -- subjects ---------------------------------------------------------------------------------

    def _subjects(self, per: str, namespace: str, name: str) -> Iterator[tuple[_Subject, Rate]]:
        """Yield the failures that one object is subject to."""
        found = self._asker(namespace if per != "node" else None)
        if found is not None:
            for rate in found[1].rates.values():
                if rate.per == per:
                    yield (rate.name, namespace, name), rate

    def _asker(self, namespace: str | None) -> tuple[str, _Asked] | None:
        """Return who was the last to ask for failures there (None: of the nodes)."""
        for tenant, asked in reversed(self._asked.items()):
            if namespace in (None, asked.namespace):
                return tenant, asked
        return None

    def observe(self, change: Change) -> None:
        """Take note of subjects that come and go."""
        if not self._asked:
            return
        per = _PER.get(change.resource)
        if per is None or (change.type == "MODIFIED" and per != "pod"):
            return
        gone = change.type == "DELETED" or (per == "pod" and not is_active(change.object))
        for subject, rate in self._subjects(per, *change.key):
            if gone:
                self._due.pop(subject, None)
                if per == "pod":
                    self._drawn.pop(subject, None)
            elif subject not in self._due:
                self._draw(subject, rate, change.at)
                self._arm()

    # -- chance -----------------------------------------------------------------------------------

    def _draw(self, subject: _Subject, rate: Rate, since: int) -> None:
        """Draw when the subject fails next."""
        wait = self._exponential(subject, rate.mtbf, MILLISECOND)
        self._due[subject] = _Due(since + wait, rate.mtbf)

    def _exponential(self, subject: _Subject, mean: int, step: int) -> int:
        """Return an exponential time with that mean in whole steps, at least one (ns)."""
        number = self._drawn.get(subject, 0)
        self._drawn[subject] = number + 1
        unit = self._chance.unit("background/" + "/".join(subject), number)
        # Rounded before it decides anything: a logarithm's last bit differs between machines.
        return max(1, round(-log1p(-unit) * mean / step)) * step

    def _arm(self) -> None:
        timer, first = self._timer, min((due.at for due in self._due.values()), default=None)
        if timer is not None and live(timer):
            if timer[AT] == first:
                return
            self._engine.cancel(timer)
        self._timer = None
        if first is not None:
            self._timer = self._engine.at(first, HANDLER, None, phase=Phase.FAULT, cause=BACKGROUND)

    def _fire(self, _: None) -> None:
        self._timer = None
        now = self._engine.now
        for subject in sorted(s for s, due in self._due.items() if due.at <= now):
            self._strike(subject)
        self._arm()

    def _strike(self, subject: _Subject) -> None:
        """Inject the failure of a subject, and draw its next one from its end on."""
        name, namespace, object_name = subject
        found = self._asker(namespace or None)
        assert found is not None
        tenant, asked = found
        rate = asked.rates[name]
        lasts = 0 if rate.mttr is None else self._exponential(subject, rate.mttr, SECOND)
        word = _WORDS[rate.per]
        body: dict[str, Any] = {"fault": rate.fault, "target": f"{word}/{object_name}"}
        if namespace:
            body["namespaces"] = [namespace]
        if lasts:
            body["duration"] = f"{lasts}ns"
        origin = {
            "kind": BACKGROUND,
            "tenant": tenant,
            "rate": name,
            "subject": [namespace, object_name],
            **{key: value for key, value in rate.to_json().items() if key not in ("name", "fault")},
        }
        try:
            self._faults.inject(body, origin=origin)
        except FaultRefused:
            lasts = 0  # nothing of it runs now: there is nothing that could fail
        self._draw(subject, rate, self._engine.now + lasts)

    # -- state ------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain data."""
        timer = self._timer
        return {
            "seed": self._chance.seed,
            "asked": [[name, row.namespace, row.given] for name, row in self._asked.items()],
            "due": [[*subject, *due] for subject, due in self._due.items()],
            "drawn": [[*subject, number] for subject, number in self._drawn.items()],
            "timer": timer[ORDER] if timer is not None and live(timer) else None,
        }

    def restore(self, state: Mapping[str, Any], timers: Mapping[int, Timer]) -> None:
        """Take over what `snapshot` returned; with another seed what is to come is drawn anew."""
        self._asked = {
            name: _Asked(namespace, given, chosen_rates(given))
            for name, namespace, given in state["asked"]
        }
        self._due = {(rate, ns, name): _Due(*due) for rate, ns, name, *due in state["due"]}
        self._drawn = {(rate, ns, name): number for rate, ns, name, number in state["drawn"]}
        self._timer = None if state["timer"] is None else timers[state["timer"]]
        if state["seed"] != self._chance.seed:
            self._due = {}
            self._settle()


_PER = {resource: per for per, resource in _RESOURCES.items()}
_WORDS = {"node": "node", "pod": "pod", "workload": "deployment"}
