"""From a tenant's counters to its manifest: sized by `workloads`, written by `manifests`."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple

from ecp.edge.problems import Problem, reader_language
from ecp.kube import quantity
from ecp.manifests import (
    KNOWN,
    SERVED,
    Bundle,
    InvalidTenant,
    TenantSpec,
    WayIn,
    generate,
    gpu_type,
    namespace_of,
    priced_kinds,
    provider,
    provider_names,
)
from ecp.manifests.forms import InvalidRegistry, offline, package, zipped
from ecp.manifests.kustomize import kustomized
from ecp.manifests.platform import platform
from ecp.orchestrator.records import Generated, Obj, Tenant
from ecp.orchestrator.tenants.model import (
    MONITORING_GROUP,
    SHAPE,
    WAY_IN,
    BadId,
    check_options,
    digest_of,
)
from ecp.texts import Language, text
from ecp.validation import fits
from ecp.validation.bundle import Note
from ecp.validation.rules import words
from ecp.workloads.costing import Infrastructure, alternatives, plan
from ecp.workloads.demand import TenantDemand
from ecp.workloads.fitting import Unsizable
from ecp.workloads.offers import offers
from ecp.workloads.shapes import Shape
from ecp.workloads.shaping import read_shape
from ecp.workloads.sizing import Sizing, size
from ecp.workloads.summary import summary

Archive = Literal["zip", "kustomize", "offline"]
_PROVIDER = "iaas"
_ANYBODY: Final = "anybody"
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
    bundle, resources = _made(tenant, options, secret_key, room)
    files = {file.name: file.text for file in bundle.files()}
    return Generated(bundle.text, digest_of(bundle.text), files, resources)


def estimated(tenant: Tenant, options: Mapping[str, Any], *, room: str = "") -> dict[str, Any]:
    """Return what *tenant* would be sized to, as `generated` does, without writing it.

    Many tenants are of one size: what was said of it lately is said again.
    """
    asked = (tenant.requirements, tenant.options, tenant.target_ppm, dict(options))
    plain = json.dumps(asked, sort_keys=True)
    found: dict[str, Any] = json.loads(_estimated(plain, room, reader_language()))
    return found


@lru_cache(maxsize=64)
def _estimated(asked: str, room: str, language: Language) -> str:
    """Return the size of any tenant that asks for this, as JSON; its names have no part in it."""
    requirements, own, target_ppm, options = json.loads(asked)
    home = namespace_of(_ANYBODY)
    tenant = Tenant(_ANYBODY, _ANYBODY, home, None, requirements, own, target_ppm, "", 0)
    return json.dumps(_made(tenant, options, b"", room)[1])


class _Sized(NamedTuple):
    spec: TenantSpec
    sizing: Sizing
    provider: str
    nodes: list[Obj] | None
    shape: Shape


def _sized(tenant: Tenant, options: Mapping[str, Any], room: str) -> _Sized:
    """Size a tenant. Raises Problem 422."""
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
            way_in=WayIn(**(tenant.options.get(WAY_IN) or {})),
        )
        nodes: list[Obj] | None = json.loads(room) if room else None
        offered = None if nodes is None else gpus(nodes)
        shape = read_shape(tenant.options.get(SHAPE))
        kinds = priced_kinds(place)
        sizing = size(demand, gpu_type=gpu, offered=offered, kinds=kinds, shape=shape)
    except BadId as bad:
        raise Problem(422, "INVALID_OPTION", bad.key, **bad.values) from bad
    except InvalidTenant as error:
        raise _invalid(error) from error
    except Unsizable as error:
        raise _unsizable(error) from error
    return _Sized(spec, sizing, place, nodes, shape)


def _bundle(
    tenant: Tenant, found: _Sized, include: frozenset[str], monitoring: bool, key: bytes
) -> Bundle:
    """Return the tenant's bundle in the tenant's namespace. Raises Problem 422."""
    try:
        made = generate(found.spec, found.sizing, found.provider, include=include, secret_key=key)
    except InvalidTenant as error:
        raise _invalid(error) from error
    objects = list(made.objects)
    if not monitoring:
        objects = [obj for obj in objects if not obj["apiVersion"].startswith(MONITORING_GROUP)]
    if tenant.namespace != namespace_of(tenant.tenant_id):
        objects = [_moved(obj, made.namespace, tenant.namespace) for obj in objects]
    return Bundle(tenant.tenant_id, tenant.namespace, tuple(objects))


def _made(
    tenant: Tenant, options: Mapping[str, Any], secret_key: bytes, room: str
) -> tuple[Bundle, dict[str, Any]]:
    found = _sized(tenant, options, room)
    include = SERVED | frozenset(options.get("include") or ())
    if tenant.options.get(WAY_IN):
        include |= {"ingress"}
    monitoring = bool(options.get("include_monitoring", True))
    bundle = _bundle(tenant, found, include, monitoring, secret_key)
    language = reader_language()
    resources = found.sizing.to_json(language)
    nodes = found.nodes
    resources["capacity"] = None if nodes is None else _capacity(bundle.objects, nodes, language)
    resources["estimated_cost"] = _cost(found)
    return bundle, resources


def _cost(found: _Sized) -> dict[str, Any] | None:
    """Return what a size costs in a month; None where no machine of the provider carries it."""
    try:
        chosen = plan(found.sizing, offers()[found.provider])
    except Unsizable:
        return None
    return chosen.cost_json(reader_language())


def archived(
    tenant: Tenant,
    options: Mapping[str, Any],
    form: Archive,
    *,
    secret_key: bytes,
    room: str = "",
    registry: str = "",
    registry_user: str = "",
    with_secrets: bool = False,
) -> bytes:
    """Return the tenant's manifests as a ZIP, with all that a real cluster wants.

    zip         one file an object, and what the platform has to be given
    kustomize   a base, an overlay for each provider and for production and rehearsal
    offline     as zip, with images of *registry*, and scripts that bring them there
    options     include_monitoring, include_ingress (both default true), gpu_type, cloud_provider

    Raises Problem 422.
    """
    found = _sized(tenant, options, room)
    monitoring = options.get("include_monitoring") is not False
    include = KNOWN if options.get("include_ingress") is not False else KNOWN - {"ingress"}
    bundle = _bundle(tenant, found, include, monitoring, secret_key)
    if form == "kustomize":
        overlays, platforms = {}, {}
        # A GPU that one provider was chosen for may not be had at another.
        kept = {k: v for k, v in tenant.options.items() if k == SHAPE}
        for name in provider_names():
            # Nor may a certificate be one of another's.
            way = tenant.options.get(WAY_IN) or {}
            own = way if name == found.provider else {k: v for k, v in way.items() if k == "host"}
            free = replace(tenant, options={**kept, WAY_IN: own})
            gpu = found.sizing.gpu_type if found.sizing.gpu_type in priced_kinds(name) else None
            where = _sized(free, {"cloud_provider": name, "gpu_type": gpu}, "")
            platforms[name] = platform(provider(name))
            for environment, wanted in (("production", include), ("rehearsal", SERVED)):
                made = _bundle(tenant, where, wanted, monitoring, secret_key)
                overlays[f"{name}-{environment}"] = made
        return zipped(kustomized(bundle, overlays, platforms, with_secrets=with_secrets))
    classes = platform(provider(found.provider))
    if form == "zip":
        return zipped(package(bundle, classes, with_secrets=with_secrets))
    try:
        return zipped(
            offline(bundle, registry, classes, with_secrets=with_secrets, user=registry_user)
        )
    except InvalidRegistry as error:
        shown = registry[:80]
        raise Problem(422, "INVALID_REGISTRY", "manifest.bad-registry", registry=shown) from error


def costed(
    tenant: Tenant, options: Mapping[str, Any], infrastructure: Infrastructure = "dedicated"
) -> dict[str, Any]:
    """Return what a tenant's size costs in a month, and what else would do.

    options     gpu_type, cloud_provider

    Raises Problem 422.
    """
    found = _sized(tenant, options, "")
    language = reader_language()
    try:
        chosen = plan(found.sizing, offers()[found.provider], infrastructure=infrastructure)
    except Unsizable as error:
        raise _unsizable(error) from error
    return {
        "summary": summary(found.sizing),
        "gpu_type": found.sizing.gpu_type or None,
        "cloud_provider": found.provider,
        "infrastructure": infrastructure,
        "node_pools": chosen.pools_json(),
        "estimated_cost": chosen.cost_json(language),
        "alternatives": [row.to_json(language) for row in alternatives(chosen, shape=found.shape)],
    }


def _unsizable(error: Unsizable) -> Problem:
    return Problem(422, "INSUFFICIENT_RESOURCES", error.key, **error.values)


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
    told = {
        name: _rounded(value, up=name == "needs")
        for name, value in (("needs", needs), ("has", has))
        if value is not None
    }
    return {
        "resource": resource,
        "needed": None if needs is None else unit(needs),
        "available": None if has is None else unit(has),
        "of": of,
        "message": words(note.rule, note.says, {**note.params, **told}, language),
    }


def _rounded(amount: str, *, up: bool) -> str:
    """Spell an amount for reading: 1215.22Gi rather than 1244384Mi, 733.66 rather than 733655m.

    To what is on the safe side of what is said of it: what is needed *up*, what there is down.
    """
    for suffix, unit, name in (("Mi", 1000 << 30, "Gi"), ("m", 1000, "")):
        if amount.endswith(suffix):
            hundredths, rest = divmod(100 * quantity.milli(amount), unit)
            return f"{(hundredths + (up and rest > 0)) / 100:.10g}{name}"
    return amount


def _moved(obj: Obj, home: str, to: str) -> Obj:
    """Return an object in another namespace than the one it was generated for."""
    meta = obj["metadata"]
    if obj["kind"] == "Namespace" and meta["name"] == home:
        return {**obj, "metadata": {**meta, "name": to}}
    if meta.get("namespace") == home:
        return {**obj, "metadata": {**meta, "namespace": to}}
    return obj
