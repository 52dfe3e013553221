"""`ecp clock`: pause, resume, speed, step, warp, on-restart, snapshot, restore, fork."""

import math
from typing import Annotated, Any
from urllib.parse import quote

import typer

from ecp.cli.options import ClusterName, Text, called, clusters_path, said
from ecp.cli.output import Failure, printed

app = typer.Typer(help=said("cli.clock"), no_args_is_help=True)


def pace(clock: dict[str, Any]) -> str:
    """Return how a clock goes, in a word."""
    if clock["warping_to"]:
        return f"warping to {clock['warping_to'][:19]}Z"
    if clock["catching_up_to"]:
        return f"x{clock['speed']:g}, catching up to {clock['catching_up_to'][:19]}Z"
    return "paused" if clock["paused"] else f"x{clock['speed']:g}"


def _show_clock(name: str, clock: dict[str, Any], output: str) -> None:
    if not printed(clock, output):
        print(f"{name}   {clock['now'][:19]}Z   {pace(clock)}")


def _clock(name: str, body: dict[str, Any], output: str) -> None:
    _show_clock(name, called("POST", clusters_path(name, "/clock"), body), output)


@app.command("show", help=said("cli.clock-show"))
def clock_show(cluster: ClusterName = "default", output: Text = "text") -> None:
    _show_clock(cluster, called("GET", clusters_path(cluster, "/clock")), output)


@app.command("pause", help=said("cli.clock-pause"))
def clock_pause(cluster: ClusterName = "default", output: Text = "text") -> None:
    _clock(cluster, {"action": "pause"}, output)


@app.command("resume", help=said("cli.clock-resume"))
def clock_resume(cluster: ClusterName = "default", output: Text = "text") -> None:
    _clock(cluster, {"action": "resume"}, output)


@app.command("speed", help=said("cli.clock-speed"))
def clock_speed(
    factor: Annotated[float, typer.Argument(help=said("cli.clock-speed"))],
    cluster: ClusterName = "default",
    output: Text = "text",
) -> None:
    if not math.isfinite(factor):
        raise Failure("clock.speed-range", 2, factor=factor, limit=1_000_000)
    _clock(cluster, {"action": "speed", "factor": factor}, output)


Wait = Annotated[bool, typer.Option("--wait/--no-wait", help=said("cli.wait"))]


@app.command("step", help=said("cli.clock-step"))
def clock_step(
    duration: Annotated[str, typer.Argument(help="5m")],
    cluster: ClusterName = "default",
    wait: Wait = True,
    output: Text = "text",
) -> None:
    _go(cluster, {"action": "step", "duration": duration}, wait, output)


@app.command("warp", help=said("cli.clock-warp"))
def clock_warp(
    to: Annotated[str, typer.Argument(help="+2h, 2026-01-05T09:00:00Z")],
    cluster: ClusterName = "default",
    wait: Wait = True,
    output: Text = "text",
) -> None:
    _go(cluster, {"action": "warp", "to": to}, wait, output)


def _go(cluster: str, body: dict[str, Any], wait: bool, output: str) -> None:
    import time

    clock = called("POST", clusters_path(cluster, "/clock"), body)
    while wait and clock["warping_to"]:
        time.sleep(0.1)
        clock = called("GET", clusters_path(cluster, "/clock"))
    _show_clock(cluster, clock, output)


@app.command("on-restart", help=said("cli.clock-on-restart"))
def clock_on_restart(
    how: Annotated[str, typer.Argument(metavar="HOW", help=said("cli.clock-how"))],
    cluster: ClusterName = "default",
    output: Text = "text",
) -> None:
    _clock(cluster, {"action": "on_restart", "on_restart": how}, output)


@app.command("snapshot", help=said("cli.clock-snapshot"))
def clock_snapshot(
    label: Annotated[str, typer.Argument(help="before-rollout")], cluster: ClusterName = "default"
) -> None:
    made = called("POST", clusters_path(cluster, "/snapshots"), {"label": label})
    note = "   (replaced)" if made.get("replaced") else ""
    print(f"{made['label']}   {made['at'][:19]}Z{note}")


@app.command("restore", help=said("cli.clock-restore"))
def clock_restore(
    label: Annotated[str, typer.Argument(help="before-rollout")], cluster: ClusterName = "default"
) -> None:
    path = f"/snapshots/{quote(label, safe='')}/restore"
    made = called("POST", clusters_path(cluster, path))
    _show_clock(cluster, made["clock"], "text")


@app.command("fork", help=said("cli.clock-fork"))
def clock_fork(
    name: Annotated[str, typer.Argument(help=said("cli.cluster-name"))],
    cluster: ClusterName = "default",
    snapshot: Annotated[str | None, typer.Option("--snapshot", help=said("cli.snapshot"))] = None,
    seed: Annotated[int | None, typer.Option("--seed", help=said("cli.seed"))] = None,
) -> None:
    body = {"name": name, "snapshot": snapshot, "seed": seed}
    created = called("POST", clusters_path(cluster, "/fork"), body)
    print(f"cluster/{created['name']} forked from {snapshot or cluster}")
