"""The plain records that pass between features and adapters, and the words that name them.

Instants are integer nanoseconds since the Unix epoch: the orchestrator's own (wall) where a record
is kept, the cluster's where something happened in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

from ecp.texts import Language

Obj = dict[str, Any]
Mode = Literal["production", "demo"]
Phase = Literal["applying", "progressing", "ready", "stalled", "failed"]
"""applying: steps are left; progressing: pods are not all up; ready: all is available;
stalled: nothing moves any more; failed: the cluster refused an object."""

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


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant as it is kept. `target_ppm` is its SLA target in parts of a million."""

    tenant_id: str
    name: str
    namespace: str
    preset: str | None
    requirements: Mapping[str, int]
    options: Mapping[str, Any]
    target_ppm: int
    description: str
    created_at: int


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


class Clock(NamedTuple):
    """A cluster's instant (ns); another incarnation than before: the cluster began anew."""

    now_ns: int
    incarnation: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What a deploy asks for; None = choose (manifest), or as the tenant has it."""

    manifest_content: str | None = None
    manifest_id: str | None = None
    include_monitoring: bool = True
    enable_sla_tracking: bool = True
    failure_scenarios: bool = False
    failure_rates: Mapping[str, Any] | None = None
    allow_broken: bool = False
    strict_validation: bool = True
    create_tenant: bool = True


@dataclass(frozen=True, slots=True)
class Deployed:
    """What a deploy did: the release, whether it is a new revision, what came before.

    `cluster_reset`: the cluster began anew since the release before, nothing of which is there.
    """

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
