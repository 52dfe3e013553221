"""`python -m tests.fidelity.replay FOLDER`: one line a scenario; exit 1 when one differs."""

import argparse
import sys
from pathlib import Path

from .runner import judge, nodes_of, scenarios


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make fidelity", description=__doc__)
    parser.add_argument("folder", type=Path, help="recordings and their nodes.json; or one file")
    parser.add_argument("-v", "--verbose", action="store_true", help="show every difference")
    options = parser.parse_args(arguments)
    folder: Path = options.folder
    if not folder.exists():
        print(f"{folder}: no such folder; give one with recordings and their nodes.json")
        return 2
    try:
        nodes = nodes_of(folder)
    except FileNotFoundError:
        print(f"{folder}: has no nodes.json, which says on which nodes to replay")
        return 2
    equal = total = 0
    for name, scenario in scenarios(folder):
        verdict = judge(name, scenario, nodes)
        total += 1
        equal += verdict.equal
        print(verdict.line(), flush=True)
        if options.verbose:
            for difference in verdict.left[1:]:
                print(f"    {difference}")
    print(f"{equal} of {total} scenarios equal")
    return 0 if equal == total and total else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
