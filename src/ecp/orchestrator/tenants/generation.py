"""From a tenant's counters to its manifest: sized by `workloads`, written by `manifests`."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from ecp.edge.problems import Problem, reader_language
from ecp.kube import quantity
from ecp.kube.yamlwriter import dump
from ecp.manifests import SERVED, InvalidTenant, TenantSpec, generate, gpu_type, namespace_of
from ecp.orchestrator.records import Generated, Obj, Tenant
from ecp.orchestrator.tenants.model import MONITORING_GROUP, SHAPE, BadId, check_options, digest_of
from ecp.texts import Language, text
from ecp.validation import fits
from ecp.validation.bundle import Note
from ecp.validation.rules import words
from ecp.workloads.demand import TenantDemand
from ecp.workloads.fitting import Unsizable
from ecp.workloads.shaping import read_shape
from ecp.workloads.sizing import size

_PROVIDER = "iaas"
_GPU: Final = "nvidia.com/gpu"
_OF_SOME: Final = ("no-node", "one-node", "cpus-chosen", "memory-chosen", "other-chosen")
"""Sentences about some nodes."""


def generated(
    tenant: Tenant, options: Mapping[str, Any], *, secret_key: bytes = b"", room: str = ""
) -> Generated:
    """Return the manifest of *tenant*, sized for the cluster that it goes to.

    options     include_monitoring (default true), include, gpu_type, cloud_provider
    secret_key  the installation's own key, from which passwords are derived
    room        the target cluster's nodes as `ClusterPort.room` gives them; "" = it was not
                reached, nothing is said of its room

    Raises Problem 422 when the tenant needs nothing, or more than can be sized.
    """
    objects, resources = _made(tenant, options, secret_key, room)
    content = dump(objects)
    files = {
        f"{number:02d}-{obj['kind'].lower()}-{obj['metadata']['name']}.yaml": dump(obj)
        for number, obj in enumerate(objects, start=1)
    }
    return Generated(content, digest_of(content), files, resources)


def estimated(tenant: Tenant, options: Mapping[str, Any], *, room: str = "") -> dict[str, Any]:
    """Return what *tenant* would be sized to, as `generated` does, without writing it."""
    return _made(tenant, options, b"", room)[1]


def _made(
    tenant: Tenant, options: Mapping[str, Any], secret_key: bytes, room: str
) -> tuple[list[Obj], dict[str, Any]]:
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
        nodes: list[Obj] | None = json.loads(room) if room else None
        offered = None if nodes is None else gpus(nodes)
        shape = read_shape(tenant.options.get(SHAPE))
        sizing = size(demand, gpu_type=gpu, offered=offered, shape=shape)
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
    language = reader_language()
    resources = sizing.to_json(language)
    resources["capacity"] = None if nodes is None else _capacity(objects, nodes, language)
    return objects, resources


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


def gpus(nodes: Iterable[Obj]) -> dict[str, int]:
    """Return how many GPUs of each known type the nodes have."""
    found: dict[str, int] = {}
    for node in nodes:
        kind = gpu_type(node["metadata"]["labels"])
        count = quantity.value(node["status"]["allocatable"].get(_GPU, 0))
        if kind is not None and count:
            found[kind] = found.get(kind, 0) + count
    return found


def _capacity(objects: Sequence[Obj], nodes: Sequence[Obj], language: Language) -> dict[str, Any]:
    """Say what the cluster lacks; `fits` promises no more than that the sums do."""
    short = fits.lacking(objects, nodes)
    return {
        "fits": not short,
        "gpus": gpus(nodes),
        "shortages": [_shortage(obj, note, language) for obj, note in short],
    }


def _shortage(obj: Mapping[str, Any], note: Note, language: Language) -> dict[str, Any]:
    """Return a shortage of the finding's *note*; CPU in millicores, memory in bytes.

    `of` says which nodes are meant, where not all: a GPU type, else labels.
    """
    resource = note.params.get("resource")
    labels = obj["spec"]["template"]["spec"].get("nodeSelector") or {}
    of = gpu_type(labels) if resource == _GPU else None
    if of is None and note.says in _OF_SOME:
        of = ", ".join(f"{name}={value}" for name, value in labels.items()) or None
    unit = quantity.milli if resource == "cpu" else quantity.value
    needs, has = note.params.get("needs"), note.params.get("has")
    return {
        "resource": resource,
        "needed": None if needs is None else unit(needs),
        "available": None if has is None else unit(has),
        "of": of,
        "message": words(note.rule, note.says, note.params, language),
    }


def _moved(obj: Obj, home: str, to: str) -> Obj:
    """Return an object in another namespace than the one it was generated for."""
    meta = obj["metadata"]
    if obj["kind"] == "Namespace" and meta["name"] == home:
        return {**obj, "metadata": {**meta, "name": to}}
    if meta.get("namespace") == home:
        return {**obj, "metadata": {**meta, "namespace": to}}
    return obj
