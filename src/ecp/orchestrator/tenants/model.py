"""What a tenant's id, namespace and counters may be. Pure.

Sources: DNS labels, RFC 1123 (2.1); reserved ids are words of our own URLs (`/tenants/{id}` beside
`/tenants/validate-manifest`); counters and presets: the domain's data sheet, section 4.6.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from ecp.kube.selectors import label_key_errors, label_value_errors
from ecp.manifests import RESERVED, WayIn, check_way_in, provider_names
from ecp.workloads.demand import TenantDemand
from ecp.workloads.presets import preset_of, presets
from ecp.workloads.sheet import GPU_TYPES

COUNTERS: Final = tuple(counter for counter, _ in TenantDemand().items())
DEFAULTS: Final[Mapping[str, int]] = {"callbot": 10, "chatbot": 50, "advisor": 5}
"""What a tenant that is created by its first use needs: the guide's own example, 10/50/5."""
SHAPE: Final = "shape"
WAY_IN: Final = "ingress"
"""The option of a tenant that says host and certificate of its Ingress."""
"""The option that keeps what a tenant says of its demand."""
TIMEZONE: Final = "Asia/Seoul"
MONITORING_GROUP: Final = "monitoring.coreos.com/"
"""What only a Prometheus operator reads."""
MOST_LABELS: Final = 32
_ID: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?")
_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# Namespaces of the cluster itself.
_SYSTEM: Final = ("default", "monitoring", "ingress-nginx")


class BadId(ValueError):
    """An id, a namespace or an option that cannot be: text key and its values."""

    def __init__(self, key: str, **values: str) -> None:
        super().__init__(key)
        self.key, self.values = key, values


def check_id(tenant_id: str) -> str:
    """Return *tenant_id*. Raises BadId."""
    if not _ID.fullmatch(tenant_id):
        raise BadId("tenant.bad-id", tenant=tenant_id[:80])
    if tenant_id in RESERVED:
        raise BadId("tenant.reserved", tenant=tenant_id, reserved=", ".join(RESERVED))
    return tenant_id


def check_namespace(namespace: str) -> str:
    """Return *namespace*. Raises BadId for what cannot be one or belongs to the cluster."""
    if not _LABEL.fullmatch(namespace):
        raise BadId("tenant.namespace-unfit", namespace=namespace[:80], why="RFC 1123 label")
    if namespace in _SYSTEM or namespace.startswith("kube-"):
        raise BadId("tenant.namespace-unfit", namespace=namespace, why="system namespace")
    return namespace


def check_options(options: Mapping[str, Any]) -> None:
    """Raise BadId for a gpu_type or a cloud_provider that there is not, or no way in."""
    gpu, place = options.get("gpu_type"), options.get("cloud_provider")
    if gpu is not None and gpu not in GPU_TYPES:
        raise BadId("tenant.gpu-unknown", gpu=gpu, known=", ".join(GPU_TYPES))
    if place is not None and place not in provider_names():
        raise BadId("tenant.provider-unknown", name=place, known=", ".join(provider_names()))
    for problem in check_way_in(WayIn(**(options.get(WAY_IN) or {}))):
        raise BadId(problem.key, **problem.values)


def check_labels(labels: Mapping[str, str]) -> None:
    """Raise BadId for a label that Kubernetes would not take."""
    if len(labels) > MOST_LABELS:
        raise BadId("tenant.bad-label", label="…", why=f"> {MOST_LABELS}")
    for name, value in labels.items():
        for why in (*label_key_errors(name), *label_value_errors(value)):
            raise BadId("tenant.bad-label", label=f"{name[:80]}={value[:80]}", why=why)


def preset_rows() -> list[dict[str, Any]]:
    """Return the presets, smallest first, each with the counters of a usual tenant."""
    return [
        {
            "name": row.name,
            "channels": row.channels,
            "users": row.users,
            "counters": {name: getattr(row.template, name) for name in COUNTERS},
            "sla_target": row.sla,
            "source": row.source,
        }
        for row in presets()
    ]


def preset_names() -> list[str]:
    """Return the presets, smallest first."""
    return [preset.name for preset in presets()]


def detected_preset(counters: Mapping[str, int]) -> str:
    """Return the smallest preset that the counters fit."""
    return preset_of(TenantDemand(**counters)).name


def suggestions(tenant_id: str, year: int, taken: Callable[[str], bool]) -> list[str]:
    """Return free names near one that is taken."""
    near = [
        f"{tenant_id}-v2",
        f"{tenant_id}-new",
        f"{tenant_id}-{year}",
        f"my-{tenant_id}",
        f"{tenant_id}-prod",
    ]
    fit = [name for name in near if _ID.fullmatch(name) and name not in RESERVED]
    return [name for name in fit if not taken(name)]


def percent(ppm: int) -> float:
    """Return parts of a million as percent: 995000 → 99.5."""
    return ppm / 10_000


def ppm(value: float) -> int:
    """Return percent as parts of a million."""
    return round(value * 10_000)


def digest_of(text: str) -> str:
    """Return the digest that names a manifest text."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
