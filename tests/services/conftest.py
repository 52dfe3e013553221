from collections.abc import Iterator

import pytest

from .running import Service, service


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One simulator for a module; it must end without having written to stderr."""
    with service(tmp_path_factory.mktemp("service")) as found:
        yield found
        found.stop()
        assert found.stderr == ""
