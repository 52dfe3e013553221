"""The commands of `ecp`, in the shape kubectl's users know."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ecp import __version__
from ecp.cli import clock, clusters, database, faults, orchestrate, pools, rules, twins
from ecp.cli.installation import commands as installation
from ecp.cli.options import LANGUAGE, Table, Text, checked_name, form, said
from ecp.cli.output import Failure, aligned, printed, program, say
from ecp.cli.placement import placement
from ecp.cli.rehearsing import rehearse, replay
from ecp.cli.seeking import advise, bisect
from ecp.cli.usage import completion_of, dressed
from ecp.cli.validation import FORMS, LANGUAGES, Asked, run

if TYPE_CHECKING:
    from ecp.edge.services import Service

app = typer.Typer(
    help=said("cli.help"),
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(clusters.app, name="cluster")
app.add_typer(clock.app, name="clock")
app.add_typer(database.app, name="db")
app.add_typer(faults.app, name="fault")
app.add_typer(pools.app, name="pool")
app.add_typer(rules.app, name="rules")
app.add_typer(twins.app, name="twin")
orchestrate.register(app)
installation.register(app)
app.command("placement", help=said("cli.placement"))(placement)


_SHELLS = ("bash", "zsh", "fish")


# -- the services ---------------------------------------------------------------------------------


_PROFILES = ("embedded", "full")


@app.command(help=said("cli.up"))
def up(
    profile: Annotated[
        str, typer.Option("--profile", metavar="|".join(_PROFILES), help=said("cli.profile"))
    ] = "embedded",
    reload: Annotated[bool, typer.Option("--reload", help=said("cli.reload"))] = False,
) -> None:
    _known_profile(profile)
    if reload and profile != "embedded":
        raise Failure("cli.reload-embedded", 2)
    start(profile, reload=reload)


def _known_profile(profile: str) -> None:
    if profile not in _PROFILES:
        raise Failure("cli.bad-profile", 2, profile=profile, allowed=", ".join(_PROFILES))


def start(profile: str, names: list[str] | None = None, *, reload: bool = False) -> None:
    """Start everything, or the services *names* of the full profile; return after a stop.

    Raises Failure.
    """
    from ecp.cli import process
    from ecp.edge.services import data_dir

    folder = data_dir()

    def ready(ports: "dict[Service, int]") -> None:
        say("up.ready")
        rows = [(_address(service, port), said(service.text)) for service, port in ports.items()]
        for line in aligned(rows, "  "):
            print(f"  {line}")
        print(flush=True)
        if profile == "full":
            from ecp.cli.installation.doing import remarks

            remarks(names or [])
        say("up.kubectl", ecp=program())
        if os.environ.get("ECP_DEMO", "start") != "off":
            say("up.demo", ecp=program())
        say("up.data", path=folder)

    try:
        if profile == "full":
            from ecp.cli.installation.doing import run_full

            run_full(names or [], ready)
        else:
            process.run(folder, ready, reload=reload)
    except process.PortBusy as error:
        raise Failure(
            "up.port-busy",
            1,
            port=error.port,
            what=said(error.service.text),
            holder=error.holder,
            setting=error.service.setting,
        ) from error
    except process.AlreadyRunning as error:
        raise Failure("up.already", 5, pid=error.pid, path=folder) from error
    except process.NotStarted as error:
        what, _, detail = str(error).partition(": ")
        raise Failure("up.failed", 1, what=what, detail=detail) from error
    except OSError as error:
        raise _no_folder(folder, error) from error
    say("up.stopped", path=folder)


def _address(service: "Service", port: int) -> str:
    """Return where a service is reached, as a browser or a client takes it."""
    from ecp.edge.services import local_url

    url = local_url(port).replace("//127.0.0.1:", "//localhost:")
    scheme = {"postgres": "postgresql", "redis": "redis"}
    for word, spoken in scheme.items():
        if word in service.name:
            return url.replace("http", spoken, 1)
    return url


def _no_folder(folder: Path, error: OSError) -> Failure:
    return Failure("up.no-folder", 1, path=folder, detail=error.strerror or error)


@app.command(help=said("cli.down"))
def down() -> None:
    from ecp.cli import process
    from ecp.edge.services import data_dir

    folder = data_dir()
    try:
        stopped = process.stop_running(folder)
    except process.NotStopped as error:
        raise Failure("down.still", 6, pid=error.args[0]) from error
    except OSError as error:
        raise _no_folder(folder, error) from error
    say("up.stopped" if stopped else "down.none", path=folder)


@app.command(help=said("cli.reset"))
def reset(yes: Annotated[bool, typer.Option("--yes", help=said("cli.yes"))] = False) -> None:
    import shutil

    from ecp.cli import process
    from ecp.edge.services import data_dir

    folder = data_dir()
    if not yes:
        raise Failure("reset.sure", 2, path=folder)
    try:
        process.Lock(folder).take()
        for part in ("simulator", "orchestrator", "full"):
            if (folder / part).exists():
                shutil.rmtree(folder / part)
    except process.AlreadyRunning as error:
        raise Failure("reset.running", 5, pid=error.pid) from error
    except OSError as error:
        raise _no_folder(folder, error) from error
    say("reset.done", path=folder)


@app.command(help=said("cli.doctor"))
def doctor(
    profile: Annotated[
        str,
        typer.Option("--profile", metavar="|".join(_PROFILES), help=said("cli.doctor-profile")),
    ] = "embedded",
    output: Table = "table",
) -> None:
    from ecp.cli.doctor import diagnose

    _known_profile(profile)
    checks = diagnose(full=profile == "full")
    rows = [
        {
            "name": c.name,
            "ok": c.ok,
            "needed": c.needed,
            "detail": getattr(c.detail, LANGUAGE),
            "remedy": getattr(c.remedy, LANGUAGE),
        }
        for c in checks
    ]
    if not printed(rows, output):
        for check in checks:
            mark = "ok  " if check.ok else "FAIL" if check.needed else "warn"
            print(f"{mark}  {check.name}: {getattr(check.detail, LANGUAGE)}")
            if not check.ok:
                print(f"      {getattr(check.remedy, LANGUAGE)}")
    if any(not check.ok and check.needed for check in checks):
        raise typer.Exit(1)


@app.command(help=said("cli.version"))
def version(output: Text = "text") -> None:
    if not printed({"version": __version__, "python": sys.version.split()[0]}, output):
        print(f"ecp {__version__}")


@app.command(help=said("cli.completion"))
def completion(
    shell: Annotated[
        str, typer.Argument(help=said("cli.completion-shell"), autocompletion=lambda: list(_SHELLS))
    ],
) -> None:
    if shell not in _SHELLS:
        raise Failure("cli.completion-unknown", 2, shell=shell, known=", ".join(_SHELLS))
    completion_of(shell, app)


# -- kubectl and the main job ----------------------------------------------------------------------


@app.command(help=said("cli.kubeconfig"))
def kubeconfig(
    name: Annotated[str, typer.Argument(help=said("cli.cluster-name"))] = "default",
    token: Annotated[str, typer.Option("--token", help=said("cli.kubeconfig-token"))] = "",
) -> None:
    from urllib.parse import quote

    from ecp.edge.services import simulator_url

    context = f"ecp-{checked_name(name)}"
    door = f"{name}@{quote(token, safe='')}" if token else name
    print(
        "apiVersion: v1\nkind: Config\n"
        f"clusters:\n- name: {context}\n  cluster:\n"
        f"    server: {simulator_url()}/clusters/{door}\n"
        # Without it the JavaScript client calls no address that begins with http:.
        "    insecure-skip-tls-verify: true\n"
        f"contexts:\n- name: {context}\n  context:\n    cluster: {context}\n    user: ecp\n"
        f"current-context: {context}\nusers:\n- name: ecp\n  user:\n"
        f"    token: {token or 'simulated'}"
    )


def _language(lang: str) -> str:
    if lang not in LANGUAGES:
        raise Failure("cli.bad-language", 2, lang=lang, known=", ".join(LANGUAGES))
    return lang


Files = Annotated[list[str], typer.Option("-f", "--filename", help=said("cli.files"))]


@app.command(help=said("cli.validate"))
def validate(
    filename: Files,
    kubernetes_version: Annotated[
        str, typer.Option("--kubernetes-version", help=said("cli.kubernetes-version"))
    ] = "1.36",
    namespace: Annotated[
        str, typer.Option("-n", "--namespace", help=said("cli.validate-namespace"))
    ] = "default",
    against: Annotated[
        list[str] | None,
        typer.Option("--against", metavar="FILE|KUBECONFIG|URL", help=said("cli.against")),
    ] = None,
    context: Annotated[
        str, typer.Option("--context", metavar="CONTEXT", help=said("cli.against-context"))
    ] = "",
    whole: Annotated[bool, typer.Option("--whole", help=said("cli.whole"))] = False,
    baseline: Annotated[
        str, typer.Option("--baseline", metavar="FILE", help=said("cli.baseline"))
    ] = "",
    write_baseline: Annotated[
        str, typer.Option("--write-baseline", metavar="FILE", help=said("cli.write-baseline"))
    ] = "",
    jobs: Annotated[str, typer.Option("--jobs", metavar="N|auto", help=said("cli.jobs"))] = "auto",
    lang: Annotated[
        str, typer.Option("--lang", metavar="LANG", help=said("cli.lang"), callback=_language)
    ] = LANGUAGE,
    output: Annotated[str, form(*FORMS)] = "text",
) -> None:
    code = run(
        Asked(
            filename=tuple(filename),
            kubernetes_version=kubernetes_version,
            namespace=namespace,
            against=tuple(against or ()),
            context=context,
            whole=whole,
            baseline=baseline,
            write_baseline=write_baseline,
            jobs=jobs,
            lang=lang,
            output=output,
        )
    )
    raise typer.Exit(code)


app.command("rehearse", help=said("cli.rehearse"))(rehearse)
app.command("replay", help=said("cli.replay"))(replay)
app.command("bisect", help=said("cli.bisect"))(bisect)
app.command("advise", help=said("cli.advise"))(advise)


dressed(app)


def called() -> int:
    """Run the command that the arguments name; return its exit code. Raises Failure."""
    try:
        # Not standalone: a typer.Exit comes back as its code.
        return app(prog_name="ecp", standalone_mode=False) or 0
    except typer.Abort as error:
        raise KeyboardInterrupt from error
