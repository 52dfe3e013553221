"""Room for a critical pod: its kubelet ends others rather than refuse it.

Of pods that it may end it takes first those of the lowest quality of service, and of these as few
as do, judged by what they request; the pod is taken on once they have ended.
Source: kubernetes pkg/kubelet/preemption/preemption.go, pkg/kubelet/types/pod_update.go.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from ecp.kube import kinds
from ecp.sim.kubelet import pressure
from ecp.sim.world import PodRun

if TYPE_CHECKING:
    from ecp.sim.kubelet.fitting import Shortage
    from ecp.sim.kubelet.loop import PodLoop

_MESSAGE: Final = "Preempted in order to admit critical pod"
_TOLD: Final = "Pod was preempted by Kubelet to accommodate a critical pod."
_QUALITIES: Final = ("BestEffort", "Burstable", "Guaranteed")
_SECOND: Final = 1_000_000_000
_GRACE: Final = 30

Missing = Mapping[str, int]
"""What is missing of each resource, in milli units."""


class _Other(NamedTuple):
    """A pod that may be ended."""

    run: PodRun
    quality: str
    grace: int


def make_room(loop: "PodLoop", short: list["Shortage"]) -> str:
    """End pods until nothing of *short* is missing; return why that cannot be, "" = it can."""
    going = [loop.world.pods[uid] for uid in loop.machine.pods]
    going = [run for run in going if run.end is None and (run.terminating or run.verdict)]
    missing = _less({one.resource: one.missing for one in short}, going)
    rows = list(_others(loop))
    of = {quality: [one for one in rows if one.quality == quality] for quality in _QUALITIES}
    left = _less(missing, [one.run for one in rows])
    if left:
        return f"no set of running pods found to reclaim resources: {_shown(left)}"
    chosen: dict[str, list[_Other]] = {}
    # The best are asked for what all others cannot give, then the others for what is left.
    for quality in reversed(_QUALITIES):
        rest = [
            one.run
            for other in _QUALITIES
            if other != quality
            for one in chosen.get(other, of[other])
        ]
        chosen[quality] = _closest(of[quality], _less(missing, rest))
    for quality in _QUALITIES:
        for one in chosen[quality]:
            pressure.condemn(
                loop.world, one.run, pressure.PREEMPTED, _MESSAGE, told=_TOLD, grace=one.grace
            )
    return ""


def _others(loop: "PodLoop") -> list[_Other]:
    """Return the pods that may be ended for this one, in order of arrival."""
    found = []
    own = loop.pod["spec"].get("priority") or 0
    for uid in loop.machine.pods:
        run = loop.world.pods[uid]
        if run is loop.run or run.started_at is None or run.end is not None:
            continue
        pod = loop.read.get(kinds.PODS, *run.key)
        if pod is None or run.terminating or run.verdict:
            continue
        priority = pod["spec"].get("priority") or 0
        if priority < pressure.CRITICAL or priority < own:
            seconds = pod["spec"].get("terminationGracePeriodSeconds", _GRACE)
            quality = pod["status"].get("qosClass", _QUALITIES[0])
            found.append(_Other(run, quality, seconds * _SECOND))
    return found


def _less(missing: Missing, runs: list[PodRun]) -> Missing:
    """Return what is still missing once these pods are gone."""
    left = {
        name: amount - sum(run.used.get(name, 0) for run in runs)
        for name, amount in missing.items()
    }
    return {name: amount for name, amount in left.items() if amount > 0}


def _closest(pods: list[_Other], missing: Missing) -> list[_Other]:
    """Return the pods to end: always the one that leaves the least missing, of equals the smaller.

    What is missing of each resource weighs alike, by the square of its share.
    """
    chosen = []
    pods = list(pods)
    while missing:
        rows = [
            (_distance(one.run, missing), one.run.used.get("memory", 0), one.run.used.get("cpu", 0))
            for one in pods
        ]
        best = max(n for n, row in enumerate(rows) if row == min(rows))
        one = pods.pop(best)
        chosen.append(one)
        missing = _less(missing, [one.run])
    return chosen


def _distance(run: PodRun, missing: Missing) -> float:
    shares = [max(amount - run.used.get(name, 0), 0) / amount for name, amount in missing.items()]
    return sum(share * share for share in shares)


def _shown(missing: Missing) -> str:
    rows = (
        f"(res: {name}, q: {amount if name == 'cpu' else amount // 1000}), "
        for name, amount in missing.items()
    )
    return f"[{''.join(rows)}]"
