"""`ecp watch`: a tenant's live figures, a line a frame, or one table kept up to date."""

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Annotated, Any

import typer

from ecp.cli.options import LANGUAGE, form, said
from ecp.cli.output import Failure, aligned, padded, say
from ecp.cli.tenants import Demo, TenantId, path_of
from ecp.cli.words import figure, instant, level, state
from ecp.texts import width

_REALTIME = "/api/v1/simulator/realtime"
_AGAIN_S, _TRIES = 2.0, 15
_GONE = "TENANT_NOT_FOUND"
_UNITS = {"cpu": "%", "memory": "%", "network_rps": "", "response_time": "ms", "error_rate": "%"}
_COLUMNS = ("time", *_UNITS, "uptime", "sla")
Frame = Mapping[str, Any]


def watch(
    tenant: TenantId,
    interval: Annotated[
        float,
        typer.Option("--interval", metavar="SECONDS", min=1, max=3600, help=said("cli.interval")),
    ] = 5,
    count: Annotated[int, typer.Option("--count", min=0, help=said("cli.count"))] = 0,
    demo: Demo = False,
    output: Annotated[str, form("table", "lines", "json")] = "table",
) -> None:
    show = _json if output == "json" else _Screen() if _can_redraw(output) else _Lines()
    for number, frame in enumerate(frames(tenant, interval, demo), start=1):
        show(frame)
        if number == count:
            return


def _can_redraw(output: str) -> bool:
    return output == "table" and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


# -- the stream -----------------------------------------------------------------------------------


def frames(tenant: str, interval: float, demo: bool) -> Iterator[Frame]:
    """Give a tenant's frames for ever; a lost stream is taken up again. Raises Failure."""
    from websockets.exceptions import ConnectionClosed, WebSocketException
    from websockets.sync.client import connect

    from ecp.edge.services import orchestrator_url

    url = orchestrator_url()
    where = "ws" + path_of(tenant, f"{url}{_REALTIME}").removeprefix("http")
    headers = {"X-Demo-Mode": "true" if demo else "false", "Accept-Language": LANGUAGE}
    wanted = json.dumps({"action": "subscribe", "interval": interval * 1000})
    left, ever = _TRIES, False
    while True:
        try:
            with connect(where, additional_headers=headers, proxy=None) as socket:
                with suppress(ConnectionClosed):  # who closed at once has said why before
                    socket.send(wanted)
                for frame in _figures(socket):
                    left, ever = _TRIES, True
                    yield frame
        except ConnectionClosed:
            pass
        except (OSError, WebSocketException) as error:
            if not ever or not left:
                raise Failure("api.unreachable-orchestrator", 7, url=url) from error
        if left == _TRIES:
            say("watch.lost")
        left -= 1
        time.sleep(_AGAIN_S)


def _figures(messages: Any) -> Iterator[Frame]:
    """Give the frames among *messages*; say once what keeps others from coming."""
    told = None
    for message in messages:
        frame = json.loads(message)
        error = frame.get("error")
        if error is not None:
            if error["code"] == _GONE:
                raise Failure(None, 4, message=error["message"])
            if error["message"] != told:
                told = error["message"]
                print(f"ecp: {told}", file=sys.stderr, flush=True)
        elif isinstance(frame.get("metrics"), dict):
            told = None
            yield frame


# -- shown ----------------------------------------------------------------------------------------


def _json(frame: Frame) -> None:
    print(json.dumps(frame, ensure_ascii=False), flush=True)


def cells(frame: Frame) -> list[str]:
    """Return a frame's figures in the order of the columns."""
    sla = frame["sla_data"]
    metrics = [figure(frame["metrics"].get(name), unit) for name, unit in _UNITS.items()]
    return [
        instant(frame["timestamp"]),
        *metrics,
        figure(sla.get("uptime_percentage"), "%"),
        level(sla.get("status")),
    ]


class _Lines:
    """A head, then a line a frame: what a file or a pipe takes."""

    def __init__(self) -> None:
        self._heads = [said(f"watch.{name}") for name in _COLUMNS]
        least = (20, 8, 8, 9, 9, 8, 9, 0)
        self._wide = [max(width(h), low) for h, low in zip(self._heads, least, strict=True)]
        self._begun = False

    def __call__(self, frame: Frame) -> None:
        if not self._begun:
            print(self._line(self._heads))
            self._begun = True
        print(self._line(cells(frame)), flush=True)

    def _line(self, words: list[str]) -> str:
        return "   ".join(map(padded, words, self._wide)).rstrip()


class _Screen:
    """One table that is drawn anew over itself."""

    def __init__(self) -> None:
        self._drawn = 0

    def __call__(self, frame: Frame) -> None:
        size = shutil.get_terminal_size()
        lines = [cut(line, size.columns) for line in screen(frame)][: size.lines - 1]
        back = f"\x1b[{self._drawn}A\x1b[J" if self._drawn else ""
        print(back + "\n".join(lines), flush=True)
        self._drawn = len(lines)


def screen(frame: Frame) -> list[str]:
    """Return a frame as a table: the tenant's figures, then a row a workload."""
    clock = frame.get("clock") or {}
    speed = said("page.paused") if clock.get("paused") else f"x{clock.get('speed', 1):g}"
    heads = [said(f"watch.{name}") for name in _COLUMNS[1:]]
    lines = [
        f"{frame['tenant_id']}   {instant(frame['timestamp'])}   {speed}   {said('page.evidence')}",
        "",
        *aligned([heads, cells(frame)[1:]]),
    ]
    rows = [
        [
            row["name"],
            state(row.get("state")),
            f"{row['ready']}/{row['desired']}",
            *(figure((row.get("metrics") or {}).get(name), unit) for name, unit in _UNITS.items()),
        ]
        for row in frame.get("workloads") or ()
    ]
    if rows:
        names = ("workload", "state", "pods", *_UNITS)
        lines += ["", *aligned([[said(f"watch.{name}") for name in names], *rows])]
    return lines


def cut(line: str, columns: int) -> str:
    """Return *line* without what goes beyond so many columns."""
    while width(line) > columns:
        line = line[:-1]
    return line
