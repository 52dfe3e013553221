import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from .running import Kubectl, Simulator, clients, kubeconfig, programs, simulator

VERSIONS = ("1.32", "1.36")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """One simulator for all; each test has a namespace of its own."""
    with simulator(tmp_path_factory.mktemp("simulator")) as running:
        running.clock(action="speed", factor=5)
        yield running


@pytest.fixture(scope="session", params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    """Each kubectl that is to be had; one that is missing is skipped aloud."""
    if request.param not in programs():
        pytest.skip(f"kubectl {request.param} is not here: tools/kubectl.py --provision fetches it")
    return str(request.param)


@pytest.fixture(scope="session")
def discovered(version: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a version of kubectl has discovered of the server, for all of its tests."""
    return tmp_path_factory.mktemp(f"discovered-{version}")


@pytest.fixture
def kubectl(server: Simulator, version: str, discovered: Path, tmp_path: Path) -> Kubectl:
    found = Kubectl(programs()[version], tmp_path, server.port)
    found.discovered = discovered
    return found


@pytest.fixture
def config(server: Simulator, tmp_path: Path) -> Path:
    """A kubeconfig of the running simulator."""
    return kubeconfig(tmp_path / "config", server.port)


@pytest.fixture(scope="session")
def client(request: pytest.FixtureRequest) -> Path:
    """Where a client of tools/clients.py is, by its name; one that is missing is skipped aloud."""
    found = clients()
    if request.param not in found:
        pytest.skip(f"{request.param} is not here: tools/clients.py --provision says why")
    return Path(found[request.param])
