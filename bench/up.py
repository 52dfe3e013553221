"""`ecp up` from the command to healthy, and what both services take then.

For orientation: a real control plane needs 3.3-5.5 s and 485 MB.
"""

from bench._measure import line
from bench._stack import NAMES, running

_ROUNDS = 5


def main() -> None:
    seconds: list[float] = []
    memory: dict[str, list[float]] = {name: [] for name in NAMES}
    spent: dict[str, list[float]] = {name: [] for name in NAMES}
    for _ in range(_ROUNDS):
        with running() as stack:
            seconds.append(stack.seconds)
            for name, megabytes in stack.resident_mb().items():
                memory[name].append(megabytes)
            for name, cpu in stack.cpu_seconds().items():
                spent[name].append(cpu)
    line("ecp up, command to both healthy", seconds, "s wall", "≤ 3")
    for name in NAMES:
        line(f"{name}, CPU until then", spent[name], "s", "–")
        line(f"{name}, resident", memory[name], "MB", "–")
    both = [sum(pair) for pair in zip(*memory.values(), strict=True)]
    line("both, resident", both, "MB", "≤ 300")
