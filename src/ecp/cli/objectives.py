"""`ecp slo rules`, `export`, `import`: objectives and slots for other tools."""

import sys
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from ecp.cli.options import LANGUAGE, said
from ecp.cli.options import form as form_of
from ecp.cli.output import Failure, printed
from ecp.cli.tenants import Demo, TenantId, path_of

_OPENMETRICS = "application/openmetrics-text; version=1.0.0"
_FORMATS = ("openmetrics", "openslo")
_ROLLING, _CALENDAR = "30d", "calendar-month"

Cluster = Annotated[str, typer.Option("--cluster", metavar="NAME", help=said("cli.slo-cluster"))]


def register(app: typer.Typer) -> None:
    """Add the commands to `ecp slo`."""
    app.command("rules", help=said("cli.slo-rules"))(rules)
    app.command("export", help=said("cli.slo-export"))(export)
    app.command("import", help=said("cli.slo-import"))(import_)


def rules(
    tenant: TenantId,
    target: Annotated[str, typer.Option("--target", help=said("cli.slo-target"))] = "99.5",
    period: Annotated[str, typer.Option("--period", help=said("cli.slo-period"))] = _ROLLING,
    month: Annotated[
        str, typer.Option("--month", metavar="YYYY-MM", help=said("cli.slo-rules-month"))
    ] = "",
    timezone: Annotated[str, typer.Option("--timezone", help=said("cli.slo-timezone"))] = (
        "Asia/Seoul"
    ),
    cluster: Cluster = "",
    simulated: Annotated[bool, typer.Option("--simulated", help=said("cli.slo-simulated"))] = False,
) -> None:
    from ecp.slo.credits import percent_to_ppm
    from ecp.slo.errors import InputError
    from ecp.slo.objective import Objective
    from ecp.slo.rules import Period, Rules
    from ecp.slo.windows import calendar, period_seconds, zone_of

    try:
        objective = Objective(target_ppm=percent_to_ppm(target, "--target"))
        if period == _CALENDAR:
            begins = datetime.strptime(month, "%Y-%m").replace(tzinfo=zone_of(timezone))
            length = Period.calendar(calendar("month", int(begins.timestamp()), timezone))
        else:
            length = Period.rolling(period_seconds(period))
        found = Rules(tenant, objective, length, cluster, simulated)
        print(found.to_yaml(LANGUAGE), end="")
    except InputError as error:
        raise Failure("slo.bad-option", 2, detail=error) from error
    except ValueError as error:
        raise Failure("slo.bad-month", 2, month=month) from error


def export(
    tenant: TenantId,
    form: Annotated[
        str, typer.Option("--format", metavar="FORM", help=said("cli.slo-export-format"))
    ] = "openmetrics",
    period: Annotated[str, typer.Option("--period", help=said("cli.period"))] = "24h",
    step: Annotated[str, typer.Option("--step", help=said("cli.slo-step"))] = "1m",
    cluster: Cluster = "",
    demo: Demo = False,
) -> None:
    if form not in _FORMATS:
        raise Failure("cli.bad-output", 2, output=form, allowed=", ".join(_FORMATS))
    if form == "openslo":
        print(_openslo(tenant, period, demo), end="")
        return
    from ecp.cli.api import pieces

    asked = {"period": period, "step": step, **({"cluster": cluster} if cluster else {})}
    for piece in pieces(path_of(tenant, "/api/v1/metrics"), LANGUAGE, asked, _OPENMETRICS):
        sys.stdout.write(piece)


def _openslo(tenant: str, period: str, demo: bool) -> str:
    """Return a tenant's objective over a period as OpenSLO. Raises Failure."""
    from ecp.cli.api import ask
    from ecp.slo.errors import InputError
    from ecp.slo.openslo import exported

    path = path_of(tenant, "/api/v1/simulator/sla", "/analysis")
    found = ask("GET", path, LANGUAGE, demo=demo, params={"period": period})
    target_ppm = round(found["target_sla"] * 10_000)
    window = found.get("window") or {}
    zone, begins = window.get("timezone", "UTC"), ""
    if window.get("type") == "calendar":
        start = datetime.fromisoformat(window["from"]).astimezone(ZoneInfo(zone))
        begins = start.strftime("%Y-%m-%d %H:%M:%S")
    try:
        return exported(tenant, target_ppm, period, zone, begins=begins)
    except InputError as error:
        raise Failure("slo.bad-option", 2, detail=error) from error


def import_(
    file: Annotated[str, typer.Option("-f", "--filename", help=said("cli.slo-openslo"))],
    output: Annotated[str, form_of("json", "yaml", "openslo")] = "json",
) -> None:
    from ecp.cli.files import content_of
    from ecp.slo.errors import InputError
    from ecp.slo.openslo import imported, listed

    content = content_of(file)
    try:
        found = imported(content)
    except InputError as error:
        raise Failure("slo.bad-input", 2, path=file, detail=error) from error
    if not printed([slo.to_json() for slo in found], output):
        for text in listed(found):
            print(text, end="")
