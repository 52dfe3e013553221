"""A namespace is looked at, copied into a simulated cluster, calibrated and compared."""

from collections.abc import Mapping
from typing import Any

from ecp.edge.problems import Problem
from ecp.kube import quantity
from ecp.orchestrator.ports import ClusterRefused, ClusterUnreachable, House, NoAccess, Twinning
from ecp.orchestrator.records import Gathered, Mode, Obj
from ecp.orchestrator.twins import cleaning, model
from ecp.texts import Language, text


async def imported(
    house: House, mode: Mode, given: Mapping[str, Any], language: Language
) -> dict[str, Any]:
    """Make the twin of a namespace; return how well it matches, and what is assumed of it.

    Nothing is changed on the original. Raises Problem.
    """
    namespace = str(given["namespace"])
    settings = {**await (await house.storage(mode)).settings()}
    if given.get("context"):
        settings["context"] = given["context"]
    twinning = house.twinning
    real = await _original(twinning, settings, namespace, given)
    told = given.get("response_times") or {}
    said_times = {name: {0.5: row["p50"], 0.95: row["p95"]} for name, row in told.items()}
    real = real._replace(quantiles={**real.quantiles, **said_times})
    fits = model.fits_of(real)
    if not fits:
        raise Problem(409, "NOTHING_TO_COPY", "twin.empty", namespace=namespace,
                      cluster=real.cluster)  # fmt: skip
    name = str(given.get("into") or f"twin-{namespace}"[:63])
    spec, assumed = cleaning.model_of(name, real.nodes, _claims(real), needs=_needs(real))
    try:
        start, seed = str(given.get("start") or ""), int(given.get("seed") or 0)
        await twinning.begin(name, spec, start=start, seed=seed)
        refused = await twinning.send(name, _objects(real, namespace, fits))
        twin = await twinning.grown(name, namespace)
    except ClusterUnreachable as error:
        raise _unreachable(error) from error
    except ClusterRefused as error:
        code = error.code if error.code in (409, 422) else 502
        raise Problem(
            code, "TWIN_REFUSED", "cluster.refused", number=error.code, message=error.message
        ) from error
    tolerance = float(given.get("tolerance") or model.TOLERANCE)
    rows = model.compared(model.samples_of(real), model.samples_of(twin), fits, tolerance=tolerance)
    word = model.verdict(rows)
    keys = [*assumed, "twin.assumed-secrets", "twin.assumed-load"]
    said = [text(key, language) for key in keys]
    said.append(text("twin.assumed-version", language, version=real.version or "-"))
    if real.missing:
        said.append(text("twin.missing", language, what=", ".join(real.missing)))
    return {
        "twin": name,
        "original": {"cluster": real.cluster, "namespace": namespace, "version": real.version},
        "verdict": word,
        "says": text(f"twin.verdict.{word}", language, percent=f"{100 * tolerance:g}"),
        "tolerance": tolerance,
        "figures": [_shown(row, language) for row in rows],
        "by_figure": model.by_figure(rows),
        "profiles": [_profile(key, fit) for key, fit in sorted(fits.items())],
        "nodes": sum(pool["count"] for pool in spec["pools"]),
        "refused": refused,
        "assumed": said,
        "missing": list(real.missing),
        "evidence": "mixed",
    }


async def _original(
    twinning: Twinning, settings: Mapping[str, Any], namespace: str, given: Mapping[str, Any]
) -> Gathered:
    try:
        return await twinning.original(
            settings,
            namespace,
            metrics=str(given.get("prometheus") or ""),
            readings=int(given.get("readings") or 1),
        )
    except NoAccess as error:
        raise Problem(422, "TARGET_NOT_CONFIGURED", error.key, **error.values) from error
    except ClusterUnreachable as error:
        raise _unreachable(error) from error
    except LookupError as error:
        cluster = str(given.get("context") or "-")
        raise Problem(
            404, "NAMESPACE_NOT_FOUND", "twin.no-namespace", namespace=namespace, cluster=cluster
        ) from error
    except ClusterRefused as error:
        raise Problem(
            502, "KUBERNETES_ERROR", "cluster.refused", number=error.code, message=error.message
        ) from error


def _unreachable(error: ClusterUnreachable) -> Problem:
    return Problem(
        503, "SIMULATOR_UNREACHABLE", "cluster.unreachable", url=error.url, detail=error.detail
    )


def _shown(row: model.Row, language: Language) -> dict[str, Any]:
    """Return a figure with the reason for which it could not be compared, in words."""
    why = text(f"twin.not-compared.{row.not_compared}", language) if row.not_compared else None
    return {**row._asdict(), "not_compared": why}


def _objects(real: Gathered, namespace: str, fits: Mapping[model.Key, model.Fit]) -> list[Obj]:
    """Return what is applied to the twin, in order: the namespace, what pods need, the rest."""
    kept = [one for obj in real.objects if (one := cleaning.cleaned(obj)) is not None]
    home = [obj for obj in kept if obj["kind"] == "Namespace"] or [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    ]
    rest = [model.annotated(obj, fits) for obj in kept if obj["kind"] != "Namespace"]
    needed = (*cleaning.accounts_of(rest, namespace), *cleaning.secrets_of(rest, namespace))
    return [*home, *needed, *rest]


def _claims(real: Gathered) -> list[Obj]:
    """Return claims, those that StatefulSets make too."""
    found = [obj for obj in real.objects if obj["kind"] == "PersistentVolumeClaim"]
    for obj in real.objects:
        if obj["kind"] == "StatefulSet":
            found += obj["spec"].get("volumeClaimTemplates") or []
    return found


def _needs(real: Gathered) -> tuple[int, int]:
    """Return what all pods request: milli-CPU, bytes."""
    cpu = memory = 0
    for pod in real.pods:
        for container in pod["spec"]["containers"]:
            asked = (container.get("resources") or {}).get("requests") or {}
            cpu += quantity.milli(asked.get("cpu") or 0)
            memory += quantity.value(asked.get("memory") or 0)
    return cpu, memory


def _profile(key: model.Key, fit: model.Fit) -> dict[str, Any]:
    """Return what was fitted to a container, each figure with its samples and bounds."""
    rows = {"start_seconds": fit.start, "cpu_millicores": fit.cpu, "memory_bytes": fit.memory,
            "image_bytes": fit.size}  # fmt: skip
    return {
        "workload": key[0],
        "container": key[1],
        **{name: None if row is None else row._asdict() for name, row in rows.items()},
        "response_time": None if fit.times is None else fit.times._asdict(),
    }
