"""CPU time of a call, several times; medians, because machines are noisy."""

import gc
import statistics
import time
from collections.abc import Callable


def cpu_seconds(call: Callable[[], object], rounds: int = 5) -> list[float]:
    """Return the CPU seconds of each round, in order."""
    spent = []
    for _ in range(rounds):
        gc.collect()
        start = time.process_time()
        call()
        spent.append(time.process_time() - start)
    return spent


def line(what: str, values: list[float], unit: str, goal: str) -> None:
    """Print the median with its spread, and the goal beside it."""
    median, low, high = statistics.median(values), min(values), max(values)
    print(f"{what:<58} {median:>10.3f} {unit:<10} ({low:.3f} … {high:.3f})   goal {goal}")
