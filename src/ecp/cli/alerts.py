"""`ecp alerts`: what fires, who takes care, what is silenced, who is told."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from ecp.cli.api import ask
from ecp.cli.options import LANGUAGE, Named, NamedTable, Text, said
from ecp.cli.output import Failure, print_table, printed
from ecp.cli.tenants import Demo
from ecp.cli.words import instant

app = typer.Typer(help=said("cli.alerts"), no_args_is_help=True)

_ALERTS = "/api/v1/alerts"
_NOT_TOLD = 1

Number = Annotated[int, typer.Argument(metavar="ID", min=1, help=said("cli.alerts-id"))]
Tenant = Annotated[
    str | None, typer.Option("--tenant", metavar="TENANT", help=said("cli.alerts-tenant"))
]
Severity = Annotated[
    str | None,
    typer.Option("--severity", metavar="SEVERITY", help=said("cli.alerts-severity")),
]
Who = Annotated[str, typer.Option("--who", help=said("cli.alerts-who"))]


@app.command("list", help=said("cli.alerts-list"))
def list_alerts(
    tenant: Tenant = None,
    state: Annotated[
        str, typer.Option("--state", metavar="STATE", help=said("cli.alerts-state"))
    ] = "open",
    severity: Severity = None,
    demo: Demo = False,
    output: NamedTable = "table",
) -> None:
    asked = {"tenant_id": tenant, "state": None if state == "all" else state, "severity": severity}
    params = {name: value for name, value in asked.items() if value is not None}
    found = ask("GET", _ALERTS, LANGUAGE, demo=demo, params=params)
    if printed(found, output):
        return
    if output == "name":
        for alert in found["alerts"]:
            print(f"alert/{alert['id']}")
        return
    rows = [_row(alert) for alert in found["alerts"]]
    print_table(("ID", "SEVERITY", "STATE", "SINCE", "MESSAGE"), rows)


def _row(alert: Mapping[str, Any]) -> tuple[str, ...]:
    state = said(f"alert.state.{alert['state']}")
    if alert.get("silenced_by"):
        state += f" ({said('alert.silenced')})"
    severity = said(f"alert.severity.{alert['severity']}")
    since = instant(alert["fired_at"] or alert["began_at"])
    return (str(alert["id"]), severity, state, since, alert["message"][LANGUAGE])


@app.command("show", help=said("cli.alerts-show"))
def show(number: Number, demo: Demo = False, output: Text = "text") -> None:
    alert = ask("GET", f"{_ALERTS}/{number}", LANGUAGE, demo=demo)
    if printed(alert, output):
        return
    print(alert["message"][LANGUAGE])
    for line in alert["why"][LANGUAGE]:
        print(f"  - {line}")
    rows = [
        (instant(event["at"]), said(f"alert.event.{event['what']}"), event["who"], event["detail"])
        for event in alert["history"]
    ]
    print_table(("AT", "EVENT", "WHO", "DETAIL"), rows)


@app.command("ack", help=said("cli.alerts-ack"))
def acknowledge(
    number: Number,
    who: Who = "operator",
    note: Annotated[str, typer.Option("--note", help=said("cli.alerts-note"))] = "",
    demo: Demo = False,
    output: Text = "text",
) -> None:
    body = {"who": who, "note": note}
    done = ask("POST", f"{_ALERTS}/{number}/acknowledge", LANGUAGE, body, demo=demo)
    if not printed(done, output):
        print(said("alert.taken", id=number, who=done["acknowledged_by"]))


@app.command("silence", help=said("cli.alerts-silence"))
def silence(
    why: Annotated[str, typer.Option("--why", help=said("cli.alerts-why"))],
    tenant: Tenant = None,
    rule: Annotated[
        str | None, typer.Option("--rule", metavar="RULE", help=said("cli.alerts-rule"))
    ] = None,
    severity: Severity = None,
    duration: Annotated[
        str | None, typer.Option("--for", metavar="DURATION", help=said("cli.alerts-for"))
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="INSTANT", help=said("cli.alerts-until"))
    ] = None,
    who: Who = "operator",
    demo: Demo = False,
    output: Named = "text",
) -> None:
    asked = {"tenant_id": tenant, "rule": rule, "severity": severity}
    matchers = {name: value for name, value in asked.items() if value is not None}
    if not matchers:
        raise Failure("alert.silence.nothing", 2)
    body = {"matchers": matchers, "duration": duration, "until": until, "who": who, "why": why}
    made = ask("POST", f"{_ALERTS}/silences", LANGUAGE, body, demo=demo)
    if printed(made, output):
        return
    if output == "name":
        print(f"silence/{made['id']}")
    else:
        print(said("alert.silence.made", id=made["id"], until=instant(made["until"])))


@app.command("silences", help=said("cli.alerts-silences"))
def silences(demo: Demo = False, output: NamedTable = "table") -> None:
    found = ask("GET", f"{_ALERTS}/silences", LANGUAGE, demo=demo)
    if printed(found, output):
        return
    rows = found["silences"]
    if output == "name":
        for row in rows:
            print(f"silence/{row['id']}")
        return
    cells = [
        (
            str(row["id"]),
            " ".join(f"{name}={words}" for name, words in row["matchers"].items()),
            instant(row["ended_at"] or row["until"]),
            row["who"],
            row["why"],
        )
        for row in rows
    ]
    print_table(("ID", "MATCHES", "UNTIL", "WHO", "WHY"), cells)


@app.command("unsilence", help=said("cli.alerts-unsilence"))
def unsilence(number: Number, demo: Demo = False, output: Text = "text") -> None:
    done = ask("DELETE", f"{_ALERTS}/silences/{number}", LANGUAGE, demo=demo)
    if not printed(done, output):
        print(said("cli.deleted", object=f"silence/{number}"))


@app.command("routes", help=said("cli.alerts-routes"))
def routes(demo: Demo = False, output: NamedTable = "table") -> None:
    found = ask("GET", f"{_ALERTS}/routes", LANGUAGE, demo=demo)
    if printed(found, output):
        return
    if output == "name":
        for row in found["routes"]:
            print(f"route/{row['id']}")
        return
    cells = [
        (
            str(row["id"]),
            row["name"],
            row["kind"],
            row["target"],
            row["tenant_id"] or "*",
            row["rule"] or "*",
            said(f"alert.severity.{row['severity']}"),
            row["language"],
        )
        for row in found["routes"]
    ]
    heads = ("ID", "NAME", "KIND", "TARGET", "TENANT", "RULE", "SEVERITY", "LANGUAGE")
    print_table(heads, cells)


@app.command("add-route", help=said("cli.alerts-add-route"))
def add_route(
    name: Annotated[str, typer.Argument(metavar="NAME", help=said("cli.alerts-route-name"))],
    kind: Annotated[str, typer.Option("--kind", help=said("cli.alerts-kind"))],
    target: Annotated[str, typer.Option("--target", help=said("cli.alerts-target"))],
    tenant: Tenant = None,
    rule: Annotated[
        str | None, typer.Option("--rule", metavar="RULE", help=said("cli.alerts-rule"))
    ] = None,
    severity: Severity = None,
    language: Annotated[
        str, typer.Option("--language", metavar="ko|en", help=said("cli.alerts-language"))
    ] = LANGUAGE,
    simulated: Annotated[
        bool, typer.Option("--simulated", help=said("cli.alerts-simulated"))
    ] = False,
    resolved: Annotated[
        bool, typer.Option("--resolved/--not-resolved", help=said("cli.alerts-resolved"))
    ] = True,
    enabled: Annotated[
        bool, typer.Option("--enabled/--disabled", help=said("cli.alerts-enabled"))
    ] = True,
    demo: Demo = False,
    output: Named = "text",
) -> None:
    body = {
        "name": name,
        "kind": kind,
        "target": target,
        "tenant_id": tenant or "",
        "rule": rule or "",
        "severity": severity or "warning",
        "language": language,
        "simulated": simulated,
        "resolved": resolved,
        "enabled": enabled,
    }
    made = ask("POST", f"{_ALERTS}/routes", LANGUAGE, body, demo=demo)
    if not printed(made, output):
        route = f"route/{made['id']}"
        print(route if output == "name" else said("cli.created", object=route))


@app.command("remove-route", help=said("cli.alerts-remove-route"))
def remove_route(number: Number, demo: Demo = False, output: Text = "text") -> None:
    done = ask("DELETE", f"{_ALERTS}/routes/{number}", LANGUAGE, demo=demo)
    if not printed(done, output):
        print(said("cli.deleted", object=f"route/{number}"))


@app.command("test", help=said("cli.alerts-test"))
def try_route(number: Number, demo: Demo = False, output: Text = "text") -> None:
    done = ask("POST", f"{_ALERTS}/routes/{number}/test", LANGUAGE, demo=demo)
    if not printed(done, output):
        print(done["message"])
    if not done["ok"]:
        raise typer.Exit(_NOT_TOLD)
