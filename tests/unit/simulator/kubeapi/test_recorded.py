"""Exchanges of a real 1.36.2 server, played to the façade over a write path without controllers.

An exchange that is not equal stands here with its reason, unless it is about a kind that is not
served yet. A reason that is no longer needed fails, too.
"""

from pathlib import Path
from typing import Any

import pytest

from conformance.bare import BareCluster, Client, Host, as_recorded, drive
from conformance.exchanges import Result, play, sequences
from conformance.reasons import REASONS
from ecp.kube.kinds import BUILT_IN
from ecp.kube.openapi import ASKED
from ecp.sim.access import RBAC

GOLDEN = Path(__file__).parents[3] / "golden" / "api"
CASES = (
    "asked-otherwise",
    "authz-apis",
    "configmap",
    "crd",
    "crd-more",
    "delete-collection",
    "delete-options",
    "deployment-crud",
    "discovery",
    "dry-run",
    "endpoints",
    "errors-http",
    "eviction",
    "field-validation",
    "hpa",
    "kinds",
    "label-selectors",
    "labels",
    "lease-event",
    "life-0",
    "life-1",
    "life-2",
    "life-3",
    "life-4",
    "life-5",
    "list-expired",
    "list-rv",
    "merge-patch",
    "more-deletions",
    "more-lists",
    "more-patches",
    "more-scales",
    "namespace",
    "openapi-v3",
    "optimistic",
    "pdb",
    "pod-subresources",
    "podsecurity",
    "priority",
    "put-rules",
    "quota",
    "rbac",
    "service",
    "ssa-basic",
    "ssa-lists",
    "ssa-update-mix",
    "storage",
    "table-job-etc",
    "watch-basic",
    "watch-start",
    "watch-too-old",
    "workload-subresources",
)
"""Sequences of the recording, by their ids; `conformance.reasons` says what is not equal."""


def is_later(path: str) -> bool:
    """Does a path name a built-in kind or group that no issue has brought yet?"""
    parts = path.strip("/").split("/")
    if parts[0] == "api":
        group, version, rest = "", *parts[1:2], parts[2:]
    elif parts[0] == "apis" and len(parts) > 2:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return False
    if len(rest) > 2 and rest[0] == "namespaces":
        rest = rest[2:]
    if not rest:
        return not any(k.group == group for k in (*BUILT_IN.served, *ASKED))
    names = {
        k.plural for k in (*BUILT_IN.served, *ASKED) if (k.group, k.version) == (group, version)
    }
    return rest[0] not in names


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

    drive(story, as_recorded(BareCluster(mode=RBAC)))
    return results


@pytest.mark.parametrize("name", CASES)
def test_exchanges_are_equal_but_for_those_with_a_reason(name: str) -> None:
    results, reasons = played(name), REASONS.get(name, {})
    paths = {one["n"]: one["req"]["path"] for one in sequence(name)["exchanges"]}
    differing = {one.number: one for one in results if one.difference}
    unexplained = [
        one
        for number, one in differing.items()
        if number not in reasons and not is_later(paths[number])
    ]
    assert unexplained == []
    assert reasons.keys() <= differing.keys(), "it is equal now: take the reason away"
    assert len(results) == len(paths)
