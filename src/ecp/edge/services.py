"""SERVICES: one row a port. `ecp up`, `ecp doctor` and the README read this table.

Source of the ports: the integration guide's port table.
"""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Service:
    """One port of one process. `text` is the key of its name, `setting` the variable to move it."""

    name: str
    process: str
    port: int
    setting: str
    path: str = "/"

    @property
    def text(self) -> str:
        return f"service.{self.name}"

    def chosen_port(self) -> int:
        """Return the port that the environment asks for. Raises BadSetting."""
        value = os.environ.get(self.setting, "")
        if not value:
            return self.port
        if not value.isdigit() or not 0 < int(value) < 65536:
            raise BadSetting(self.setting, value, "a port between 1 and 65535")
        return int(value)


class BadSetting(ValueError):
    """An environment variable says what it cannot mean."""

    def __init__(self, setting: str, value: str, wanted: str) -> None:
        super().__init__(f"{setting}={value!r}: must be {wanted}")


SERVICES = (
    Service("simulator", "simulator", 6360, "ECP_SIMULATOR_PORT"),
    Service("simulator-frontend", "simulator", 6370, "ECP_SIMULATOR_FRONTEND_PORT"),
    Service("simulator-monitoring", "simulator", 6380, "ECP_SIMULATOR_MONITORING_PORT"),
    Service("simulator-dashboard", "simulator", 6390, "ECP_SIMULATOR_DASHBOARD_PORT"),
    Service("orchestrator", "orchestrator", 8001, "ECP_BACKEND_PORT"),
    Service("console", "orchestrator", 3000, "ECP_FRONTEND_PORT"),
)


def host() -> str:
    """Return the address to listen on: loopback unless ECP_HOST says otherwise."""
    return os.environ.get("ECP_HOST", "") or "127.0.0.1"


def data_dir() -> Path:
    """Return where everything is kept: ECP_DATA_DIR, else ~/.local/share/ecp."""
    chosen = os.environ.get("ECP_DATA_DIR", "")
    if chosen:
        return Path(chosen).expanduser().resolve()
    base = os.environ.get("XDG_DATA_HOME", "")
    return (Path(base) if base else Path.home() / ".local" / "share") / "ecp"


def simulator_url() -> str:
    """Return where the simulator answers: ECP_SIMULATOR_URL, else its local port."""
    return os.environ.get("ECP_SIMULATOR_URL", "") or (
        f"http://127.0.0.1:{SERVICES[0].chosen_port()}"
    )
