"""`ecp size`: how large a tenant is, what it costs and what else would do; its manifests as files.

Sizing asks no service: it is arithmetic over the data sheets and prices that come with ECP.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ecp.cli.api import download
from ecp.cli.options import LANGUAGE, form, said
from ecp.cli.output import Failure, aligned, print_table, print_yaml, printed
from ecp.cli.tenants import Demo, TenantId, path_of

if TYPE_CHECKING:
    from ecp.workloads.costing import Plan
    from ecp.workloads.demand import TenantDemand
    from ecp.workloads.offers import Offer

_INFRASTRUCTURE = ("dedicated", "shared")
_ARCHIVES = ("yaml", "zip", "kustomize", "offline")


def _counter(name: str) -> Any:
    return typer.Option(f"--{name}", min=0, max=100_000, help=said(f"cli.counter.{name}"))


def size(
    callbot: Annotated[int, _counter("callbot")] = 0,
    chatbot: Annotated[int, _counter("chatbot")] = 0,
    advisor: Annotated[int, _counter("advisor")] = 0,
    stt: Annotated[int, _counter("stt")] = 0,
    tts: Annotated[int, _counter("tts")] = 0,
    ta: Annotated[int, _counter("ta")] = 0,
    qa: Annotated[int, _counter("qa")] = 0,
    preset: Annotated[str | None, typer.Option("--preset", help=said("cli.size-preset"))] = None,
    provider: Annotated[str, typer.Option("--provider", help=said("cli.size-provider"))] = "iaas",
    gpu: Annotated[str | None, typer.Option("--gpu", help=said("cli.size-gpu"))] = None,
    infrastructure: Annotated[
        str,
        typer.Option(
            "--infrastructure",
            metavar="|".join(_INFRASTRUCTURE),
            help=said("cli.size-infrastructure"),
        ),
    ] = "dedicated",
    prices: Annotated[
        Path | None, typer.Option("--prices", metavar="FILE", help=said("cli.size-prices"))
    ] = None,
    output: Annotated[str, form("text", "json", "yaml", "cluster")] = "text",
) -> None:
    from ecp.workloads.costing import alternatives
    from ecp.workloads.demand import TenantDemand

    counters = (callbot, chatbot, advisor, stt, tts, ta, qa)
    demand = _preset(preset) if preset is not None else TenantDemand(*counters)
    found = _planned(demand, provider, gpu, infrastructure, prices)
    if output == "cluster":
        print_yaml(_ground(found))
        return
    others = alternatives(found)
    body = {
        "recommended_preset": found.sizing.preset.name,
        "gpu_type": found.sizing.gpu_type or None,
        "resources": found.sizing.to_json(LANGUAGE),
        "summary": _summary(found),
        "node_pools": found.pools_json(),
        "estimated_cost": found.cost_json(LANGUAGE),
        "alternatives": [row.to_json(LANGUAGE) for row in others],
    }
    if not printed(body, output):
        _print(found, body)


def _preset(name: str) -> "TenantDemand":
    from ecp.workloads.presets import preset, presets

    try:
        return preset(name).template
    except KeyError:
        known = ", ".join(row.name for row in presets())
        raise Failure("tenant.unknown-preset", 2, preset=name, known=known) from None


def _planned(
    demand: "TenantDemand", provider: str, gpu: str | None, infrastructure: str, prices: Path | None
) -> "Plan":
    """Return the plan of a tenant. Raises Failure."""
    from ecp.manifests import priced_kinds
    from ecp.workloads import sizing
    from ecp.workloads.costing import plan
    from ecp.workloads.fitting import Unsizable
    from ecp.workloads.sheet import GPU_TYPES

    if gpu is not None and gpu not in GPU_TYPES:
        raise Failure("tenant.gpu-unknown", 2, gpu=gpu, known=", ".join(GPU_TYPES))
    if infrastructure not in _INFRASTRUCTURE:
        known = ", ".join(_INFRASTRUCTURE)
        values = {"name": "--infrastructure", "value": infrastructure, "allowed": known}
        raise Failure("slo.bad-choice", 2, **values)
    if not any(units for _, units in demand.items()):
        raise Failure("cli.size-nothing", 2)
    offer = _offer(provider, prices)
    kinds = offer.gpu_types if prices is not None else priced_kinds(provider)
    try:
        sized = sizing.size(demand, gpu_type=gpu, kinds=kinds)
        return plan(
            sized, offer, infrastructure="shared" if infrastructure == "shared" else "dedicated"
        )
    except Unsizable as error:
        raise Failure(error.key, 1, **error.values) from error


def _offer(provider: str, prices: Path | None) -> "Offer":
    """Return the provider's prices, or those of a file of one's own. Raises Failure."""
    from ecp.workloads.offers import InvalidOffer, offers, read_offer

    if prices is not None:
        try:
            return read_offer(prices.read_text("utf-8"), str(prices))
        except (OSError, UnicodeDecodeError) as error:
            raise Failure("cli.demand-unreadable", 2, file=prices, why=str(error)) from error
        except InvalidOffer as error:
            raise Failure(None, 2, message=str(error)) from error
    found = offers().get(provider)
    if found is None:
        raise Failure("tenant.provider-unknown", 2, name=provider, known=", ".join(offers()))
    return found


def _ground(found: "Plan") -> dict[str, Any]:
    from ecp.manifests import provider, provider_names
    from ecp.manifests.ground import ground

    if found.offer.provider not in provider_names():
        known = ", ".join(provider_names())
        raise Failure("tenant.provider-unknown", 2, name=found.offer.provider, known=known)
    return ground(found, provider(found.offer.provider))


def _summary(found: "Plan") -> dict[str, object]:
    from ecp.workloads.summary import summary

    return summary(found.sizing)


def _print(found: "Plan", body: Mapping[str, Any]) -> None:
    sizing, said_of, cost = found.sizing, body["summary"], body["estimated_cost"]
    gib = 1 << 30
    rows = [
        ("preset", sizing.preset.name),
        ("channels", str(said_of["channels"]["contracted"])),
        ("queries", f"{said_of['queries_per_second']['entry']:g}/s"),
        ("gpus", f"{sizing.totals.gpus} x {sizing.gpu_type}" if sizing.gpu_type else "-"),
        ("cores", f"{sizing.totals.cpu / 1000:g}"),
        ("memory", f"{sizing.totals.memory / gib:.0f} GiB"),
        ("volumes", f"{sizing.totals.storage / gib:.0f} GiB"),
        ("recordings", f"{sizing.totals.recordings / 1e9:.0f} GB"),
    ]
    for line in aligned([(said(f"field.{name}"), value) for name, value in rows]):
        print(line)
    print()
    print_table(
        ("WORKLOAD", "REPLICAS", "MOST", "SLOTS", "CPU", "MEMORY", "GPUS"),
        [
            (
                row.workload, str(row.replicas), str(row.most), str(row.slots), f"{row.cpu}m",
                f"{row.memory >> 20}Mi", str(row.gpus or "-"),
            )
            for row in sizing.workloads.values()
        ],
    )  # fmt: skip
    print()
    print_table(
        ("POOL", "MACHINE", "NODES", "MAX", "PODS"),
        [
            (pool.name, pool.machine.name, str(pool.nodes), str(pool.most), str(pool.pods))
            for pool in found.pools
        ],
    )
    print()
    print_table(
        ("ITEM", "KIND", "COUNT", "KRW", "USD"),
        [
            (
                row["name"], row["kind"] or "-", f"{row['amount']:,}", f"{row['krw']:,}",
                f"{row['usd']:,.2f}",
            )
            for row in cost["items"]
        ],
    )  # fmt: skip
    key = f"cli.size-total-{found.infrastructure}"
    values = {
        "krw": f"{cost['krw']:,}",
        "usd": f"{cost['usd']:,.2f}",
        "vat": f"{cost['vat_krw']:,}",
    }
    print(said(key, provider=found.offer.provider, region=found.offer.region, **values))
    rate = found.rate
    print(
        said(
            f"cli.size-prices-{found.offer.basis}",
            date=found.offer.price_date,
            rate=f"{rate.krw_per_usd:,.0f}",
            day=rate.date,
        )
    )
    if body["alternatives"]:
        print()
        print(said("cli.size-alternatives"))
        for row in body["alternatives"]:
            print(f"  {row['text']}")


def manifest(
    tenant: TenantId,
    kind: Annotated[
        str, typer.Option("--format", metavar="|".join(_ARCHIVES), help=said("cli.manifest-format"))
    ] = "yaml",
    provider: Annotated[
        str | None, typer.Option("--provider", help=said("cli.size-provider"))
    ] = None,
    registry: Annotated[
        str | None, typer.Option("--registry", metavar="HOST", help=said("cli.manifest-registry"))
    ] = None,
    secrets: Annotated[bool, typer.Option("--secrets", help=said("cli.manifest-secrets"))] = False,
    demo: Demo = False,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE", help=said("cli.manifest-output"))
    ] = "",
) -> None:
    if kind not in _ARCHIVES:
        allowed = ", ".join(_ARCHIVES)
        raise Failure("slo.bad-choice", 2, name="--format", value=kind, allowed=allowed)
    if kind == "offline" and registry is None:
        raise Failure("cli.manifest-no-registry", 2)
    asked = {"cloud_provider": provider, "registry": registry}
    params = {
        "format": kind,
        "include_secrets": str(secrets).lower(),
        **{name: value for name, value in asked.items() if value is not None},
    }
    path = path_of(tenant, "/api/v1/tenants", "/manifest")
    content, name = download(path, LANGUAGE, demo=demo, params=params)
    if output == "-" or (not output and kind == "yaml"):
        sys.stdout.buffer.write(content)
        return
    file = Path(output or name)
    try:
        file.write_bytes(content)
    except OSError as error:
        raise Failure("slo.unwritable", 1, path=file, detail=error.strerror) from error
    print(said("slo.written", path=file, size=f"{len(content):,}"))
