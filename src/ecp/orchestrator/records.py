"""The plain records that pass between features and adapters, and the words that name them.

Instants are integer nanoseconds since the Unix epoch: the orchestrator's own (wall) where a record
is kept, the cluster's where something happened in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

from ecp.texts import Language

Obj = dict[str, Any]
Mode = Literal["production", "demo"]
Phase = Literal[
    "rehearsing",
    "blocked",
    "applying",
    "progressing",
    "ready",
    "stalled",
    "failed",
    "superseded",
]
"""rehearsing: nothing was sent yet; blocked: nothing will be, its rehearsal or a later release
says so; applying: steps are left; progressing: pods are not all up; ready: all is available;
stalled: nothing moves any more; failed: the cluster refused an object; superseded: a later release
came before it was up."""
UNSENT: Final = ("rehearsing", "blocked")
"""Phases of releases of which nothing has been sent: what runs is an earlier one."""

MODES: tuple[Mode, ...] = ("production", "demo")


class Ref(NamedTuple):
    """An object as a manifest names it; `namespace` is "" for a cluster-scoped one."""

    api_version: str
    kind: str
    namespace: str
    name: str

    @property
    def word(self) -> str:
        """As kubectl writes it: deployment/web."""
        return f"{self.kind.lower()}/{self.name}"


State = Literal[
    "draft",
    "validated",
    "deploying",
    "running",
    "degraded",
    "failed",
    "stopping",
    "stopped",
    "deleted",
]
"""Where a tenant is in its life; `releases.Phase` is how far its last release has come."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant as it is kept. `target_ppm` is its SLA target in parts of a million.

    wanted   up, stopped (its pods are scaled to zero) or gone (it is being deleted)
    version  goes up by one with every change by who uses it
    """

    tenant_id: str
    name: str
    namespace: str
    preset: str | None
    requirements: Mapping[str, int]
    options: Mapping[str, Any]
    target_ppm: int
    description: str
    created_at: int
    owner: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    wanted: str = "up"
    state: State = "draft"
    state_since: int = 0
    version: int = 1


class Turn(NamedTuple):
    """What became of a tenant at an instant: state before and after, and the cause.

    A change of the tenant itself leaves its state. `facts` fill the text `turn.{cause}`.
    """

    at: int
    before: str
    state: str
    cause: str
    facts: Mapping[str, Any]


class Latest(NamedTuple):
    """What lists say of a tenant's last release."""

    id: int
    revision: int
    digest: str
    phase: str

    @property
    def deployment_id(self) -> str:
        return f"sim-deploy-{self.id}"


class Sought(NamedTuple):
    """Which tenants are wanted, in which order; None and "" = all.

    status    a state of a tenant, or a phase of its last release ("created": it has none)
    selector  requirements (key, operator, values) on labels, as Kubernetes' selectors have them
    word      in the id, the name, the owner or the description, of any case
    sort      a field of `SORTED`
    after     (value of the sorted field, tenant id) behind which to go on
    """

    preset: str | None = None
    status: str | None = None
    owner: str | None = None
    selector: Sequence[tuple[str, str, Sequence[str]]] = ()
    word: str = ""
    sort: str = "tenant_id"
    descending: bool = False
    after: tuple[str | int, str] | None = None


SORTED: Final = ("tenant_id", "name", "created_at", "owner", "preset", "state", "sla_target")
"""What tenants may be sorted by."""


class Found(NamedTuple):
    """Some tenants of many, each with its last release; `more` lie behind them."""

    rows: list[tuple[Tenant, Latest | None]]
    total: int
    more: bool


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest text that was generated, validated or deployed for a tenant, by its digest."""

    tenant_id: str
    digest: str
    text: str
    source: str
    valid: bool
    kept_at: int


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a release does to one object. `state`: pending, done, skipped or failed."""

    position: int
    action: Literal["apply", "prune"]
    ref: Ref
    body: Obj | None
    state: str = "pending"
    detail: str = ""


CONTRACT: Final = "contract"
"""The option of a tenant with its service hours, terms of maintenance, promised response time."""

ROLLBACK: Final = "rollback"
"""The option of a release that says what it went back to, from what, and whether by itself."""


@dataclass(frozen=True, slots=True)
class Release:
    """One bundle on its way. `began` is the cluster's instant of its first step."""

    id: int
    tenant_id: str
    revision: int
    digest: str
    phase: Phase
    options: Mapping[str, Any]
    began: int
    created_at: int
    detail: str = ""
    startup: Mapping[str, Any] = field(default_factory=dict)

    @property
    def deployment_id(self) -> str:
        """As the guide shows it: sim-deploy-123."""
        return f"sim-deploy-{self.id}"


class Message(NamedTuple):
    """What is said of a release on its way, numbered from 1; `at` is the cluster's instant (ns)."""

    sequence: int
    at: int
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Minute:
    """A closed minute of a tenant as the cluster's ledger numbers it."""

    sequence: int
    minute: str
    body: Mapping[str, Any]


class Statement(NamedTuple):
    """A month's statement as it was frozen; `frozen_at` is the orchestrator's instant.

    `ledger` is the cluster's life whose minutes it was made of. Its forms are kept apart.
    """

    id: int
    tenant_id: str
    ledger: str
    month: str
    revision: int
    input_hash: str
    evidence: str
    frozen_at: int


COLLECTED = "k8s-simulator"
"""The data source of figures that are drawn from closed minutes."""
WINDOWS: Final = "maintenance_windows"
"""The option of a tenant that keeps its windows of maintenance where its cluster keeps none."""

MEASURED: Final = "prober"
"""That of figures which are drawn from minutes of a real cluster."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A row of MonitoringData. Source: the integration guide's record, plus unit and instant."""

    tenant_id: str
    metric_type: str
    metric_name: str
    metric_value: float
    metric_unit: str
    data_source: str
    timestamp: str


class Answered(NamedTuple):
    """How a request that named a key was answered; `asked` is the fingerprint of the request."""

    asked: str
    status: int
    media: str
    body: bytes


class Page(NamedTuple):
    """Some tenants of many."""

    tenants: list[Tenant]
    total: int


class Target(NamedTuple):
    """The cluster that releases of a mode go to. `name` is what a real one is confirmed by.

    One that is not said rightly has none: the text key `why`, filled with `values`, says so.
    """

    method: Literal["k8s-simulator", "kubernetes"]
    name: str
    read_only: bool = False
    why: str = ""
    values: Mapping[str, str] = MappingProxyType({})

    @property
    def real(self) -> bool:
        return self.method == "kubernetes"


class Clock(NamedTuple):
    """A cluster's instant (ns); another incarnation than before: the cluster began anew.

    pace    how its clock goes, as the simulator says it; empty where it is the wall clock
    """

    now_ns: int
    incarnation: str
    pace: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Wish:
    """What a deploy asks for; None = choose (manifest, waves), or as the tenant has it.

    waves           ordered, or wait: each wave until those before it are available
    wave_timeout_s  how long a wave waits, in the cluster's time
    rehearse        what is rehearsed before anything is sent (`releases.gate`); None = nothing
    on_failure      rollback: to the last revision that was up, by itself, when this does not start
    confirm         the name of a real cluster, said by who means it
    at_once         answer once all is written down, before anything is sent
    versions        of services, as the catalogue of images has them; the others stay
    burn            back by itself where it burns the budget too fast after it began; None = not
    """

    manifest_content: str | None = None
    manifest_id: str | None = None
    include_monitoring: bool = True
    enable_sla_tracking: bool = True
    failure_scenarios: bool = False
    failure_rates: Mapping[str, Any] | None = None
    allow_broken: bool = False
    strict_validation: bool = True
    create_tenant: bool = True
    waves: str | None = None
    wave_timeout_s: float = 600.0
    rehearse: Mapping[str, Any] | None = None
    on_failure: str = "stay"
    confirm: str = ""
    at_once: bool = False
    versions: Mapping[str, str] | None = None
    burn: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Deployed:
    """What a deploy did: the release, whether it is a new revision, what came before.

    `tenant`: as it was deployed for; it may have been deleted since.
    `cluster_reset`: the cluster began anew since the release before, nothing of which is there.
    """

    tenant: Tenant
    release: Release
    steps: Sequence[Step]
    new_revision: bool
    tenant_created: bool
    warnings: Sequence[Any] = ()
    source: str = ""
    cluster_reset: bool = False


@dataclass(frozen=True, slots=True)
class Generated:
    """A manifest made for a tenant: YAML, files by name, and what it was sized to."""

    text: str
    digest: str
    files: Mapping[str, str]
    resources: Mapping[str, Any]


class ToJudge(NamedTuple):
    """A manifest to be judged; `strict` as the server's field validation: Strict or Warn.

    namespace   where its objects without one go
    version     of Kubernetes, such as "1.36"
    bundle      the objects are wanted too
    room        the nodes it is for, as `ClusterPort.room` gives them; "" = they are not known
    """

    manifest: str
    namespace: str
    version: str
    strict: bool
    language: Language
    bundle: bool = False
    room: str = ""


class Judged(NamedTuple):
    """What became of it.

    valid     the server would refuse nothing
    stops     findings that stop a release, and `said` those that are said only; as JSON, the first
              thousand of both together
    findings, errors, broken   how many there are in all, and of two severities
    kinds     the first object of each kind, and `own` the kinds that CRDs among them bring
    objects   those with a kind, in order, where they are wanted; without the unknown fields where
              the server would drop them
    placed    every object says its namespace, or is of a kind without one
    """

    valid: bool
    stops: list[Obj]
    said: list[Obj]
    findings: int
    errors: int
    broken: int
    kinds: list[Ref]
    own: list[tuple[str, str]]
    objects: list[Obj]
    documents: int
    version: str
    summary: Obj
    placed: bool


AT_WORK: Final = ("queued", "running")
"""States of a rehearsal on which somebody works."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A rehearsal as it is kept: `done` of `runs` runs; `verdict` is empty until it is done.

    state   queued, running, done, failed, cancelled; interrupted: the process ended under it
    detail  why it stopped: a text key, or one with values as JSON
    """

    id: int
    name: str
    kind: Literal["rehearsal", "campaign"]
    state: str
    runs: int
    done: int
    created_at: int
    ended_at: int | None
    verdict: Mapping[str, Any]
    detail: str


class Reached(NamedTuple):
    """What answered at a URL: HTTP status, media type, the first bytes."""

    status: int
    media: str
    content: bytes


OPEN: Final = ("pending", "firing", "acknowledged")
"""States of an alert that is not over."""

SEVERITIES: Final = ("info", "warning", "critical")
"""Ascending."""


@dataclass(frozen=True, slots=True)
class Alert:
    """What a rule found of a tenant, from the first sight to its end; kept for ever.

    fingerprint   rule and subject of the tenant: one alert at a time is open under it
    subject       what of the tenant: a resource of a quota, the name of a custom rule, ""
    severity      the highest that it had
    values        what fills the rule's words: figures, limits, text keys
    chain         what it follows from, in words by language: `sentence` and `links`
    simulated     the cluster does not run at pace 1: said as [SIM]
    at            the cluster's instant (RFC 3339) that it was last judged at, "" without one
    clear_at      when it was first seen not to hold any more; None while it holds
    """

    id: int
    fingerprint: str
    tenant_id: str
    rule: str
    subject: str
    severity: str
    state: str
    values: Mapping[str, Any]
    chain: Mapping[str, Any]
    simulated: bool
    at: str
    began_at: int
    fired_at: int | None = None
    acknowledged_at: int | None = None
    acknowledged_by: str = ""
    clear_at: int | None = None
    resolved_at: int | None = None


class AlertEvent(NamedTuple):
    """Something that happened to an alert; `id` grows over all alerts of a mode."""

    id: int
    alert_id: int
    at: int
    what: str
    who: str
    detail: str


class AlertRoute(NamedTuple):
    """Who is told of what: alerts of a tenant ("" = all), from a severity on, by a rule.

    `target` is a secret: a URL of Apprise or of a webhook, or env:NAME of a variable that holds
    one. `rule` is "" for all rules, else custom:NAME.
    """

    id: int
    name: str
    kind: str
    target: str
    tenant_id: str
    rule: str
    severity: str
    language: str
    simulated: bool
    resolved: bool
    enabled: bool
    created_at: int


class Silence(NamedTuple):
    """Alerts that match are not told of until then. `matchers`: field to words, `*` for any."""

    id: int
    matchers: Mapping[str, str]
    until: int
    who: str
    why: str
    created_at: int
    ended_at: int | None


class CustomRule(NamedTuple):
    """A tenant's own rule: a condition that has to hold for `duration_s`."""

    tenant_id: str
    name: str
    condition: str
    duration_s: int
    severity: str
    actions: Sequence[str]
    created_at: int


class Delivery(NamedTuple):
    """Telling one route one thing of an alert: written down before it is done.

    what    the severity at which it fires, or `resolved`
    state   pending, sending, sent, failed (for good), dropped (nobody needs it any more),
            uncertain (the process ended under it: it may have arrived, so it is not sent again)
    """

    id: int
    alert_id: int
    route_id: int
    what: str
    state: str
    attempt: int
    next_at: int
    sent_at: int | None
    detail: str


class Registry(NamedTuple):
    """Where images are: `host` and `prefix`, as in harbor.example:5000 and mirror.

    `rewrites`: whose images it stands in for (a beginning of their names), "" = nobody's.
    `password` is a secret: itself, or env:NAME of a variable that holds it.
    """

    name: str
    host: str
    prefix: str
    rewrites: str
    username: str
    password: str
    created_at: int


class ImageVersion(NamedTuple):
    """A version of a service that may be deployed.

    `facts`: what is known of its image ("start": "40s", `images.model.FACTS`); what is not said is
    as the shipped facts have it.
    """

    id: int
    service: str
    version: str
    image: str
    facts: Mapping[str, str]
    note: str
    created_at: int


Outcome = Literal["done", "refused", "failed"]


class AuditEntry(NamedTuple):
    """Who did what, when, from where, to which tenant and cluster, and what came of it.

    actor_from  proxy (a proxy in front named a user), address (only that is known), system
    refs        ids of what was made or changed: deployment_id, alert_id, …
    status      of the answer, 0 for what nobody asked for; `code` is that of a problem
    """

    at: int
    actor: str
    action: str
    actor_from: str = "system"
    address: str = ""
    agent: str = ""
    outcome: Outcome = "done"
    status: int = 0
    code: str = ""
    method: str = ""
    route: str = ""
    tenant_id: str = ""
    target_kind: str = ""
    target: str = ""
    refs: Mapping[str, str] = MappingProxyType({})
    request_id: str = ""
    duration_us: int = 0
    id: int = 0


class AuditSought(NamedTuple):
    """Which entries of the audit log are wanted; `before` is an id, the others instants.

    `failures` are the types of failures whose titles have `words` in them: those are meant, too.
    """

    tenant: str | None = None
    actor: str | None = None
    action: str | None = None
    outcome: Outcome | None = None
    since: int | None = None
    until: int | None = None
    words: str | None = None
    failures: tuple[str, ...] = ()
    before: int | None = None
    limit: int = 100


class Telling(NamedTuple):
    """What is handed to a notifier: kind and target of the route, and the message.

    `key` is one for a delivery, however often it is tried: who gets it twice can tell.
    """

    kind: str
    target: str
    key: str
    severity: str
    title: str
    text: str
    body: Obj


class Used(NamedTuple):
    """What a container of a pod took: milli-CPU, bytes."""

    pod: str
    container: str
    cpu: float
    memory: float


class Surveyed(NamedTuple):
    """What is in namespaces, at the cluster's instant (ns; 0: as it was before, or not read yet).

    objects  the same list, and in it the same objects, for as long as they are as they were
    missing  kinds that may not be listed, each with the words of the refusal
    reading  kinds that are being read for the first time
    """

    now: int
    objects: Sequence[Obj]
    missing: Mapping[str, str]
    reading: Sequence[str] = ()


class Gathered(NamedTuple):
    """A namespace as it was looked at.

    missing  what could not be read, as words
    quantiles  response times by Service: share to seconds
    """

    cluster: str
    version: str
    objects: Sequence[Obj]
    pods: Sequence[Obj]
    events: Sequence[Obj]
    nodes: Sequence[Obj]
    used: Sequence[Used]
    quantiles: Mapping[str, Mapping[float, float]] = {}
    missing: Sequence[str] = ()


def at_pace(clock: Mapping[str, Any]) -> bool:
    """Whether a cluster's time is the time of people: neither paused, stepped nor warped, at speed
    1. Who says nothing of it (a real cluster) goes with the wall clock."""
    moved = clock.get("paused") or clock.get("warping_to")
    return clock.get("speed", 1) == 1 and not moved
