"""Blocks of commands recorded with real kubectls against a real 1.36.2 server, replayed here.

The façade and the whole control plane are ours; the kubelets are those of the recording. Steps that
do not print the same stand in `reasons` with theirs.
"""

from pathlib import Path

import pytest

from .goldens import Step, blocks, replay
from .hollow import ADMINISTRATOR, listening
from .reasons import KUBECTL
from .running import Kubectl, programs

pytestmark = [pytest.mark.kubectl, pytest.mark.cluster]

GOLDEN = Path(__file__).parents[1] / "golden" / "kubectl"
# Minutes long, with much waiting: the newer kubectl alone runs them.
LONG = ("rollouts", "zoo")
RUNS = [("1.36", name) for name in KUBECTL] + [("1.32", n) for n in KUBECTL if n not in LONG]


@pytest.mark.parametrize(("recorded", "name"), RUNS)
def test_a_recorded_block_prints_the_same(tmp_path: Path, name: str, recorded: str) -> None:
    found = programs()
    if recorded not in found:
        pytest.skip(f"kubectl {recorded} is not here: tools/kubectl.py --provision fetches it")
    masks, all_blocks = blocks(GOLDEN / f"goldens-{recorded}.jsonl")
    block = next(one for one in all_blocks if one["block"] == name)

    def unlike(folder: Path) -> dict[int, Step]:
        with listening() as server:
            kubectl = Kubectl(found[recorded], folder, server.port, ADMINISTRATOR)
            steps: list[Step] = list(replay(block, kubectl, masks))
        assert len(steps) > 50
        return {
            one.number: one for one in steps if one.difference and one.number not in KUBECTL[name]
        }

    first = unlike(tmp_path / "first")
    # The steps of a recording follow one another by its machine's clock: on a busy one a pod may
    # come after an object that it came before. A race goes one way once; a fault shows each time.
    again = unlike(tmp_path / "again") if first else {}
    assert [again[number] for number in first if number in again] == []
