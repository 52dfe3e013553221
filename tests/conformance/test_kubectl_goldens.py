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
LATER = "needs kinds, subresources or policies of later issues"
KUBELET = "the recorded kubelets have no address; ours have one and refuse"
RANDOM = "a random file name that the masks of the recording do not always cover"
RACE = "progress lines are a sample of a race; our pods take time to become ready"
NEVER_READY = (
    "an annotation of the recorded kubelets keeps pods from becoming ready; ours do not read it"
)
OTHER_NODES = "our nodes, their zones and their taints are others"
TEXTS = "descriptions of fields come with a later issue"
OPENAPI_V2 = "the old document is served empty in its binary form"
RBAC = "RBAC is off: all is allowed"
MACHINE = "of the machine or the user of the recording"
RAW = "kubectl 1.32 leaves the path of the server's address out of raw requests"

REASONS: dict[str, dict[int, str]] = {
    "applying": {
        **dict.fromkeys((13, 14, 15, 71), LATER),
        **dict.fromkeys((64, 65, 66), RANDOM),
    },
    "creating": {
        **dict.fromkeys((*range(21, 26), 30, 31, 32, *range(34, 40), *range(41, 45)), LATER),
        **dict.fromkeys((53, 54, 58, 73), LATER),
        **dict.fromkeys((59, 60, 61, 62, 65), TEXTS),
        66: OPENAPI_V2,
    },
    "rollouts": {
        **dict.fromkeys((4, 13, 19, 25, 28, 37), RACE),
        45: LATER,
        **dict.fromkeys((55, 56, 57, 58, 60, 61), NEVER_READY),
    },
    "waiting": {
        10: "kubectl warns, or not, of a watch that its own timeout cut within a second: a race",
        **dict.fromkeys((39, 42, 45, 49, 52, 53), KUBELET),
        **dict.fromkeys((55, 56), LATER),
    },
    "zoo": {
        **dict.fromkeys((1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 20, 24, 26, 27), LATER),
        **dict.fromkeys((41, 46, 48, 50, 64, 76, *range(78, 87), 91, 92, 100), LATER),
        **dict.fromkeys((4, 5, 28, 29, 31, 32, 33, 34, 38, 40), OTHER_NODES),
        **dict.fromkeys((73, 74, 93, 94, 95, 97), OTHER_NODES),
        36: "who wrote last stands last, and our pods take time to become ready",
        65: RAW,
        77: "how often an event came is a matter of time",
        87: "a date that the masks of the recording do not cover",
    },
    "clusterlevel": {
        **dict.fromkeys((4, 5, 6, 7, 8, 11, 31, 32, 34, 35, 36, 37, 38, 39, 40, 60), LATER),
        **dict.fromkeys((18, 19, 22, 27, 28, 29, 30, 43), RBAC),
        **dict.fromkeys((12, 24, 47, 61), MACHINE),
        41: "shows what happened in other blocks of the recording",
    },
}


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """A simulator in which a second is a second: some steps compare what is not yet so."""
    with simulator(tmp_path_factory.mktemp("steady")) as running:
        yield running


# Minutes long, with much waiting: the newer kubectl alone runs them.
LONG = ("rollouts", "zoo")
RUNS = [("1.36", name) for name in REASONS] + [("1.32", n) for n in REASONS if n not in LONG]


@pytest.mark.parametrize(("recorded", "name"), RUNS)
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
