"""Plays the tour of README.md and README.ko.md for real, and compares or rewrites its output.

In the READMEs the tour is what stands between two comments: console blocks in which a line that
begins with `$ ` is a command, and what follows it is what the command prints. The first block is
the terminal in which everything runs, the others are one shell beside it. `tour.py` plays both
READMEs and names what differs; `--write` puts the real output into them.

Two runs differ in a few words. `masked` takes those out: ages, addresses, instants and the random
endings of names in what kubectl and the clock print, numbers of columns, and how many lines of
progress were caught. What ECP itself prints is compared word for word.
"""

import argparse
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ecp.edge.services import SERVICES

ROOT = Path(__file__).resolve().parents[1]
READMES = {"en": ROOT / "README.md", "ko": ROOT / "README.ko.md"}
BEGIN, END = "<!-- tour -->", "<!-- end of the tour -->"
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
# The folder is another on each machine; its end is not.
DATA_DIR = "…/.local/share/ecp"
RUNNING = {"en": "ECP is running", "ko": "ECP가 실행 중"}
EXIT_CODES = {"ecp validate": 3}
_START_WITHIN_S = 300.0  # the first time, make run makes its environment


class Step(NamedTuple):
    """A command and what stands below it."""

    command: str
    output: str


class NoTour(ValueError):
    """The text has no tour, or one that cannot be played; says why."""


def tour(text: str) -> str:
    """Return what stands between the two comments. Raises NoTour."""
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise NoTour(f"needs {BEGIN} and {END} once")
    return text.partition(BEGIN)[2].partition(END)[0]


def terminals(text: str) -> list[list[Step]]:
    """Return the steps of each console block of the tour. Raises NoTour."""
    found = [_steps(block) for block in BLOCK.findall(tour(text))]
    if len(found) < 2 or len(found[0]) != 1:
        raise NoTour("needs a block with one command that keeps running, and others")
    return found


def _steps(block: str) -> list[Step]:
    if not block.startswith("$ "):
        raise NoTour(f"a console block begins with a command, not with {block[:20]!r}")
    steps = []
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        steps.append(Step(command, output))
    return steps


def commands(text: str) -> list[list[str]]:
    """Return the commands of each block."""
    return [[step.command for step in block] for block in terminals(text)]


def masked(command: str, output: str) -> list[str]:
    """Return the lines of *output* without the words that differ from run to run."""
    lines = output.rstrip().splitlines()
    if command.startswith("kubectl"):
        lines = [line for line in lines if not line.startswith("Waiting for deployment")]
        lines = [re.sub(r"\b(\d+[smhd]){1,2}\b", "AGE", line) for line in lines]
        lines = [re.sub(r"\b\d+\.\d+\.\d+\.\d+\b", "ADDRESS", line) for line in lines]
        lines = [re.sub(r"(-[0-9a-f]{8,10})-[0-9a-z]{5}\b", r"\1-…", line) for line in lines]
    if "ecp clock" in command:
        lines = [re.sub(r"\b\d{4}-\d\d-\d\dT[\d:]+Z", "INSTANT", line) for line in lines]
    if "ecp " in command and "ecp clock" not in command:
        return lines
    return [re.sub(r"\s+", " ", line).strip() for line in lines]


# --- playing ---------------------------------------------------------------------------------


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


def kubectl() -> str | None:
    """Return the kubectl to play with: the newest that tools/kubectl.py knows, None for none."""
    finder = [sys.executable, str(ROOT / "tools" / "kubectl.py"), "--print-json"]
    found = subprocess.run(finder, capture_output=True, text=True, check=False)
    if found.returncode != 0:
        return None
    programs: dict[str, str] = json.loads(found.stdout)
    return programs[max(programs)] if programs else None


class Played(NamedTuple):
    """What was printed: by the running terminal, by its end, by each step of the others."""

    running: str
    stopping: str
    steps: list[list[Step]]
    codes: list[int]


def play(text: str, language: str, program: str) -> Played:
    """Play the tour of *text* on ports and in a folder of its own, with *program* as kubectl."""
    blocks = terminals(text)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = _environment(folder, language, program)
        with _terminal(blocks[0][0].command, environment, folder / "up.log", language) as log:
            running = log.read_text("utf-8")
            steps = [step for block in blocks[1:] for step in block]
            outputs, codes = _shell([step.command for step in steps], environment, folder)
        stopping = log.read_text("utf-8").removeprefix(running)
        rest = iter(outputs)
        played = [[Step(step.command, next(rest)) for step in block] for block in blocks[1:]]
        running = _as_by_default(running[running.index(RUNNING[language]) :], environment)
        return Played(running, _as_by_default(stopping, environment), played, codes)


def _environment(folder: Path, language: str, program: str) -> dict[str, str]:
    (folder / "bin").mkdir()
    (folder / "bin" / "kubectl").symlink_to(program)
    # A clone, except that what the tour writes does not land in it.
    clone = folder / "clone"
    clone.mkdir()
    for entry in ROOT.iterdir():
        if entry.name not in ("sim.yaml", ".git"):
            (clone / entry.name).symlink_to(entry)
    ports = _free_ports(len(SERVICES))
    # What an outer make was given is not the newcomer's: MAKEFLAGS would hand it on.
    left = ("ECP_", "KUBE", "MAKE", "MFLAGS", "ARGS")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(left)}
    return {
        **kept,
        **{row.setting: str(port) for row, port in zip(SERVICES, ports, strict=True)},
        "ECP_DATA_DIR": str(folder / "data"),
        "ECP_LANG": language,
        "HOME": str(folder),
        "PATH": f"{folder / 'bin'}:{_path_without_ecp()}",
    }


def _path_without_ecp() -> str:
    """Return PATH as a newcomer has it: `ecp` is in the clone only, and is named so."""
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if not (Path(folder) / "ecp").exists())


@contextmanager
def _terminal(
    command: str, environment: dict[str, str], log: Path, language: str
) -> Iterator[Path]:
    """Keep *command* running in the clone; Ctrl-C at the end."""
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command, shell=True, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
            stdout=sink, stderr=sink, start_new_session=True,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + _START_WITHIN_S
        while not _said_all(log.read_text("utf-8"), language):
            if process.poll() is not None or time.monotonic() > deadline:
                raise NoTour(f"{command} does not run: {log.read_text('utf-8')}")
            time.sleep(0.1)
        time.sleep(0.5)  # for the lines after the list of ports
        yield log
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=30)


def _said_all(said: str, language: str) -> bool:
    return RUNNING[language] in said and "\n\n" in said and said.endswith("\n")


def _shell(
    typed: list[str], environment: dict[str, str], folder: Path
) -> tuple[list[str], list[int]]:
    """Type the commands into one shell; return what each printed, and its exit code."""
    script = [
        f'{{\n{command}\n}} >"$HOME/{number}.out" 2>&1 </dev/null\necho $? >"$HOME/{number}.code"'
        for number, command in enumerate(typed)
    ]
    shell = shutil.which("bash") or "sh"
    subprocess.run(
        [shell, "-c", "\n".join(script)],
        cwd=folder / "clone", env=environment, timeout=180, check=True,
    )  # fmt: skip
    outputs = [(folder / f"{number}.out").read_text("utf-8") for number in range(len(typed))]
    codes = [int((folder / f"{number}.code").read_text()) for number in range(len(typed))]
    return [_as_by_default(output, environment) for output in outputs], codes


def _as_by_default(output: str, environment: dict[str, str]) -> str:
    """Say ports and folder as they are where nobody sets them."""
    for row in SERVICES:
        moved = environment[row.setting]
        output = output.replace(f"{moved:<6} ", f"{row.port:<6} ").replace(moved, str(row.port))
    return output.replace(environment["ECP_DATA_DIR"], DATA_DIR)


def differences(text: str, played: Played) -> list[str]:
    """Return what the README says and the tour does not, one line each."""
    blocks = terminals(text)
    told = [blocks[0][0], *(step for block in blocks[1:] for step in block)]
    seen = [Step(told[0].command, played.running), *(s for block in played.steps for s in block)]
    found = []
    for said, real in zip(told, seen, strict=True):
        command = said.command
        wanted, got = masked(command, said.output), masked(command, real.output)
        if wanted != got:
            found.append(f"$ {command}\n  README: {wanted}\n  real:   {got}")
    for step, code in zip(told[1:], played.codes, strict=True):
        expected = next((c for part, c in EXIT_CODES.items() if part in step.command), 0)
        if code != expected:
            found.append(f"$ {step.command}\n  exit code {code}, not {expected}")
    return found


def rewritten(text: str, played: Played) -> str:
    """Return *text* with what was really printed."""
    first = [Step(terminals(text)[0][0].command, played.running)]
    blocks = iter([first, *played.steps])

    def block(match: re.Match[str]) -> str:
        lines = [f"$ {step.command}\n{step.output.rstrip()}".rstrip() for step in next(blocks)]
        return "```console\n" + "\n".join(lines) + "\n```"

    before, _, rest = text.partition(BEGIN)
    inside, _, after = rest.partition(END)
    return f"{before}{BEGIN}{BLOCK.sub(block, inside)}{END}{after}"


def main() -> int:
    """Play both READMEs."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--write", action="store_true", help="put the output into the READMEs")
    write = arguments.parse_args().write
    program = kubectl()
    if program is None:
        print("no kubectl: .venv/bin/python tools/kubectl.py --provision", file=sys.stderr)
        return 1
    code = 0
    for language, file in READMES.items():
        text = file.read_text("utf-8")
        played = play(text, language, program)
        found = differences(text, played)
        # Never what a broken command prints: somebody has to look at that.
        if write and found and not any("exit code" in line for line in found):
            file.write_text(rewritten(text, played), "utf-8")
        elif found:
            print(f"{file.name}:", *found, sep="\n", file=sys.stderr)
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
