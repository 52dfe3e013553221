import signal
from collections.abc import Iterator

import pytest

from .running import Service, service


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> None:
    """What tests start hears Ctrl-C, also where a shell has put the tests in the background.

    It has SIGINT ignored there, and what is ignored is inherited; what is handled is not.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One simulator for a module; it must end without having written to stderr."""
    with service(tmp_path_factory.mktemp("service")) as found:
        yield found
        found.stop()
        assert found.stderr == ""
