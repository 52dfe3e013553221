"""One rehearsal, one sequence of bytes: in any process, under any hash seed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

MANIFESTS = Path(__file__).parents[1] / "golden" / "manifests"
SCRIPT = """
import sys
from pathlib import Path
from ecp.rehearsal.rehearse import rehearse
from ecp.validation import Source
paths = [Path(name) for name in sys.argv[2:]]
faults = ["node_down@2h", "pod_crash@3h", "service_down@4h+2m", "zone_down@6h+30m"]
sources = [Source(path.read_text("utf-8"), path.name) for path in paths]
found = rehearse(sources, faults=faults, seed=int(sys.argv[1]), language="ko")
sys.stdout.buffer.write(found.to_bytes() + found.to_text("ko").encode())
"""


def output(bundle: str, seed: int, hash_seed: str) -> bytes:
    path = MANIFESTS / bundle
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(seed), *map(str, files)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize("bundle", ["online-boutique.yaml", "sock-shop.yaml", "ecp-tenant"])
def test_two_processes_and_two_hash_seeds_give_the_same_bytes(bundle: str) -> None:
    one = output(bundle, 7, "1")
    assert len(one) > 10_000
    assert output(bundle, 7, "4242") == one


def test_another_seed_gives_others() -> None:
    assert output("guestbook.yaml", 1, "1") != output("guestbook.yaml", 2, "1")
