"""Blocks of commands recorded with real kubectls against a real 1.36.2 server, replayed here.

The façade and the whole control plane are ours; the kubelets are those of the recording. Steps that
do not print the same stand here with their reason.
"""

from pathlib import Path

import pytest

from .goldens import Step, blocks, replay
from .hollow import ADMINISTRATOR, listening
from .running import Kubectl, programs

pytestmark = [pytest.mark.kubectl, pytest.mark.cluster]

GOLDEN = Path(__file__).parents[1] / "golden" / "kubectl"
RACE = "progress lines and events of one moment are a sample of a race"
PLACES = "which node a pod landed on, and what nodes say of themselves"
UNSAID = "kubectl sends no token over plain HTTP"
MACHINE = "of the machine or the user of the recording"

REASONS: dict[str, dict[int, str]] = {
    "applying": {},
    "creating": {},
    "rollouts": {
        **dict.fromkeys((4, 13, 19, 25, 28, 37, 55, 56, 57, 58, 60), RACE),
        61: "sorted by hashes, one of which depends on the second of a restart",
    },
    "waiting": {
        10: "kubectl warns, or not, of a watch that its own timeout cut within a second: a race",
    },
    "zoo": {
        20: "how much of a quota is used hangs on which pods have ended by then",
        **dict.fromkeys((1, 2, 3, 6, 7, 8, 33, 34, 46), RACE),
        **dict.fromkeys((4, 5, 40, 73, 74, 93, 94, 95, 97), PLACES),
        **dict.fromkeys((28, 29, 31, 32), RACE),
        **dict.fromkeys((36, 38), "versions count what the cluster wrote; who wrote last is last"),
        76: "an autoscaler without metrics shows another number here",
        77: "how often an event came is a matter of time",
        87: "a date that the masks of the recording do not cover",
    },
    "clusterlevel": {
        **dict.fromkeys((4, 5, 40), "ServiceMonitor is always served here"),
        43: UNSAID,
        31: "the recorded server could not reach parts that all are well here",
        **dict.fromkeys((12, 24, 47, 61), MACHINE),
        **dict.fromkeys((32, 41), "shows what happened in other blocks of the recording"),
    },
}


# Minutes long, with much waiting: the newer kubectl alone runs them.
LONG = ("rollouts", "zoo")
RUNS = [("1.36", name) for name in REASONS] + [("1.32", n) for n in REASONS if n not in LONG]


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
            one.number: one for one in steps if one.difference and one.number not in REASONS[name]
        }

    first = unlike(tmp_path / "first")
    # The steps of a recording follow one another by its machine's clock: on a busy one a pod may
    # come after an object that it came before. A race goes one way once; a fault shows each time.
    again = unlike(tmp_path / "again") if first else {}
    assert [again[number] for number in first if number in again] == []
