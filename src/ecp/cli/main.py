"""The commands of `ecp`, in the shape kubectl's users know."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ecp import __version__
from ecp.cli.output import Failure, print_json, print_table, say
from ecp.texts import language_of_environment, text

_LANGUAGE = language_of_environment()


def _t(key: str) -> str:
    return text(key, _LANGUAGE)


app = typer.Typer(
    help=_t("cli.help"),
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
cluster_app = typer.Typer(help=_t("cli.cluster"), no_args_is_help=True)
clock_app = typer.Typer(help=_t("cli.clock"), no_args_is_help=True)
app.add_typer(cluster_app, name="cluster")
app.add_typer(clock_app, name="clock")

Output = Annotated[str, typer.Option("-o", "--output", help=_t("cli.output"))]
ClusterName = Annotated[str, typer.Option("--cluster", help=_t("cli.cluster-name"))]


def _check_output(output: str, *allowed: str) -> None:
    if output not in allowed:
        raise Failure("cli.bad-output", 2, output=output, allowed=", ".join(allowed))


# -- the services ---------------------------------------------------------------------------------


@app.command(help=_t("cli.up"))
def up() -> None:
    from ecp.cli import process
    from ecp.edge.services import BadSetting, Service, data_dir

    folder = data_dir()

    def ready(ports: dict[Service, int]) -> None:
        say("up.ready")
        for service, port in ports.items():
            print(f"  http://localhost:{port:<6} {_t(service.text)}")
        print(flush=True)
        say("up.data", path=folder)

    try:
        process.run(folder, ready)
    except process.PortBusy as error:
        raise Failure(
            "up.port-busy",
            1,
            port=error.port,
            what=_t(error.service.text),
            holder=error.holder,
            setting=error.service.setting,
        ) from error
    except process.AlreadyRunning as error:
        raise Failure("up.already", 5, pid=error.pid, path=folder) from error
    except process.NotStarted as error:
        what, _, detail = str(error).partition(": ")
        raise Failure("up.failed", 1, what=what, detail=detail) from error
    except BadSetting as error:
        raise Failure(None, 2, message=str(error)) from error
    except PermissionError as error:
        raise Failure("file.unreadable", 1, path=folder, detail=error.strerror) from error
    say("up.stopped", path=folder)


@app.command(help=_t("cli.down"))
def down() -> None:
    from ecp.cli import process
    from ecp.edge.services import data_dir

    folder = data_dir()
    if not process.stop_running(folder):
        say("down.none", path=folder)
    else:
        say("up.stopped", path=folder)


@app.command(help=_t("cli.reset"))
def reset(yes: Annotated[bool, typer.Option("--yes", help=_t("cli.yes"))] = False) -> None:
    import shutil

    from ecp.cli import process
    from ecp.edge.services import data_dir

    folder = data_dir()
    lock = process.Lock(folder)
    if lock.held():
        raise Failure("reset.running", 5, pid=lock.pid())
    if not yes:
        raise Failure("reset.sure", 2, path=folder)
    shutil.rmtree(folder / "simulator", ignore_errors=True)
    say("reset.done", path=folder)


@app.command(help=_t("cli.doctor"))
def doctor(output: Output = "table") -> None:
    from ecp.cli.doctor import diagnose

    _check_output(output, "table", "json")
    checks = diagnose()
    if output == "json":
        print_json(
            [
                {
                    "name": c.name,
                    "ok": c.ok,
                    "needed": c.needed,
                    "detail": getattr(c.detail, _LANGUAGE),
                    "remedy": getattr(c.remedy, _LANGUAGE),
                }
                for c in checks
            ]
        )
    else:
        for check in checks:
            mark = "ok  " if check.ok else "FAIL" if check.needed else "warn"
            print(f"{mark}  {check.name}: {getattr(check.detail, _LANGUAGE)}")
            if not check.ok:
                print(f"      {getattr(check.remedy, _LANGUAGE)}")
    if any(not check.ok and check.needed for check in checks):
        raise typer.Exit(1)


@app.command(help=_t("cli.version"))
def version(output: Output = "text") -> None:
    _check_output(output, "text", "json")
    if output == "json":
        print_json({"version": __version__, "python": sys.version.split()[0]})
    else:
        print(f"ecp {__version__}")


# -- clusters -------------------------------------------------------------------------------------


def _call(method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    from ecp.cli.api import call

    return call(method, path, _LANGUAGE, body)


def _clusters_path(name: str, rest: str = "") -> str:
    from urllib.parse import quote

    return f"/api/v1/clusters/{quote(name, safe='')}{rest}"


@cluster_app.command("create", help=_t("cli.cluster-create"))
def cluster_create(
    name: Annotated[str | None, typer.Argument(help=_t("cli.cluster-name"))] = None,
    file: Annotated[Path | None, typer.Option("-f", "--file", help=_t("cli.cluster-file"))] = None,
    model: Annotated[str, typer.Option("--model", help=_t("cli.model"))] = "default",
    seed: Annotated[int, typer.Option("--seed", help=_t("cli.seed"))] = 0,
    start: Annotated[str | None, typer.Option("--start", help=_t("cli.start"))] = None,
    output: Output = "text",
) -> None:
    _check_output(output, "text", "json")
    body: dict[str, Any] = {"seed": seed, "model": model}
    if start is not None:
        body["start"] = start
    if file is not None:
        spec = _read_model(file)
        name = name or spec.get("name")
        body["spec"] = spec
    if not name:
        raise Failure("cli.cluster-needs-name", 2)
    created = _call("POST", "/api/v1/clusters", {**body, "name": name})
    if output == "json":
        print_json(created)
    else:
        print(f"cluster/{created['name']} created")


def _read_model(file: Path) -> dict[str, Any]:
    import yaml

    try:
        spec = yaml.safe_load(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Failure("file.unreadable", 1, path=file, detail=error) from error
    if not isinstance(spec, dict):
        raise Failure("cluster.bad-model", 2, detail=f"{file}: must be a mapping")
    return spec


@cluster_app.command("list", help=_t("cli.cluster-list"))
def cluster_list(output: Output = "table") -> None:
    _check_output(output, "table", "json", "name")
    listed = _call("GET", "/api/v1/clusters")
    if output == "json":
        print_json(listed)
    elif output == "name":
        for cluster in listed["clusters"]:
            print(f"cluster/{cluster['name']}")
    else:
        print_table(
            ("NAME", "VERSION", "NODES", "PODS", "CLOCK", "PACE", "SEED"),
            [
                (
                    c["name"],
                    c["kubernetes_version"],
                    str(c["nodes"]),
                    str(c["pods"]),
                    c["clock"]["now"][:19] + "Z",
                    _pace(c["clock"]),
                    str(c["seed"]),
                )
                for c in listed["clusters"]
            ],
        )


def _pace(clock: dict[str, Any]) -> str:
    if clock["warping_to"]:
        return f"warping to {clock['warping_to'][:19]}Z"
    return "paused" if clock["paused"] else f"x{clock['speed']:g}"


@cluster_app.command("delete", help=_t("cli.cluster-delete"))
def cluster_delete(name: Annotated[str, typer.Argument(help=_t("cli.cluster-name"))]) -> None:
    _call("DELETE", _clusters_path(name))
    print(f"cluster/{name} deleted")


# -- the clock ------------------------------------------------------------------------------------


def _show_clock(name: str, clock: dict[str, Any], output: str) -> None:
    if output == "json":
        print_json(clock)
    else:
        print(f"{name}   {clock['now'][:19]}Z   {_pace(clock)}")


def _clock(name: str, body: dict[str, Any], output: str) -> None:
    _check_output(output, "text", "json")
    _show_clock(name, _call("POST", _clusters_path(name, "/clock"), body), output)


@clock_app.command("show", help=_t("cli.clock-show"))
def clock_show(cluster: ClusterName = "default", output: Output = "text") -> None:
    _check_output(output, "text", "json")
    _show_clock(cluster, _call("GET", _clusters_path(cluster, "/clock")), output)


@clock_app.command("pause", help=_t("cli.clock-pause"))
def clock_pause(cluster: ClusterName = "default", output: Output = "text") -> None:
    _clock(cluster, {"action": "pause"}, output)


@clock_app.command("resume", help=_t("cli.clock-resume"))
def clock_resume(cluster: ClusterName = "default", output: Output = "text") -> None:
    _clock(cluster, {"action": "resume"}, output)


@clock_app.command("speed", help=_t("cli.clock-speed"))
def clock_speed(
    factor: Annotated[float, typer.Argument(help=_t("cli.clock-speed"))],
    cluster: ClusterName = "default",
    output: Output = "text",
) -> None:
    _clock(cluster, {"action": "speed", "factor": factor}, output)


@clock_app.command("step", help=_t("cli.clock-step"))
def clock_step(
    duration: Annotated[str, typer.Argument(help="5m")],
    cluster: ClusterName = "default",
    output: Output = "text",
) -> None:
    _clock(cluster, {"action": "step", "duration": duration}, output)


@clock_app.command("warp", help=_t("cli.clock-warp"))
def clock_warp(
    to: Annotated[str, typer.Argument(help="+2h, 2026-01-05T09:00:00Z")],
    cluster: ClusterName = "default",
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help=_t("cli.wait"))] = True,
    output: Output = "text",
) -> None:
    import time

    _check_output(output, "text", "json")
    clock = _call("POST", _clusters_path(cluster, "/clock"), {"action": "warp", "to": to})
    while wait and clock["warping_to"]:
        time.sleep(0.1)
        clock = _call("GET", _clusters_path(cluster, "/clock"))
    _show_clock(cluster, clock, output)


@clock_app.command("snapshot", help=_t("cli.clock-snapshot"))
def clock_snapshot(
    label: Annotated[str, typer.Argument(help="before-rollout")], cluster: ClusterName = "default"
) -> None:
    made = _call("POST", _clusters_path(cluster, "/snapshots"), {"label": label})
    print(f"{made['label']}   {made['at'][:19]}Z")


@clock_app.command("fork", help=_t("cli.clock-fork"))
def clock_fork(
    name: Annotated[str, typer.Argument(help=_t("cli.cluster-name"))],
    cluster: ClusterName = "default",
    snapshot: Annotated[str | None, typer.Option("--snapshot", help=_t("cli.snapshot"))] = None,
    seed: Annotated[int | None, typer.Option("--seed", help=_t("cli.seed"))] = None,
) -> None:
    body = {"name": name, "snapshot": snapshot, "seed": seed}
    created = _call("POST", _clusters_path(cluster, "/fork"), body)
    print(f"cluster/{created['name']} forked from {snapshot or cluster}")


@app.command(help=_t("cli.kubeconfig"))
def kubeconfig(
    name: Annotated[str, typer.Argument(help=_t("cli.cluster-name"))] = "default",
) -> None:
    from ecp.edge.services import simulator_url

    context = f"ecp-{name}"
    print(
        "apiVersion: v1\nkind: Config\n"
        f"clusters:\n- name: {context}\n  cluster:\n"
        f"    server: {simulator_url()}/clusters/{name}\n"
        f"contexts:\n- name: {context}\n  context:\n    cluster: {context}\n    user: ecp\n"
        f"current-context: {context}\nusers:\n- name: ecp\n  user:\n    token: simulated"
    )


# -- the main job ---------------------------------------------------------------------------------

Files = Annotated[list[str], typer.Option("-f", "--filename", help=_t("cli.files"))]


@app.command(help=_t("cli.validate"))
def validate(
    filename: Files,
    kubernetes_version: Annotated[
        str, typer.Option("--kubernetes-version", help=_t("cli.kubernetes-version"))
    ] = "1.36",
    output: Output = "text",
) -> None:
    from ecp.cli.files import sources
    from ecp.kube.schema import UnknownVersion, versions
    from ecp.validation import validate as judge
    from ecp.validation.report import as_dict, text_report

    _check_output(output, "text", "json")
    try:
        report = judge(sources(filename), kubernetes_version=kubernetes_version)
    except UnknownVersion as error:
        raise Failure(
            "validate.unknown-version", 2, version=kubernetes_version, known=", ".join(versions())
        ) from error
    if output == "json":
        print_json(as_dict(report, _LANGUAGE))
    else:
        print(text_report(report, _LANGUAGE), end="")
    if not report.valid:
        raise typer.Exit(3)


@app.command(help=_t("cli.rehearse"))
def rehearse(
    filename: Files,
    length: Annotated[str, typer.Option("--for", help=_t("cli.rehearse-for"))] = "24h",
    fault: Annotated[
        list[str] | None, typer.Option("--fault", help=_t("cli.rehearse-fault"))
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help=_t("cli.seed"))] = 0,
    model: Annotated[str, typer.Option("--model", help=_t("cli.model"))] = "default",
    output: Output = "text",
) -> None:
    from ecp.cli.files import sources
    from ecp.kube.durations import InvalidDuration, parse
    from ecp.rehearsal import rehearse as run
    from ecp.sim.clusters import MODELS
    from ecp.sim.faults import FaultRefused

    _check_output(output, "text", "json")
    if model not in MODELS:
        raise Failure("cluster.unknown-model", 2, model=model, known=", ".join(MODELS))
    try:
        for_ns = parse(length)
    except InvalidDuration as error:
        raise Failure("duration.bad", 2, value=length) from error
    try:
        found = run(
            sources(filename),
            for_ns=for_ns,
            faults=fault or (),
            seed=seed,
            model=model,
            language=_LANGUAGE,
        )
    except FaultRefused as error:
        raise Failure(None, 2, message=error.said(_LANGUAGE)) from error
    if output == "json":
        sys.stdout.buffer.write(found.to_bytes())
    else:
        print(found.to_text(), end="")
    raise typer.Exit(found.exit_code)


def main() -> None:
    """Run the command line; every failure is one clear line on stderr and an exit code."""
    try:
        # Not standalone: a typer.Exit comes back as its code.
        sys.exit(app(standalone_mode=False) or 0)
    except Failure as error:
        print(f"ecp: {error.spoken(_LANGUAGE)}", file=sys.stderr)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    except BrokenPipeError:
        # The reader has gone, as with `ecp … | head`: nothing is left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        usage = getattr(error, "format_message", None)
        if usage is None:
            raise
        print(f"ecp: {usage()}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
