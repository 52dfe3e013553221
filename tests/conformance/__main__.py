"""`make conformance DATA=FOLDER`: how much of what a real server and kubectl said is said here.

FOLDER holds recordings: sequences of HTTP exchanges (http/*.jsonl, or *.jsonl in FOLDER itself)
and blocks of kubectl commands (kubectl/goldens-VERSION.jsonl). Each is played; a line a sequence
says how many exchanges are equal and what the first difference is that has no reason; below it
those that have one. The last line is the total.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ecp.sim.access import RBAC

from . import hollow
from .bare import BareCluster, Client, Host, as_recorded, drive
from .exchanges import Result, play, readable
from .goldens import Step, blocks, replay
from .reasons import KUBECTL, REASONS, seen
from .running import Kubectl, programs

_WIDTH = 300


class Score(NamedTuple):
    """How a sequence or block came out; `explained` are differences with their reasons."""

    name: str
    equal: int
    total: int
    first: str
    explained: tuple[str, ...] = ()

    def line(self) -> str:
        found = f"{self.name}: equal {self.equal} of {self.total}"
        return f"{found}; first difference: {self.first[:_WIDTH]}" if self.first else found


def main() -> int:
    parser = argparse.ArgumentParser(prog="make conformance", description=__doc__)
    parser.add_argument("folder", type=Path, help="DATA of make")
    parser.add_argument("--only", default="", help="play what has this in its name")
    parser.add_argument("--all", action="store_true", help="print every difference")
    options = parser.parse_args()
    if not options.folder.is_dir():
        print(f"{options.folder} is no folder: DATA=FOLDER names the recordings", file=sys.stderr)
        return 2
    scores = []
    for score, differences in _scores(options.folder, options.only):
        print(score.line(), flush=True)
        for text in score.explained:
            print(f"    {text}")
        if options.all:
            for text in differences:
                print(f"    {text[:_WIDTH]}")
        scores.append(score)
    if not scores:
        print(f"{options.folder} holds no recorded sequences or blocks", file=sys.stderr)
        return 2
    equal, total = (sum(getattr(one, part) for one in scores) for part in ("equal", "total"))
    explained = sum(len(one.explained) for one in scores)
    print(f"equal {equal} of {total} ({100 * equal / total:.1f} %), {explained} others explained")
    return 0


def _scores(folder: Path, only: str) -> Iterator[tuple[Score, list[str]]]:
    for path in sorted([*folder.glob("*.jsonl"), *folder.glob("http/*.jsonl")]):
        for sequence in _lines(path):
            name = f"{path.stem}/{sequence.get('id')}"
            if sequence.get("exchanges") and only in name:
                yield _http(name, readable(sequence))
    versions = programs()
    for path in sorted([*folder.glob("goldens-*.jsonl"), *folder.glob("kubectl/goldens-*.jsonl")]):
        version = path.stem.removeprefix("goldens-")
        masks, found = blocks(path)
        for block in found:
            name = f"kubectl-{version}/{block['block']}"
            if only not in name:
                continue
            if version not in versions:
                print(f"{name}: not played, kubectl {version} is not here (tools/kubectl.py)")
                continue
            yield _kubectl(name, block, versions[version], masks)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text().splitlines():
        found = json.loads(line)
        if isinstance(found, dict):
            yield found


def _http(name: str, sequence: dict[str, Any]) -> tuple[Score, list[str]]:
    """Play a sequence: to a server alone, or to a whole cluster where controllers worked."""
    results: list[Result] = []

    async def story(client: Client, host: Host) -> None:
        results.extend(await play(sequence, client, host))

    lives = sequence.get("components") == "all"
    drive(story, hollow.cluster() if lives else as_recorded(BareCluster(mode=RBAC)))
    differing = [one for one in results if one.difference]
    shown = {one.number: seen(one.request, one.difference) for one in differing}
    shown = {number: reason for number, reason in shown.items() if reason}
    reasons = {**shown, **REASONS.get(sequence["id"], {})}
    texts = [f"#{one.number} {one.request}: {one.difference}" for one in differing]
    explained = tuple(
        f"#{one.number} {one.request}: {reasons[one.number]}"
        for one in differing
        if one.number in reasons
    )
    first = next(
        (text for text, one in zip(texts, differing, strict=True) if one.number not in reasons), ""
    )
    total = len(sequence["exchanges"])
    return Score(name, total - len(differing), total, first, explained), texts


def _kubectl(name: str, block: dict[str, Any], program: str, masks: Any) -> tuple[Score, list[str]]:
    """Run a block of commands against a cluster of its own."""
    with tempfile.TemporaryDirectory() as folder, hollow.listening() as server:
        kubectl = Kubectl(program, Path(folder), server.port, hollow.ADMINISTRATOR)
        steps: list[Step] = list(replay(block, kubectl, masks))
    reasons = KUBECTL.get(block["block"], {})
    differing = [one for one in steps if one.difference]
    texts = [f"#{one.number} {one.command}: {one.difference}" for one in differing]
    explained = tuple(
        f"#{one.number} {one.command}: {reasons[one.number]}"
        for one in differing
        if one.number in reasons
    )
    first = next(
        (text for text, one in zip(texts, differing, strict=True) if one.number not in reasons), ""
    )
    return Score(name, len(steps) - len(differing), len(steps), first, explained), texts


if __name__ == "__main__":
    sys.exit(main())
