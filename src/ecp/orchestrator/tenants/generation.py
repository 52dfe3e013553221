"""From a tenant's counters to its manifest: sized by `workloads`, written by `manifests`."""

from collections.abc import Mapping
from typing import Any

from ecp.edge.problems import Problem
from ecp.kube.yaml import dump
from ecp.manifests import InvalidTenant, TenantSpec, generate, namespace_of
from ecp.orchestrator.ports import Generated, Obj, Tenant
from ecp.orchestrator.tenants.model import MONITORING_GROUP, digest_of
from ecp.workloads.demand import TenantDemand
from ecp.workloads.sizing import size


def generated(tenant: Tenant, options: Mapping[str, Any]) -> Generated:
    """Return the manifest of *tenant*.

    options     include_monitoring (default true), gpu_type

    Raises Problem 422 when the tenant needs nothing, or more than can be sized.
    """
    gpu = options.get("gpu_type") or tenant.options.get("gpu_type")
    try:
        demand = TenantDemand(**tenant.requirements)
        spec = TenantSpec(
            tenant.tenant_id,
            demand,
            name=tenant.name,
            gpu_type=gpu,
            target_ppm=tenant.target_ppm,
        )
        sizing = size(demand, gpu_type=gpu)
        bundle = generate(spec, sizing)
    except InvalidTenant as error:
        raise Problem(
            422,
            "INVALID_TENANT",
            error.problems[0].key,
            details=[problem._asdict() for problem in error.problems],
            **error.problems[0].values,
        ) from error
    except ValueError as error:  # no number of replicas does it
        raise Problem(
            422, "INSUFFICIENT_RESOURCES", "setting.bad", field="demand", detail=str(error)
        ) from error
    objects = list(bundle.objects)
    if not options.get("include_monitoring", True):
        objects = [obj for obj in objects if not obj["apiVersion"].startswith(MONITORING_GROUP)]
    if tenant.namespace != namespace_of(tenant.tenant_id):
        objects = [_moved(obj, bundle.namespace, tenant.namespace) for obj in objects]
    text = dump(objects)
    files = {
        f"{number:02d}-{obj['kind'].lower()}-{obj['metadata']['name']}.yaml": dump(obj)
        for number, obj in enumerate(objects, start=1)
    }
    return Generated(text, digest_of(text), files, sizing.to_json())


def _moved(obj: Obj, home: str, to: str) -> Obj:
    """Return an object in another namespace than the one it was generated for."""
    meta = obj["metadata"]
    if obj["kind"] == "Namespace" and meta["name"] == home:
        return {**obj, "metadata": {**meta, "name": to}}
    if meta.get("namespace") == home:
        return {**obj, "metadata": {**meta, "namespace": to}}
    return obj
