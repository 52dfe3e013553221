"""client-go and controller-runtime, compiled unchanged, against a running cluster.

The tests themselves are written in Go, in clients/go; each is run here by its name.
"""

import subprocess
from pathlib import Path

import pytest

pytestmark = [pytest.mark.cluster, pytest.mark.parametrize("client", ["client-go"], indirect=True)]

TESTS = {
    "shared informers follow a Deployment from creation to its last pod": "TestInformers",
    "a watch begins with what is there and goes on without gaps": "TestWatchList",
    "a list of a version to come times out in the server's words": "TestVersionOfTheFuture",
    "pages are of one instant": "TestPaging",
    "discovery, mappers and OpenAPI name the kinds": "TestDiscovery",
    "everything may be said and answered in protobuf": "TestProtobuf",
    "metadata alone is listed and watched": "TestMetadataOnly",
    "logs are read, followed to their end, and refused for no such container": "TestLogs",
    "server-side apply owns, conflicts, is forced and gives back": "TestServerSideApply",
    "four writers count to twenty by trying again": "TestRetryOnConflict",
    "instances of a definition are made, refused, applied and followed": "TestDynamic",
    "scale, eviction under a budget, and access reviews": "TestSubresources",
    "exec is refused over SPDY and WebSocket alike": "TestExecIsRefused",
    "events of one kind become one with a count": "TestEventsAreAggregated",
    "a lease passes from one leader to the next": "TestLeaderElection",
    "a work queue reconciles what is wanted and what is there": "TestReconcile",
    "an operator lives its ten minutes": "TestOperator",
}


def run(client: Path, config: Path, *arguments: str) -> str:
    done = subprocess.run(
        [client, *arguments], cwd=config.parent, env={"KUBECONFIG": str(config)},
        timeout=120, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_test_is_run_here(client: Path, config: Path) -> None:
    assert set(run(client, config, "-test.list", ".").split()) == set(TESTS.values())


@pytest.mark.parametrize("name", TESTS.values(), ids=TESTS)
def test_client_go(client: Path, config: Path, name: str) -> None:
    said = run(client, config, "-test.v", "-test.run", f"^{name}$")
    assert f"--- PASS: {name} " in said
