"""Bundles for tests, and ways to look into them."""

from collections.abc import Iterator
from typing import Any

from ecp.manifests import Bundle, TenantSpec, generate
from ecp.workloads.demand import TenantDemand
from ecp.workloads.presets import presets
from ecp.workloads.sizing import size

Obj = dict[str, Any]
EXAMPLE = TenantDemand(callbot=10, chatbot=50, advisor=5)
DEMANDS = {
    "10/50/5": EXAMPLE,
    **{row.name: row.template for row in presets()},
    "all seven": TenantDemand(7, 30, 3, 4, 5, 100, 40),
    "a chatbot only": TenantDemand(chatbot=20),
    "analysis only": TenantDemand(ta=30),
    "quality only": TenantDemand(qa=3),
    "speech only": TenantDemand(stt=4, tts=4),
    "speech recognition only": TenantDemand(stt=4),
    "one user": TenantDemand(chatbot=1),
    "huge": TenantDemand(callbot=2000, chatbot=20_000, advisor=800),
}


def made(demand: TenantDemand = EXAMPLE, tenant: str = "acme", **rest: Any) -> Bundle:
    """Generate; `gpu_type`, `labels`, `name`, `way_in` go to the specification, the rest on."""
    own = {key: rest.pop(key) for key in ("gpu_type", "labels", "name", "way_in") if key in rest}
    spec = TenantSpec(tenant, demand, **own)
    return generate(spec, size(demand, gpu_type=spec.gpu_type), **rest)


def of_kind(bundle: Bundle, kind: str) -> dict[str, Obj]:
    """Return the objects of a kind by name."""
    return {obj["metadata"]["name"]: obj for obj in bundle.objects if obj["kind"] == kind}


def containers(bundle: Bundle) -> Iterator[tuple[str, Obj, Obj]]:
    """Yield (workload's name, its pod template, its container)."""
    for name, obj in (of_kind(bundle, "StatefulSet") | of_kind(bundle, "Deployment")).items():
        template = obj["spec"]["template"]
        yield name, template, template["spec"]["containers"][0]
