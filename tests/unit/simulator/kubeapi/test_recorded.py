"""Exchanges of a real 1.36.2 server, played to the façade over a write path without controllers.

An exchange that is not equal stands here with its reason; what only the write path decides
(validation, PodDisruptionBudgets …) is left to other tests.
"""

from pathlib import Path
from typing import Any

import pytest

from .bare import Client, Host, drive
from .replay import Result, play, sequences

GOLDEN = Path(__file__).parents[3] / "golden" / "api"
ELSEWHERE = "shows objects of other sequences of the recording"
RBAC = "RBAC is off: all is allowed"
TOKENS = "service account tokens are not issued"
PROTOBUF = "answers are JSON"

CASES: dict[str, dict[int, str]] = {
    "list-rv": {},
    "label-selectors": {},
    "watch-basic": {},
    "watch-start": {28: ELSEWHERE},
    "delete-collection": {},
    "dry-run": {},
    "errors-http": {
        14: ELSEWHERE,
        31: PROTOBUF,
        47: "the YAML reader counts the first line, too",
    },
    "authz-apis": {
        **dict.fromkeys(range(1, 6), TOKENS),
        **dict.fromkeys(range(6, 10), "token reviews are not served"),
        **dict.fromkeys((10, 15, 16, 19, 22), RBAC),
        11: "the administrator has another name",
        12: TOKENS,
    },
    "openapi-v3": {
        1: "kinds of later issues",
        2: "only groups have documents",
        6: "the document's hash is ours",
        7: "the document's hash is ours",
        9: PROTOBUF,
        10: PROTOBUF,
    },
}


def sequence(name: str) -> dict[str, Any]:
    for path in sorted(GOLDEN.glob("*.jsonl")):
        for found in sequences(path):
            if found.get("id") == name:
                return found
    raise LookupError(name)


def played(name: str) -> list[Result]:
    results: list[Result] = []

    async def story(client: Client, host: Host) -> None:
        results.extend(await play(sequence(name), client, host))

    drive(story)
    return results


@pytest.mark.parametrize("name", CASES)
def test_exchanges_are_equal_but_for_those_with_a_reason(name: str) -> None:
    results = played(name)
    differing = [one for one in results if one.difference and one.number not in CASES[name]]
    assert differing == []
    assert len(results) == len(sequence(name)["exchanges"])
