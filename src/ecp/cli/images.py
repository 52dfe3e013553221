"""`ecp images`: registries, versions of services, and which of them a tenant runs."""

from typing import Annotated, Any
from urllib.parse import quote

import typer

from ecp.cli.api import ask
from ecp.cli.options import LANGUAGE, Text, said
from ecp.cli.output import Failure, print_table, printed
from ecp.cli.tenants import Demo, TenantId, path_of
from ecp.cli.words import instant

app = typer.Typer(help=said("cli.images"), no_args_is_help=True)

_IMAGES = "/api/v1/images"
_TENANTS = "/api/v1/tenants"
Name = Annotated[str, typer.Argument(metavar="NAME", help=said("cli.images-registry"))]
Service = Annotated[str, typer.Argument(metavar="SERVICE", help=said("cli.images-service"))]
Version = Annotated[str, typer.Argument(metavar="VERSION", help=said("cli.images-version"))]


def _pairs(given: list[str]) -> dict[str, str]:
    """Return what is written as name=value. Raises Failure."""
    found = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name:
            raise Failure("cli.bad-label", 2, label=one)
        found[name] = value
    return found


def _version_path(service: str, version: str) -> str:
    return f"{_IMAGES}/{quote(service, safe='')}/versions/{quote(version, safe='')}"


@app.command("list", help=said("cli.images-list"))
def list_images(
    service: Annotated[
        str | None, typer.Option("--service", metavar="SERVICE", help=said("cli.images-service"))
    ] = None,
    demo: Demo = False,
    output: Text = "text",
) -> None:
    params = {} if service is None else {"service": service}
    found = ask("GET", _IMAGES, LANGUAGE, demo=demo, params=params)
    if printed(found, output):
        return
    rows = [
        (
            row["service"],
            row["version"],
            row["image"],
            " ".join(f"{name}={fact['value']}" for name, fact in row["facts"].items()) or "-",
        )
        for row in found["images"]
    ]
    print_table(("SERVICE", "VERSION", "IMAGE", "FACTS"), rows)


@app.command("add", help=said("cli.images-add"))
def add(
    service: Service,
    version: Version,
    image: Annotated[str, typer.Argument(metavar="IMAGE", help=said("cli.images-image"))],
    fact: Annotated[
        list[str] | None,
        typer.Option("--fact", metavar="NAME=VALUE", help=said("cli.images-fact")),
    ] = None,
    note: Annotated[str, typer.Option("--note", help=said("cli.images-note"))] = "",
    demo: Demo = False,
    output: Text = "text",
) -> None:
    body = {"version": version, "image": image, "facts": _pairs(fact or []), "note": note}
    path = f"{_IMAGES}/{quote(service, safe='')}/versions"
    made = ask("POST", path, LANGUAGE, body, demo=demo)
    if not printed(made, output):
        print(said("cli.created", object=f"image/{service}:{version}"))


@app.command("remove", help=said("cli.images-remove"))
def remove(service: Service, version: Version, demo: Demo = False, output: Text = "text") -> None:
    done = ask("DELETE", _version_path(service, version), LANGUAGE, demo=demo)
    if not printed(done, output):
        print(said("cli.deleted", object=f"image/{service}:{version}"))


@app.command("registries", help=said("cli.images-registries"))
def registries(demo: Demo = False, output: Text = "text") -> None:
    found = ask("GET", f"{_IMAGES}/registries", LANGUAGE, demo=demo)
    if printed(found, output):
        return
    rows = [
        (
            row["name"],
            "/".join(part for part in (row["host"], row["prefix"]) if part),
            row["rewrites"] or "-",
            row["username"] or "-",
        )
        for row in found["registries"]
    ]
    print_table(("NAME", "WHERE", "REWRITES", "USER"), rows)


@app.command("set-registry", help=said("cli.images-set-registry"))
def set_registry(
    name: Name,
    host: Annotated[str, typer.Option("--host", help=said("cli.images-host"))],
    prefix: Annotated[str, typer.Option("--prefix", help=said("cli.images-prefix"))] = "",
    rewrites: Annotated[str, typer.Option("--rewrites", help=said("cli.images-rewrites"))] = "",
    username: Annotated[str, typer.Option("--username", help=said("cli.images-user"))] = "",
    password: Annotated[
        str | None, typer.Option("--password", help=said("cli.images-password"))
    ] = None,
    demo: Demo = False,
    output: Text = "text",
) -> None:
    body = {
        "host": host, "prefix": prefix, "rewrites": rewrites, "username": username,
        "password": password,
    }  # fmt: skip
    path = f"{_IMAGES}/registries/{quote(name, safe='')}"
    made = ask("PUT", path, LANGUAGE, body, demo=demo)
    if not printed(made, output):
        print(said("cli.created", object=f"registry/{name}"))


@app.command("remove-registry", help=said("cli.images-remove-registry"))
def remove_registry(name: Name, demo: Demo = False, output: Text = "text") -> None:
    path = f"{_IMAGES}/registries/{quote(name, safe='')}"
    done = ask("DELETE", path, LANGUAGE, demo=demo)
    if not printed(done, output):
        print(said("cli.deleted", object=f"registry/{name}"))


@app.command("of", help=said("cli.images-of"))
def of_tenant(tenant: TenantId, demo: Demo = False, output: Text = "text") -> None:
    found = ask("GET", path_of(tenant, _TENANTS, "/versions"), LANGUAGE, demo=demo)
    if not printed(found, output):
        _show(found)


@app.command("deploy", help=said("cli.images-deploy"))
def deploy(
    tenant: TenantId,
    version: Annotated[
        list[str] | None,
        typer.Argument(metavar="SERVICE=VERSION", help=said("cli.images-chosen")),
    ] = None,
    registry: Annotated[
        str | None, typer.Option("--registry", metavar="NAME", help=said("cli.images-from"))
    ] = None,
    stay: Annotated[bool, typer.Option("--stay", help=said("cli.images-stay"))] = False,
    confirm: Annotated[str, typer.Option("--confirm", help=said("cli.confirm"))] = "",
    demo: Demo = False,
    output: Text = "text",
) -> None:
    body: dict[str, Any] = {
        "versions": _pairs(version or []),
        "on_failure": "stay" if stay else "rollback",
        "confirm": confirm,
    }
    if registry is not None:
        body["registry"] = registry
    done = ask("PUT", path_of(tenant, _TENANTS, "/versions"), LANGUAGE, body, demo=demo)
    if not printed(done, output):
        _show(done)


def _show(found: dict[str, Any]) -> None:
    rows = [(row["service"], row["version"], row["image"]) for row in found["services"]]
    print_table(("SERVICE", "VERSION", "IMAGE"), rows)
    changes = [
        (str(row["revision"]), instant(row["at"]), change["service"],
         change["from"] or "-", change["to"] or "-")
        for row in found["history"] if row["revision"] > 1 for change in row["changes"]
    ]  # fmt: skip
    if changes:
        print()
        print_table(("REVISION", "AT", "SERVICE", "FROM", "TO"), changes)
