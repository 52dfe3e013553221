"""What belongs to a cluster and not to a tenant: applied once, by who runs it.

A PriorityClass is one for all namespaces. In a tenant's bundle it would be another tenant's too:
deleting the tenant would take it from all. So bundles only name it (`include` "priority").
"""

from ecp.manifests.bundle import Obj
from ecp.manifests.providers import Provider
from ecp.workloads.sheet import Tier

PRIORITIES: dict[Tier, str] = {
    "infrastructure": "ecp-infrastructure",
    "support": "ecp-serving",
    "main": "ecp-serving",
    "analytics": "ecp-batch",
}
"""Without a database nothing serves; a nightly analysis waits and takes nobody's place."""
# Assumed: far below the system's classes (from 2,000,000,000 on) and far enough apart.
_VALUES = {"ecp-infrastructure": 1_000_000, "ecp-serving": 100_000, "ecp-batch": 1_000}
_LABELS = {"app.kubernetes.io/part-of": "ecp", "app.kubernetes.io/managed-by": "ecp"}


def platform(place: Provider) -> tuple[Obj, ...]:
    """Return the cluster's own objects: priorities, and classes that a provider does not bring."""
    priorities = [
        {
            "apiVersion": "scheduling.k8s.io/v1",
            "kind": "PriorityClass",
            "metadata": {"name": name, "labels": dict(_LABELS)},
            "value": value,
            "preemptionPolicy": "Never" if name == "ecp-batch" else "PreemptLowerPriority",
        }
        for name, value in _VALUES.items()
    ]
    classes = [
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": row["name"], "labels": dict(_LABELS)},
            **{field: value for field, value in row.items() if field != "name"},
        }
        for row in place.storage_classes
    ]
    return (*priorities, *classes)
