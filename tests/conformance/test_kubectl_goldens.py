"""Blocks of commands recorded with real kubectls against a real 1.36.2 server, replayed here.

Steps that do not print the same stand here with their reason.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .goldens import Step, blocks, replay
from .running import Kubectl, Simulator, programs, simulator

pytestmark = [pytest.mark.kubectl, pytest.mark.cluster]

GOLDEN = Path(__file__).parents[1] / "golden" / "kubectl"
LATER = "needs kinds or subresources of later issues"
KUBELET = "the recorded kubelets have no address; ours have one and refuse"
RANDOM = "a random file name that the masks of the recording do not always cover"
WRITE_PATH = "decided by the write path"

REASONS: dict[str, dict[int, str]] = {
    "applying": {
        **dict.fromkeys((13, 14, 15, 71), LATER),
        **dict.fromkeys((25, 60), WRITE_PATH),
        **dict.fromkeys((64, 65, 66), RANDOM),
    },
    "waiting": {
        **dict.fromkeys((39, 42, 45, 49, 52, 53), KUBELET),
        **dict.fromkeys((55, 56), LATER),
    },
}


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """A simulator in which a second is a second: some steps compare what is not yet so."""
    with simulator(tmp_path_factory.mktemp("steady")) as running:
        yield running


@pytest.mark.parametrize("name", REASONS)
@pytest.mark.parametrize("recorded", ["1.32", "1.36"])
def test_a_recorded_block_prints_the_same(
    steady: Simulator, tmp_path: Path, name: str, recorded: str
) -> None:
    found = programs()
    if recorded not in found:
        pytest.skip(f"kubectl {recorded} is not here: tools/kubectl.py --provision fetches it")
    masks, all_blocks = blocks(GOLDEN / f"goldens-{recorded}.jsonl")
    block = next(one for one in all_blocks if one["block"] == name)
    kubectl = Kubectl(found[recorded], tmp_path, steady.port)
    steps: list[Step] = list(replay(block, kubectl, masks))
    kubectl(f"delete namespace {block['namespace']}", 60)
    assert [one for one in steps if one.difference and one.number not in REASONS[name]] == []
    assert len(steps) > 50
