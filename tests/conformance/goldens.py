"""Replays recorded kubectl blocks and compares what they print, masked.

A mask stands for what differs between two runs: ages, addresses, hashes. Every mask is applied to
both sides, then runs of blanks are squeezed, since column widths depend on what is masked; what is
a race is brought to one form (`races`).
"""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from .exchanges import CALLED, reached
from .races import one_form
from .running import Kubectl, Ran


class Step(NamedTuple):
    """What became of one recorded command; `difference` "" means equal."""

    number: int
    command: str
    difference: str


def blocks(path: Path) -> tuple[list[tuple[str, re.Pattern[str]]], list[dict[str, Any]]]:
    """Return (masks, blocks) of a golden file."""
    text = reached(path.read_text())
    for theirs, ours in CALLED.items():
        text = text.replace(theirs, ours)
    head, *rest = (json.loads(line) for line in text.splitlines())
    masks = [(one["name"], re.compile(one["regex"], re.M)) for one in head["mask_table"]]
    # A process number in a log line is no port, and what a file is called by chance is no hash.
    masks.sort(key=lambda mask: mask[0] not in ("klog_prefix", "tmpfile"))
    # The server and the pod network of the recording are not ours.
    masks.append(("podip", re.compile(r"\b10\.244\.\d{1,3}\.\d{1,3}\b")))
    masks.append(("container", re.compile(r"\bhollow://[\w-]+|(?<=hollow://)<uuid>\w*")))
    masks.append(("date", re.compile(r"\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4} UTC")))
    masks.append(("server", re.compile(r"https?://127\.0\.0\.1:\d+(?:/clusters/[\w@]+)?")))
    return masks, rest


def masked(text: str, masks: list[tuple[str, re.Pattern[str]]]) -> str:
    for name, pattern in masks:
        text = pattern.sub(f"<{name}>", text)
    lines = (re.sub(r"[ \t]+", " ", line).strip() for line in text.splitlines())
    return "\n".join(lines).strip()


def replay(
    block: dict[str, Any], kubectl: Kubectl, masks: list[tuple[str, re.Pattern[str]]]
) -> Iterator[Step]:
    """Prepare a block's namespace, run its commands in order, yield how each compares."""
    for name, text in block["files"].items():
        kubectl.write(name, text)
        if name.endswith(".sh"):
            (kubectl.cwd / name).chmod(0o755)
    for step in block["prep"]:
        _prepare(step, kubectl)
    for step in block["steps"]:
        if "cmd" not in step:
            _prepare(step, kubectl)
            continue
        ran = kubectl.shell(step["cmd"], 30)
        yield Step(step["n"], step["cmd"], _difference(step, _hidden(ran, kubectl), masks))


def _prepare(step: Any, kubectl: Kubectl) -> None:
    if isinstance(step, str):
        kubectl.shell(step)
    elif "settle" in step:
        kubectl.settle(step["settle"], step["until_regex"], 30)
    elif "sleep" in step:
        time.sleep(step["sleep"])


def _hidden(ran: Ran, kubectl: Kubectl) -> Ran:
    """Replace the folders of this run as the recording did."""

    def hide(text: str) -> str:
        for folder, name in (
            (kubectl.cwd, "<cwd>"), (kubectl.home, "<home>"), (kubectl.folder, "<tmp>"),
        ):  # fmt: skip
            text = text.replace(str(folder), name)
        return text

    return Ran(ran.code, hide(ran.out), hide(ran.err))


def _difference(step: dict[str, Any], ran: Ran, masks: list[tuple[str, re.Pattern[str]]]) -> str:
    if step["rc"] != ran.code:
        return f"exit code {step['rc']} wanted, got {ran.code}: {(ran.err or ran.out)[:300]}"
    for stream, got in (("stdout", ran.out), ("stderr", ran.err)):
        want, have = (
            one_form(step["cmd"], masked(text, masks)) for text in (step.get(stream) or "", got)
        )
        if want != have:
            for one, other in zip(want.split("\n"), have.split("\n"), strict=False):
                if one != other:
                    return f"{stream}: want {one!r}, got {other!r}"
            longer = want if len(want) > len(have) else have
            rest = longer[min(len(want), len(have)) :][:200]
            return f"{stream}: want {len(want)} characters, got {len(have)}: …{rest!r}"
    return ""
