"""From a tenant's counters to its manifest: sized by `workloads`, written by `manifests`."""

from collections.abc import Mapping, Sequence
from typing import Any

from ecp.edge.problems import Problem, reader_language
from ecp.kube.yaml import dump
from ecp.manifests import SERVED, InvalidTenant, TenantSpec, generate, namespace_of
from ecp.orchestrator.ports import Generated, Obj, Tenant
from ecp.orchestrator.tenants import capacity
from ecp.orchestrator.tenants.model import MONITORING_GROUP, BadId, check_options, digest_of
from ecp.texts import Language, text
from ecp.workloads.demand import TenantDemand
from ecp.workloads.fitting import Unsizable
from ecp.workloads.sizing import size

_PROVIDER = "iaas"


def generated(
    tenant: Tenant,
    options: Mapping[str, Any],
    *,
    secret_key: bytes = b"",
    nodes: Sequence[Obj] | None = None,
) -> Generated:
    """Return the manifest of *tenant*, sized for the cluster that it goes to.

    options     include_monitoring (default true), include, gpu_type, cloud_provider
    secret_key  the installation's own key, from which passwords are derived
    nodes       the target cluster's; None = it was not reached, nothing is said of its room

    Raises Problem 422 when the tenant needs nothing, or more than can be sized.
    """
    chosen = {**tenant.options, **{name: v for name, v in options.items() if v is not None}}
    gpu, place = chosen.get("gpu_type"), chosen.get("cloud_provider", _PROVIDER)
    try:
        check_options({"gpu_type": gpu, "cloud_provider": place})
        demand = TenantDemand(**tenant.requirements)
        spec = TenantSpec(
            tenant.tenant_id,
            demand,
            name=tenant.name,
            gpu_type=gpu,
            target_ppm=tenant.target_ppm,
        )
        offered = None if nodes is None else capacity.gpus(nodes)
        sizing = size(demand, gpu_type=gpu, offered=offered)
        include = SERVED | frozenset(options.get("include") or ())
        bundle = generate(spec, sizing, place, include=include, secret_key=secret_key)
    except BadId as bad:
        raise Problem(422, "INVALID_OPTION", bad.key, **bad.values) from bad
    except InvalidTenant as error:
        raise _invalid(error) from error
    except Unsizable as error:
        raise Problem(422, "INSUFFICIENT_RESOURCES", error.key, **error.values) from error
    objects = list(bundle.objects)
    if not options.get("include_monitoring", True):
        objects = [obj for obj in objects if not obj["apiVersion"].startswith(MONITORING_GROUP)]
    if tenant.namespace != namespace_of(tenant.tenant_id):
        objects = [_moved(obj, bundle.namespace, tenant.namespace) for obj in objects]
    content = dump(objects)
    files = {
        f"{number:02d}-{obj['kind'].lower()}-{obj['metadata']['name']}.yaml": dump(obj)
        for number, obj in enumerate(objects, start=1)
    }
    language = reader_language()
    resources = sizing.to_json(language)
    resources["capacity"] = None if nodes is None else _capacity(objects, nodes, language)
    return Generated(content, digest_of(content), files, resources)


def _invalid(error: InvalidTenant) -> Problem:
    language = reader_language()
    first = error.problems[0]
    return Problem(
        422,
        "INVALID_TENANT",
        first.key,
        details=[
            {"field": row.field, "message": text(row.key, language, **row.values)}
            for row in error.problems
        ],
        **first.values,
    )


def _capacity(objects: Sequence[Obj], nodes: Sequence[Obj], language: Language) -> dict[str, Any]:
    """Say what the cluster lacks; `fits` promises no more than that the sums do."""
    short = capacity.shortages(objects, nodes)
    return {
        "fits": not short,
        "gpus": capacity.gpus(nodes),
        "shortages": [
            {
                "resource": row.resource,
                "needed": row.needs,
                "available": row.there,
                "of": row.of or None,
                "message": capacity.sentence(row, language),
            }
            for row in short
        ],
    }


def _moved(obj: Obj, home: str, to: str) -> Obj:
    """Return an object in another namespace than the one it was generated for."""
    meta = obj["metadata"]
    if obj["kind"] == "Namespace" and meta["name"] == home:
        return {**obj, "metadata": {**meta, "name": to}}
    if meta.get("namespace") == home:
        return {**obj, "metadata": {**meta, "namespace": to}}
    return obj
