"""What is sent to the calls about alerts."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ecp.edge.bodies import Body

Severity = Literal["info", "warning", "critical"]
Kind = Literal["slack", "email", "webhook", "naver-works", "dooray", "jandi", "apprise"]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
Target = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
Matcher = Annotated[str, StringConstraints(min_length=1, max_length=300)]


class Acknowledgement(Body):
    """Who takes care of an alert."""

    who: Name = Field("operator", examples=["kim"])
    note: str = Field("", max_length=1000)


class RouteBody(Body):
    """Whom to tell: kind and target, and of what. The target is a secret and never shown again.

    `target`: a webhook's URL (webhook, naver-works, dooray, jandi); a URL of Apprise (slack, email,
    apprise); addresses (email, sent by ECP_MAIL_URL); or env:NAME of a variable that says it.
    """

    name: Name = Field(examples=["on-call"])
    kind: Kind = Field(examples=["webhook"])
    target: Target | None = Field(
        None, description="left out of a PUT: as it is", examples=["https://hooks.example.com/ecp"]
    )
    tenant_id: str = Field("", max_length=63, description="one tenant's alerts; all without")
    rule: str = Field("", max_length=300, description="one rule's; custom:NAME for one of yours")
    severity: Severity = Field("warning", description="from this one on")
    language: Literal["ko", "en"] = "ko"
    simulated: bool = Field(
        False, description="also of clusters that do not run at pace 1, marked [SIM]"
    )
    resolved: bool = Field(True, description="also when it is over")
    enabled: bool = True


class SilenceBody(Body):
    """What not to tell, until when, and why. Every matcher has to match; `*` and `a|b` are read."""

    matchers: dict[Literal["tenant_id", "rule", "severity", "subject"], Matcher] = Field(
        min_length=1, examples=[{"tenant_id": "my-ai-service", "rule": "cpu_high"}]
    )
    until: str | None = Field(None, max_length=64, examples=["2026-12-01T09:00:00Z"])
    duration: str | None = Field(None, max_length=16, examples=["2h"])
    who: Name = "operator"
    why: str = Field(min_length=1, max_length=1000, examples=["load test"])


class Action(Body):
    """A route of a rule's own: kind, and where (webhook: url; email: recipients)."""

    type: Kind = Field(examples=["webhook"])
    url: Target | None = Field(None, examples=["https://hooks.example.com/ecp"])
    recipients: list[Annotated[str, StringConstraints(max_length=254)]] = Field(
        default_factory=list, max_length=20, examples=[["ops@example.com"]]
    )


class RuleBody(Body):
    """A tenant's own rule: a condition over its figures that has to hold for some time."""

    alert_name: Name = Field(examples=["high-usage"])
    condition: str = Field(
        min_length=1, max_length=600, examples=["cpu_usage > 85 OR memory_usage > 90"]
    )
    duration: str = Field("5m", max_length=16, examples=["5m"])
    severity: Severity = "warning"
    actions: list[Kind | Action] = Field(
        default_factory=list, max_length=20, examples=[["webhook", "email"]]
    )


class Policy(Body):
    """Which thresholds hold for a tenant, and which rules are off."""

    preset: str = Field("default", max_length=32, examples=["standard"])
    off: list[Annotated[str, StringConstraints(max_length=32)]] = Field(
        default_factory=list, max_length=20, examples=[["gpu_high"]]
    )
