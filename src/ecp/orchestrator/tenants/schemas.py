"""Requests and answers about tenants."""

import re
from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints, field_validator

from ecp.edge.bodies import Body
from ecp.kube.times import rfc3339
from ecp.orchestrator.records import CONTRACT, WINDOWS, Latest, Release, Tenant, Turn
from ecp.orchestrator.tenants.model import COUNTERS, SHAPE, TIMEZONE, percent
from ecp.orchestrator.tenants.wording import told
from ecp.texts import Language, text

Count = Annotated[int, Field(ge=0, le=100_000)]
Word = Annotated[str, StringConstraints(max_length=200)]
DERIVED: Final = ("nlp", "aicm")
"""Services that all callers share: what is asked of them is sized from who calls, not given."""
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*%?")


class Requirements(Body):
    """The seven counters: how much of each service the tenant needs."""

    callbot: Count = Field(0, description="channels")
    chatbot: Count = Field(0, description="users")
    advisor: Count = Field(0, description="agents")
    stt: Count = Field(0, description="stand-alone channels")
    tts: Count = Field(0, description="stand-alone channels")
    ta: Count = Field(0, description="requests a day")
    qa: Count = Field(0, description="requests a day")
    nlp: Count | None = Field(None, description="taken and not used: follows from the others")
    aicm: Count | None = Field(None, description="taken and not used: follows from the others")

    def counters(self) -> dict[str, int]:
        """Return the seven."""
        return {name: getattr(self, name) for name in COUNTERS}

    def unused(self) -> list[str]:
        """Return which were given that have no effect: the example clients send them."""
        return [name for name in DERIVED if getattr(self, name)]


class Calculation(Requirements):
    """What to size and to price; only the counters are needed."""

    gpu_type: Word | None = Field(None, examples=["t4"])
    cloud_provider: Word | None = Field(None, description="iaas, ncp, aws, gcp, azure")
    infrastructure: Literal["dedicated", "shared"] = Field(
        "dedicated", description="shared: the databases and the way in are the platform's"
    )


class Target(Body):
    """What the tenant is promised; response time and users are kept, availability is measured."""

    availability: float = Field(99.5, ge=0, lt=100, description="percent", examples=[99.5])
    response_time: Word | int | None = None
    concurrent_users: Count | None = None

    @field_validator("availability", mode="before")
    @classmethod
    def _as_percent(cls, value: Any) -> Any:
        """Take "99.5%" too, as the example clients write it."""
        match = _PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
        return float(match[1]) if match else value


class Ingress(Body):
    """How a tenant is reached from outside; without a certificate: by HTTP."""

    host: Word = Field("", examples=["acme.example.com"])
    secret: Word = Field("", description="the Secret of the namespace with its certificate and key")
    issuer: Word = Field(
        "", description="the ClusterIssuer by which cert-manager makes it", examples=["letsencrypt"]
    )
    certificate: Annotated[str, StringConstraints(max_length=500)] = Field(
        "", description="one of the provider's: aws its ARN, ncp its number, gcp its name"
    )


class Changes(Body):
    """What may change of a tenant; what is left out stays."""

    name: Word | None = None
    preset: Word | None = None
    service_requirements: Requirements | None = None
    sla_target: Target | float | None = None
    description: Annotated[str, StringConstraints(max_length=2000)] | None = None
    owner: Word | None = Field(None, description="who answers for it", examples=["team-voice"])
    labels: dict[str, str | None] | None = Field(
        None,
        description="as Kubernetes has them; PATCH changes those that are named (null: away), PUT "
        "replaces all",
        examples=[{"tier": "gold"}],
    )
    timezone: Word | None = Field(
        None, description="of its months and service hours", examples=["Asia/Seoul"]
    )
    gpu_type: Word | None = Field(None, examples=["t4"])
    cloud_provider: Word | None = Field(None, examples=["iaas"])
    ingress: Ingress | None = Field(
        None, description="host and certificate; what is generated then has an Ingress; {}: none"
    )
    mode: Word | None = Field(
        None, description="large: infrastructure of its own, as every tenant has here; no other"
    )
    seed: int | None = Field(None, description="refused: a cluster has a seed, a tenant has none")

    @field_validator("mode")
    @classmethod
    def _offered(cls, value: str | None) -> str | None:
        if value not in (None, "large"):
            raise ValueError(
                "only large is offered: every tenant gets infrastructure of its own, none is shared"
            )
        return value

    @field_validator("seed")
    @classmethod
    def _not_here(cls, value: int | None) -> int | None:
        if value is not None:
            raise ValueError(
                "a tenant has none: chance is the cluster's (POST /api/v1/clusters takes a seed)"
            )
        return value


class NewTenant(Changes):
    """A tenant to be; only the id is needed."""

    tenant_id: str = Field(examples=["my-ai-service"])
    namespace: Word | None = Field(None, description="default: {tenant_id}-ecp-ai")


class Clone(Body):
    """The names of a copy; everything else is as the origin has it."""

    tenant_id: str = Field(examples=["my-ai-service-2"])
    name: Word | None = None
    namespace: Word | None = Field(None, description="default: {tenant_id}-ecp-ai")
    owner: Word | None = Field(None, description="default: the origin's")


class Options(Body):
    """How a manifest is generated."""

    service_requirements: Requirements | None = None
    include_monitoring: bool = True
    include_ingress: bool = Field(
        False, description="an Ingress to the tenant's door, of the provider's class"
    )
    include: list[Literal["quota", "limits", "storage", "priority"]] = Field(
        [],
        description="quota and limits of the namespace; volumes that last; priorities, for which "
        "the cluster needs the classes of the platform (GET …/manifest?format=zip has them)",
    )
    include_secrets: bool = Field(
        False, description="passwords in plain; else a sentence, which deploying fills in"
    )
    namespace: None = Field(None, description="the tenant's own")
    gpu_type: Word | None = None
    cloud_provider: Word | None = None


class ToValidate(Body):
    """The guide's validation request."""

    tenant_id: str | None = Field(None, examples=["my-ai-service"])
    manifest_content: str = Field(
        examples=["apiVersion: v1\nkind: Namespace\nmetadata:\n  name: my-ai-service-ecp-ai\n"]
    )
    strict_validation: bool | None = Field(
        None, description="false: unknown fields are warnings; default: as the settings say"
    )
    target_simulator: bool = Field(True, description="also: does the simulator serve it?")
    kubernetes_version: Word | None = None


class Shape(Body):
    """What a tenant says of its demand; what is left out stays as the profiles have it."""

    calendar: Word | None = Field(None, description="KR or none", examples=["KR"])
    days: dict[Word, Word] | None = Field(
        None,
        description='single days: a name = off, "" = a working day',
        examples=[{"2026-05-04": "Founding day", "2026-06-03": ""}],
    )
    weekdays: dict[Word, float] | None = Field(
        None, description="factors, mon to sun", examples=[{"mon": 1.2}]
    )
    month_end: dict[Word, float] | None = Field(
        None,
        description="the last working `days` of a month and their `factor`",
        examples=[{"days": 3, "factor": 1.3}],
    )
    campaigns: list[dict[Word, Any]] | None = Field(
        None,
        description="name, start, end (with offset), factor; rise, fall, profiles if wanted",
        examples=[
            [
                {
                    "name": "Launch",
                    "start": "2026-03-02T09:00:00+09:00",
                    "end": "2026-03-06T18:00:00+09:00",
                    "factor": 2,
                    "rise": "2h",
                }
            ]
        ],
    )
    variation: float | Word | None = Field(
        None,
        description="coefficient of variation of whole days, drawn from the cluster's seed; "
        '"profile": the profiles\' own; default: days do not vary',
        examples=["profile"],
    )
    profiles: dict[Word, dict[Word, Any]] | None = Field(
        None,
        description="of a profile: sessions, duration, weights, timezone, weekend, holiday",
        examples=[{"callbot": {"sessions": 120, "duration": "4m"}}],
    )
    series: dict[Word, dict[Word, Any]] | None = Field(
        None,
        description="measured, by profile: csv, prometheus (what query_range answers) or values "
        "and start; unit, step, timezone, repeat",
        examples=[{"chatbot": {"csv": "time,value\n…", "unit": "count", "repeat": True}}],
    )
    follow: dict[Word, dict[Word, Any]] | None = Field(
        None,
        description="by profile, which figure told as an external metric is its demand: metric, "
        "unit, hold (how long a value holds; default 1h)",
        examples=[{"callbot": {"metric": "calls_per_minute", "unit": "per-minute"}}],
    )


def turn_json(turn: Turn, language: Language) -> dict[str, Any]:
    """Return what became of a tenant, in words too."""
    filling = dict(turn.facts)
    if turn.cause == "changed":
        filling["fields"] = told(filling, language)
    return {
        "at": rfc3339(turn.at),
        "from": turn.before or None,
        "state": turn.state,
        "cause": turn.cause,
        "facts": dict(turn.facts),
        "message": text(f"turn.{turn.cause}", language, **filling),
    }


FIELDS: Final = (
    "tenant_id", "name", "namespace", "preset", "status", "state", "state_since", "wanted",
    "owner", "labels", "timezone", "service_requirements", "sla_target", "options", "description",
    "created_at", "version", "deployment_id", "revision", "manifest_digest",
)  # fmt: skip
"""Of a tenant in lists, as `tenant_json` writes them."""


def tenant_json(tenant: Tenant, release: Release | Latest | None) -> dict[str, Any]:
    """Return a tenant as lists and details show it.

    `state` is where it is in its life; `status` is how far its last release has come.
    """
    contract = tenant.options.get(CONTRACT) or {}
    return {
        "tenant_id": tenant.tenant_id,
        "name": tenant.name,
        "namespace": tenant.namespace,
        "preset": tenant.preset,
        "status": "created" if release is None else release.phase,
        "state": tenant.state,
        "state_since": rfc3339(tenant.state_since) if tenant.state_since else None,
        "wanted": tenant.wanted,
        "owner": tenant.owner,
        "labels": dict(tenant.labels),
        "timezone": contract.get("timezone") or TIMEZONE,
        "service_requirements": dict(tenant.requirements),
        "sla_target": {"availability": percent(tenant.target_ppm)},
        "options": {k: v for k, v in tenant.options.items() if k not in (SHAPE, WINDOWS)},
        "description": tenant.description,
        "created_at": rfc3339(tenant.created_at),
        "version": tenant.version,
        "deployment_id": None if release is None else release.deployment_id,
        "revision": None if release is None else release.revision,
        "manifest_digest": None if release is None else release.digest,
    }
