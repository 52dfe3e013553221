"""A tenant's specification, checked once, here: who comes later may rely on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from ecp.kube import names
from ecp.workloads.demand import TenantDemand
from ecp.workloads.sheet import COUNTERS, GPU_TYPES

MOST_CHARACTERS = 50
"""Of an id, so that the namespace `{id}-ecp-ai` stays within the 63 of a label."""
MOST_UNITS = 100_000
MOST_NAME = 100
MOST_CERTIFICATE = 500
SUFFIX = "-ecp-ai"
RESERVED = (
    "system",
    "validate-manifest",
    "status",
    "deploy",
    "calculate-resources",
    "check-duplicate",
    "health",
    "monitoring",
    "settings",
)
"""Words that are paths of the API where an id could stand."""
# Labels that say what an object is: the generator's own.
_OWN_LABELS = ("app", "tenant", "monitoring")
_OWN_PREFIXES = ("ecp.ai/", "app.kubernetes.io/", "kubernetes.io/", "pod-security.kubernetes.io/")


class Problem(NamedTuple):
    """One thing that is wrong: the field, and the message key with its values."""

    field: str
    key: str
    values: Mapping[str, str]


class InvalidTenant(ValueError):
    """The specification cannot be used; `problems` says what to change, all at once."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{problem.field}: {problem.key}" for problem in problems))


class WayIn(NamedTuple):
    """How a tenant is reached from outside.

    host         a DNS name; "" = an example, which says that it is one
    secret       the Secret of the namespace that holds its certificate and key
    issuer       the ClusterIssuer by which cert-manager makes that Secret
    certificate  one that the provider's load balancer keeps, as it names it

    Without the last three it is reached without TLS.
    """

    host: str = ""
    secret: str = ""
    issuer: str = ""
    certificate: str = ""

    @property
    def tls(self) -> bool:
        return bool(self.secret or self.issuer or self.certificate)


@dataclass(frozen=True, slots=True)
class TenantSpec:
    """A tenant. Raises InvalidTenant when it is made of something else.

    id          DNS-1123 label of at most 50 characters that is no reserved word
    demand      the seven counters, not all zero
    name        what people call it: any text of up to 100 characters, kept as an annotation
    gpu_type    t4, v100, l40s; None lets sizing choose
    target_ppm  the promise in parts per million, 995000 = 99.5 %
    labels      more labels for every object
    way_in      host and certificate of its Ingress
    """

    id: str
    demand: TenantDemand
    name: str = ""
    gpu_type: str | None = None
    target_ppm: int = 995_000
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    way_in: WayIn = field(default_factory=WayIn)

    def __post_init__(self) -> None:
        problems = [*_of_id(self.id), *_of_demand(dict(self.demand.items()))]
        problems += _of_rest(self.name, self.gpu_type, self.target_ppm, self.labels)
        problems += check_way_in(self.way_in)
        if problems:
            raise InvalidTenant(problems)

    @property
    def namespace(self) -> str:
        return namespace_of(self.id)


def namespace_of(tenant: str) -> str:
    """Return the namespace of a tenant: acme lives in acme-ecp-ai."""
    return f"{tenant}{SUFFIX}"


def specify(tenant: Any, counters: Mapping[str, Any], **rest: Any) -> TenantSpec:
    """Make a TenantSpec of what a caller sent. Raises InvalidTenant with everything wrong in it."""
    problems = [*_of_id(tenant), *_of_demand(counters)]
    if problems:
        raise InvalidTenant(problems)
    return TenantSpec(tenant, TenantDemand(**counters), **rest)


def _of_id(tenant: Any) -> list[Problem]:
    if not isinstance(tenant, str) or not tenant:
        return [Problem("tenant_id", "tenant.id-missing", {})]
    shown = tenant if len(tenant) <= 80 else f"{tenant[:77]}..."
    if len(tenant) > MOST_CHARACTERS:
        limit = str(MOST_CHARACTERS)
        return [Problem("tenant_id", "tenant.id-too-long", {"id": shown, "limit": limit})]
    if names.dns_label(tenant):
        return [Problem("tenant_id", "tenant.id-malformed", {"id": shown})]
    if tenant in RESERVED:
        return [Problem("tenant_id", "tenant.id-reserved", {"id": shown})]
    return []


def _of_demand(counters: Mapping[str, Any]) -> list[Problem]:
    found = []
    for counter in sorted(set(counters) - set(COUNTERS)):
        known = ", ".join(COUNTERS)
        values = {"counter": str(counter)[:80], "known": known}
        found.append(Problem(str(counter)[:80], "tenant.counter-unknown", values))
    for counter in COUNTERS:
        units = counters.get(counter, 0)
        right = isinstance(units, int) and not isinstance(units, bool)
        if not right or not 0 <= units <= MOST_UNITS:
            values = {"counter": counter, "value": str(units)[:80], "limit": str(MOST_UNITS)}
            found.append(Problem(counter, "tenant.counter-range", values))
    if not found and not any(counters.get(counter, 0) for counter in COUNTERS):
        found.append(Problem("demand", "tenant.nothing-asked", {"known": ", ".join(COUNTERS)}))
    return found


def _of_rest(name: Any, gpu_type: Any, target_ppm: Any, labels: Mapping[Any, Any]) -> list[Problem]:
    found = []
    if not isinstance(name, str) or len(name) > MOST_NAME or not name.isprintable():
        found.append(Problem("name", "tenant.name-malformed", {"limit": str(MOST_NAME)}))
    if gpu_type is not None and gpu_type not in GPU_TYPES:
        values = {"gpu": str(gpu_type)[:80], "known": ", ".join(GPU_TYPES)}
        found.append(Problem("gpu_type", "tenant.gpu-unknown", values))
    if (
        isinstance(target_ppm, bool)
        or not isinstance(target_ppm, int)
        or not 1 <= target_ppm <= 999_999
    ):
        found.append(Problem("sla_target", "tenant.target-range", {}))
    for key, value in labels.items():
        found += _of_label(key, value)
    return found


def check_way_in(way_in: WayIn) -> list[Problem]:
    """Return what is wrong with it, whoever the provider is."""
    found = []
    for name in ("host", "secret", "issuer"):
        value = getattr(way_in, name)
        if value and names.dns_subdomain(value):
            values = {"field": name, "value": value[:80]}
            found.append(Problem(f"ingress.{name}", "tenant.way-in-name", values))
    kept = way_in.certificate
    if len(kept) > MOST_CERTIFICATE or not all("!" <= sign <= "~" for sign in kept):
        values = {"field": "certificate", "value": kept[:80]}
        found.append(Problem("ingress.certificate", "tenant.way-in-name", values))
    if kept and (way_in.secret or way_in.issuer):
        found.append(Problem("ingress.certificate", "tenant.way-in-one", {}))
    if way_in.tls and not way_in.host:
        found.append(Problem("ingress.host", "tenant.way-in-host", {}))
    return found


def _of_label(key: Any, value: Any) -> list[Problem]:
    shown = {"label": str(key)[:80], "value": str(value)[:80]}
    if not isinstance(key, str) or names.label_key(key):
        return [Problem("labels", "tenant.label-key", shown)]
    if key in _OWN_LABELS or key.startswith(_OWN_PREFIXES):
        return [Problem("labels", "tenant.label-reserved", shown)]
    if not isinstance(value, str) or names.label_value(value):
        return [Problem("labels", "tenant.label-value", shown)]
    return []
