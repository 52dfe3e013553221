"""Which GPU type a tenant gets, when its caller names none."""

from collections.abc import Callable, Mapping, Sequence

from ecp.workloads.fitting import Why, why_line
from ecp.workloads.sheet import GPU_TYPES

_SMALL = 100


def usual(channels: int, bare_t4: Callable[[], float], reasons: list[Why]) -> str:
    """Return the type for a tenant's size: T4 up to 100 channels, else by how many T4 it would be.

    Up to two T4, up to eight V100, more L40S; *bare_t4* counts them without a spare for a zone.
    Source: domain, choice of GPU.
    """
    if channels <= _SMALL:
        reasons.append(why_line("gpu_type", "gpu-small", channels=channels, gpu="t4"))
        return "t4"
    count = bare_t4()
    chosen = "t4" if count <= 2 else "v100" if count <= 8 else "l40s"
    reasons.append(why_line("gpu_type", "gpu-count", channels=channels, count=count, gpu=chosen))
    return chosen


def within(
    kinds: Sequence[str], wished: str, needs: Callable[[str], float], reasons: list[Why]
) -> str:
    """Return *wished* where it is among *kinds*, else the one of them that takes the fewest GPUs.

    Where there is none *wished* stays.
    """
    if wished in kinds or not kinds:
        return wished
    chosen = min(kinds, key=lambda kind: (needs(kind), GPU_TYPES.index(kind)))
    words = ", ".join(kinds)
    reasons.append(why_line("gpu_type", "gpu-kinds", usual=wished, gpu=chosen, kinds=words))
    return chosen


def among(
    offered: Mapping[str, int], wished: str, needs: Callable[[str], float], reasons: list[Why]
) -> str:
    """Return the type of those *offered* of which the fewest are missing, *wished* first.

    offered  GPUs of each type that the target cluster has
    needs    how many of a type the tenant takes

    Where none is offered *wished* stays: it says what would have to be there.
    """
    there = [kind for kind in GPU_TYPES if offered.get(kind)]
    if not there:
        return wished
    chosen = min(there, key=lambda kind: (max(0, needs(kind) - offered[kind]), kind != wished))
    if chosen != wished:
        has = ", ".join(f"{offered[kind]} {kind}" for kind in there)
        reasons.append(why_line("gpu_type", "gpu-offered", usual=wished, gpu=chosen, offered=has))
    return chosen
