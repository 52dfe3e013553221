"""Requests and answers about releases."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from ecp.edge.bodies import Body
from ecp.kube.times import rfc3339
from ecp.orchestrator.records import ROLLBACK, Message, Release, Step
from ecp.orchestrator.releases.gate import GATE
from ecp.orchestrator.releases.judging import ATTEMPT, sent_at
from ecp.texts import Language, text, took

MAX_WAIT_S = 3600
FORMAT = 1
Line = Annotated[str, StringConstraints(min_length=1, max_length=300)]


class Gate(Body):
    """What is rehearsed before anything is sent, and what its verdict means."""

    policy: Literal["none", "warn", "block"] = Field(
        description="warn: sent whatever comes of it, which is kept; block: sent where it passed"
    )
    horizon: Line = Field("24h", description="for how long, in simulated time", examples=["7d"])
    faults: list[Line] = Field(default_factory=list, max_length=50, examples=[["node_down@2h+30m"]])
    hypotheses: list[Line] = Field(
        default_factory=list,
        max_length=50,
        description="without: the SLA target is the claim",
        examples=[["availability >= 99.5", "ready within 5m"]],
    )
    seed: int | None = Field(None, ge=0, lt=1 << 63)


Waves = Literal["ordered", "wait"]
OnFailure = Literal["stay", "rollback"]


class Burn(Body):
    """When a release that is up goes back by itself: it burns the tenant's budget too fast."""

    rate: float = Field(
        14.4,
        gt=0,
        le=100_000,
        description="times as fast as the budget allows; 14.4: 2 % of 30 days' budget in an hour",
    )
    window_s: float = Field(
        3600, ge=300, le=604_800, description="for how long it is watched, in the cluster's seconds"
    )
    least_s: float = Field(
        300, ge=60, le=86_400, description="nothing is judged before so much is known"
    )


class How(Body):
    """How a release is sent."""

    waves: Waves = Field(
        "ordered",
        description="ordered: one after another, as fast as it goes; wait: each until all that "
        "was sent before is available (with a clock that is warped, that may be late)",
    )
    wave_timeout_s: float = Field(
        600, gt=0, le=86_400, description="how long a wave waits, in the cluster's seconds"
    )
    on_failure: OnFailure = Field(
        "stay",
        description="rollback: to the last revision that was up, when this one does not start",
    )
    burn: Burn | None = Field(
        None, description="back by itself, too, where it burns the budget too fast; default: not"
    )
    confirm: str = Field(
        "", max_length=253, description="the name of the cluster, where it is a real one"
    )


class Deploy(How):
    """The guide's deploy request: all of it optional."""

    include_monitoring: bool = True
    enable_sla_tracking: bool = True
    failure_scenarios: bool = Field(
        False, description="let faults come by themselves at stated rates; false turns them off"
    )
    failure_rates: dict[str, dict[str, str] | None] | None = Field(
        None,
        description="means in the place of the usual ones; null: not this one",
        examples=[{"container-crash": {"mtbf": "30d"}, "cpu-spike": None}],
    )
    manifest_content: str | None = Field(None, description="default: the last valid manifest")
    manifest_id: str | None = Field(None, description="digest of a manifest that is kept")
    strict_validation: bool | None = Field(None, description="default: as the settings say")
    allow_broken: bool = Field(False, description="deploy what would not run, too")
    versions: dict[Line, Line] | None = Field(
        None,
        max_length=64,
        description="of services, as the catalogue of images has them; the others stay",
        examples=[{"callbot": "1.4.2"}],
    )
    create_tenant: bool = Field(True, description="create the tenant at its first use")
    rehearse: Gate | None = Field(None, description="default: not rehearsed")


class Difference(Body):
    """What is compared with what runs."""

    manifest_content: str | None = Field(None, description="default: the last valid manifest")
    manifest_id: str | None = Field(None, description="digest of a manifest that is kept")
    include_monitoring: bool = True
    strict_validation: bool | None = Field(None, description="default: as the settings say")
    allow_broken: bool = Field(False, description="compare what would not run, too")
    versions: dict[Line, Line] | None = Field(
        None, max_length=64, description="of services, as the catalogue of images has them"
    )


Timeout = Annotated[float, Field(ge=0, le=MAX_WAIT_S)]


def steps_json(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """Return the steps as they stand."""
    return [
        {
            "action": step.action,
            "apiVersion": step.ref.api_version,
            "kind": step.ref.kind,
            "namespace": step.ref.namespace,
            "name": step.ref.name,
            "state": step.state,
            "detail": step.detail,
        }
        for step in steps
    ]


def counts(startup: dict[str, Any]) -> tuple[int, int]:
    """Return (ready, desired) pods of a judged start-up; those of a template before are not its."""
    rows = startup.get("workloads") or ()
    ready = sum(row.get("updated", row["ready"]) for row in rows)
    return ready, sum(row["desired"] for row in rows)


def detail_of(release: Release, language: Language) -> str:
    """Return why a release stands as it does, in words."""
    return text(release.detail, language) if release.detail.startswith("release.") else (
        release.detail
    )  # fmt: skip


def release_json(release: Release, language: Language = "en") -> dict[str, Any]:
    """Return what lists show of a release."""
    return {
        "deployment_id": release.deployment_id,
        "revision": release.revision,
        "phase": release.phase,
        "release_digest": release.digest,
        "manifest_digest": release.options.get("manifest"),
        "began": rfc3339(release.began),
        "attempt": release.options.get(ATTEMPT, 1),
        "sent_at": rfc3339(sent_at(release)),
        "created_at": rfc3339(release.created_at),
        "detail": detail_of(release, language),
    }


def history_json(release: Release, language: Language) -> dict[str, Any]:
    """Return a release as its history shows it."""
    startup = release.startup
    return {
        **release_json(release, language),
        "tenant_id": release.tenant_id,
        "started": bool(startup.get("started")),
        "confirmed_at": startup.get("confirmed_at"),
        "seconds": startup.get("seconds"),
        "rollback": release.options.get(ROLLBACK),
        "gate": release.options.get(GATE),
        "waves_mode": release.options.get("waves") or "ordered",
        "on_failure": release.options.get("on_failure") or "stay",
    }


def message_json(release: Release, message: Message) -> dict[str, Any]:
    """Return what was said of a release as a message of its stream."""
    return {
        "v": FORMAT,
        "topic": f"releases/{release.id}",
        "sequence": message.sequence,
        "timestamp": rfc3339(message.at),
        "deployment_id": release.deployment_id,
        "tenant_id": release.tenant_id,
        "revision": release.revision,
        **message.body,
    }


def said_line(body: Mapping[str, Any], language: Language) -> str:
    """Return a message in words."""
    values = {name: body.get(name) for name in ("wave", "object", "message", "to", "by")}
    values["took"] = took(body.get("seconds") or 0, language)
    if values["wave"]:
        values["wave"] = text(f"wave.{values['wave']}", language)
    awaits = body.get("awaits") or body.get("problems") or ()
    values["awaits"] = ", ".join(awaits) or "-"
    passed = body.get("passed")
    key = "blocked" if body["kind"] == "blocked" else f"{body['kind']}"
    if key == "rehearsed" and not passed:
        key = "rehearsed-failed"
    if key == "ready" and not body.get("started"):
        key = "ready-not-started"
    return text(f"release.said.{key}", language, **values)
