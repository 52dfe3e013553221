"""What the demo shows: its tenants, what happens to them and when. Pure.

Source of the sizes and promises: the domain's sample data (demo-small, demo-medium, demo-tenant).
Instants are shares of the history, so that a short one has the same things in it.
"""

from importlib import resources
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from ecp.orchestrator.records import CONTRACT
from ecp.slo.contract import ANSWERED_WITHIN

SECOND: Final = 1_000_000_000
DAY: Final = 86_400 * SECOND
DAYS: Final = 30
MOST_DAYS: Final = 90
SEED: Final = 20_261_126
"""Any number would do: the same one tells the same story."""
SETTLED: Final = 900 * SECOND
"""In this time a release of the demo is up: half of it is what GPU images take to be pulled."""
LAG: Final = 2 * SECOND
"""So near to the wall clock the history is over."""


class Shown(NamedTuple):
    """A tenant of the demo; `counters` is what it needs, `target_ppm` what it is promised.

    `answers_within`: a response time (ms) is promised as well; 0 = none is.
    """

    tenant_id: str
    name: str
    preset: str
    counters: MappingProxyType[str, int]
    gpu_type: str
    target_ppm: int
    description: str
    answers_within: int = 0


def _of(callbot: int, chatbot: int, advisor: int) -> MappingProxyType[str, int]:
    return MappingProxyType({"callbot": callbot, "chatbot": chatbot, "advisor": advisor})


SHOWN: Final = (
    Shown("demo-small", "데모 소형 / Demo small", "small", _of(25, 100, 5), "t4", 993_000,
          "A released change two thirds of the way."),
    Shown("demo-medium", "데모 중형 / Demo medium", "medium", _of(100, 500, 20), "v100", 995_000,
          "An outage of two hours, late: most of the budget is gone."),
    Shown("demo-tenant", "데모 테넌트 / Demo tenant", "small", _of(15, 50, 3), "t4", 990_000,
          "Nothing but what happens by itself.", 2000),
)  # fmt: skip
"""In the order in which they are deployed. 2 s for an answer are assumed: callers wait 1.4 s (95th
percentile) while nothing is wrong, and a spike of stt's processor makes that 3.3."""

BROKEN: Final = Shown(
    "demo-broken", "데모 수리 대상 / Demo to mend", "micro", _of(0, 20, 0), "t4", 990_000,
    "A manifest with two mistakes, for you to mend.",
)  # fmt: skip
"""The tenant that is not deployed: its manifest has to be mended first."""


def agreed(shown: Shown) -> dict[str, Any]:
    """Return the options of a tenant of the demo that say what was agreed."""
    return {CONTRACT: {ANSWERED_WITHIN: shown.answers_within}} if shown.answers_within else {}


class Incident(NamedTuple):
    """What is done to a tenant: the fault, what it hits, its length (ns), when (share, 0 to 1)."""

    tenant_id: str
    fault: str
    target: str
    length: int
    at: float


INCIDENT: Final = Incident("demo-medium", "service_down", "deployment/nlp", 7_200 * SECOND, 0.8)


class Change(NamedTuple):
    """A release of a tenant later on: which services get which version, when (share, 0 to 1)."""

    tenant_id: str
    versions: MappingProxyType[str, str]
    at: float


CHANGE: Final = Change("demo-small", MappingProxyType({"chatbot": "1.5.0"}), 2 / 3)
VERSION: Final = MappingProxyType(
    {
        "service": "chatbot",
        "version": "1.5.0",
        "image": "harbor.ecp-ai.com/ecp-ai/chatbot:1.5.0",
        "start": "9s",
        "note": "The demo's second version: it starts a little slower.",
    }
)
"""What the demo puts into the catalogue of images, for its change."""


def when(share: float, start: int, days: int) -> int:
    """Return the instant (ns, whole minute) of a share of the history.

    A short history leaves its releases the time to start.
    """
    length = max(int(days * DAY * share), 2 * SETTLED)
    return (start + length) // (60 * SECOND) * (60 * SECOND)


def begun(*, days: int, seed: int, start: int | None, now: int) -> dict[str, Any]:
    """Return what is kept of a demo that is made from now on: it begins *days* ago (ns)."""
    first = now - days * DAY if start is None else start
    return {
        "state": "making",
        "days": days,
        "seed": seed,
        "start": first // (60 * SECOND) * (60 * SECOND),
        "incarnation": "",
        "incident": "",
    }


def share(facts: dict[str, Any], reached: int | None) -> float:
    """Return how much of the history has happened, 0 to 1."""
    if facts["state"] == "ready":
        return 1.0
    start, length = int(facts["start"]), int(facts["days"]) * DAY
    gone = (start if reached is None else reached) - start
    return round(min(max(gone / length, 0.0), 0.99), 3)


def broken_manifest() -> str:
    """Return the manifest that is to be mended."""
    return resources.files(__package__).joinpath("broken.yaml").read_text("utf-8")
