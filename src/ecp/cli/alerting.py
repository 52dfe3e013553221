"""`ecp alerts policy`, `set-route`, and a tenant's own rules: what fires, and who hears of it."""

from typing import Annotated, Any
from urllib.parse import quote

import typer

from ecp.cli.api import ask
from ecp.cli.options import LANGUAGE, NamedTable, Text, said
from ecp.cli.output import Failure, print_table, printed
from ecp.cli.tenants import Demo, TenantId, path_of

_ALERTS = "/api/v1/alerts"
_ROUTE = (
    "name", "kind", "tenant_id", "rule", "severity", "language", "simulated", "resolved", "enabled",
)  # fmt: skip
Name = Annotated[str, typer.Argument(metavar="NAME", help=said("cli.alerts-rule-name"))]
Severity = Annotated[
    str, typer.Option("--severity", metavar="SEVERITY", help=said("cli.alerts-severity"))
]


def register(app: typer.Typer) -> None:
    """Add the commands to `ecp alerts`."""
    app.command("set-route", help=said("cli.alerts-set-route"))(set_route)
    app.command("policy", help=said("cli.alerts-policy"))(policy)
    app.command("backtest", help=said("cli.alerts-backtest"))(backtest)
    app.command("rules", help=said("cli.alerts-rules"))(rules)
    app.command("add-rule", help=said("cli.alerts-add-rule"))(add_rule)
    app.command("remove-rule", help=said("cli.alerts-remove-rule"))(remove_rule)


def set_route(
    number: Annotated[int, typer.Argument(metavar="ID", min=1, help=said("cli.alerts-id"))],
    name: Annotated[str | None, typer.Option("--name", help=said("cli.alerts-route-name"))] = None,
    kind: Annotated[str | None, typer.Option("--kind", help=said("cli.alerts-kind"))] = None,
    target: Annotated[str | None, typer.Option("--target", help=said("cli.alerts-target"))] = None,
    tenant: Annotated[
        str | None, typer.Option("--tenant", metavar="TENANT", help=said("cli.alerts-tenant"))
    ] = None,
    rule: Annotated[
        str | None, typer.Option("--rule", metavar="RULE", help=said("cli.alerts-rule"))
    ] = None,
    severity: Annotated[
        str | None, typer.Option("--severity", metavar="SEVERITY", help=said("cli.alerts-severity"))
    ] = None,
    language: Annotated[
        str | None, typer.Option("--language", metavar="ko|en", help=said("cli.alerts-language"))
    ] = None,
    simulated: Annotated[
        bool | None,
        typer.Option("--simulated/--not-simulated", help=said("cli.alerts-simulated")),
    ] = None,
    resolved: Annotated[
        bool | None, typer.Option("--resolved/--not-resolved", help=said("cli.alerts-resolved"))
    ] = None,
    enabled: Annotated[
        bool | None, typer.Option("--enabled/--disabled", help=said("cli.alerts-enabled"))
    ] = None,
    demo: Demo = False,
    output: Text = "text",
) -> None:
    routes = ask("GET", f"{_ALERTS}/routes", LANGUAGE, demo=demo)["routes"]
    kept = next((row for row in routes if row["id"] == number), None)
    if kept is None:
        raise Failure("alert.route.not-found", 1, id=number)
    given = {
        "name": name, "kind": kind, "target": target, "tenant_id": tenant, "rule": rule,
        "severity": severity, "language": language, "simulated": simulated, "resolved": resolved,
        "enabled": enabled,
    }  # fmt: skip
    body = {
        **{field: kept[field] for field in _ROUTE},
        **{field: value for field, value in given.items() if value is not None},
    }
    done = ask("PUT", f"{_ALERTS}/routes/{number}", LANGUAGE, body, demo=demo)
    if not printed(done, output):
        print(said("cli.changed", object=f"route/{number}"))


def policy(
    tenant: TenantId,
    preset: Annotated[
        str | None, typer.Option("--preset", metavar="PRESET", help=said("cli.alerts-preset"))
    ] = None,
    off: Annotated[
        list[str] | None, typer.Option("--off", metavar="RULE", help=said("cli.alerts-off"))
    ] = None,
    on: Annotated[
        list[str] | None, typer.Option("--on", metavar="RULE", help=said("cli.alerts-on"))
    ] = None,
    demo: Demo = False,
    output: Text = "text",
) -> None:
    path = path_of(tenant, f"{_ALERTS}/policies")
    found = ask("GET", path, LANGUAGE, demo=demo)
    if preset or off or on:
        silent = [rule for rule in dict.fromkeys((*found["off"], *(off or ()))) if rule not in
                  (on or ())]  # fmt: skip
        body = {"preset": preset or found["preset"], "off": silent}
        found = ask("PUT", path, LANGUAGE, body, demo=demo)
    if not printed(found, output):
        print_table(("PRESET", "OFF"), [(found["preset"], ", ".join(found["off"]) or "-")])


def backtest(
    tenant: TenantId,
    days: Annotated[int, typer.Option("--days", min=1, max=30, help=said("cli.alerts-days"))] = 30,
    demo: Demo = False,
    output: Text = "text",
) -> None:
    path = path_of(tenant, f"{_ALERTS}/policies", "/backtest")
    found = ask("GET", f"{path}?days={days}", LANGUAGE, demo=demo)
    if printed(found, output):
        return
    names = ("severity", "fired_at", "resolved_at", "cause")
    rows = [tuple(str(row[name] or "-") for name in names) for row in found["alerts"]]
    print_table(("SEVERITY", "WOULD HAVE FIRED", "UNTIL", "CAUSE"), rows)


# -- rules of a tenant's own ----------------------------------------------------------------------


def _rules(tenant: str, name: str = "") -> str:
    return path_of(tenant, "/api/v1/tenants", f"/alerts/{quote(name, safe='')}".rstrip("/"))


def rules(tenant: TenantId, demo: Demo = False, output: NamedTable = "table") -> None:
    found = ask("GET", _rules(tenant), LANGUAGE, demo=demo)
    if printed(found, output):
        return
    if output == "name":
        for row in found["rules"]:
            print(f"rule/{row['alert_name']}")
        return
    names = ("alert_name", "condition", "duration", "severity")
    rows = [tuple(str(row[name]) for name in names) for row in found["rules"]]
    print_table(("NAME", "CONDITION", "FOR", "SEVERITY"), rows)


def add_rule(
    tenant: TenantId,
    name: Name,
    condition: Annotated[str, typer.Option("--condition", help=said("cli.alerts-condition"))],
    duration: Annotated[
        str, typer.Option("--for", metavar="DURATION", help=said("cli.alerts-holds-for"))
    ] = "5m",
    severity: Severity = "warning",
    tell: Annotated[
        list[str] | None, typer.Option("--tell", metavar="KIND", help=said("cli.alerts-tell"))
    ] = None,
    demo: Demo = False,
    output: Text = "text",
) -> None:
    body: dict[str, Any] = {
        "alert_name": name,
        "condition": condition,
        "duration": duration,
        "severity": severity,
        "actions": tell or [],
    }
    made = ask("POST", _rules(tenant), LANGUAGE, body, demo=demo)
    if not printed(made, output):
        print(said("cli.created", object=f"rule/{name}"))


def remove_rule(tenant: TenantId, name: Name, demo: Demo = False, output: Text = "text") -> None:
    done = ask("DELETE", _rules(tenant, name), LANGUAGE, demo=demo)
    if not printed(done, output):
        print(said("cli.deleted", object=f"rule/{name}"))
