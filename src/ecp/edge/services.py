"""The table of services (services.toml): what listens where, what it needs, how it is started.

SERVICES are the ports of `ecp up` on embedded defaults; TABLE has every service of the guide, each
a process of `ecp up --profile full` and a container of compose.yaml.
"""

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ecp.texts import text


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
        if not re.fullmatch(r"[0-9]{1,5}", value) or not 0 < int(value) < 65536:
            raise BadSetting(self.setting, value, "setting.port")
        return int(value)


class BadSetting(ValueError):
    """An environment variable says what it cannot mean; `key` and `values` fill the text."""

    def __init__(self, setting: str, value: str, key: str, **values: str) -> None:
        self.key = key
        self.values = {"setting": setting, "value": value, **values}
        super().__init__(text(key, "en", **self.values))


@dataclass(frozen=True, slots=True)
class Part:
    """A service as compose knows it: one container, or one process of the full profile.

    `listens` is its port on this machine, `inside` that in its container; `fallback` (0: none) is
    taken where nobody but root may have the first. `routes` are those of a web service: what is
    asked for below a path is handed on to a part. services.toml says what the rest means.
    """

    name: str
    kind: str
    listens: Service
    inside: int
    fallback: int
    needs: tuple[str, ...]
    environment: Mapping[str, str]
    routes: Mapping[str, str]
    profiles: tuple[str, ...]
    role: str
    database: str
    memory: str
    cpus: int


def _part(row: Mapping[str, Any]) -> Part:
    return Part(
        row["name"],
        row["kind"],
        Service(row["text"], row.get("process", ""), row["port"], row["setting"]),
        row["inside"],
        row.get("fallback", 0),
        tuple(row.get("needs", ())),
        row.get("environment", {}),
        row.get("routes", {}),
        tuple(row.get("profiles", ())),
        row.get("role", ""),
        row.get("database", ""),
        row["memory"],
        row["cpus"],
    )


_FILE: Final = tomllib.loads(Path(__file__).with_name("services.toml").read_text("utf-8"))
PROJECT: Final[str] = _FILE["project"]
NETWORK: Final[str] = _FILE["network"]
TABLE: Final = {part.name: part for part in map(_part, _FILE["services"])}
# What `ecp up` listens on where everything is embedded, the simulator's API first.
SERVICES: Final = tuple(part.listens for part in TABLE.values() if part.listens.process)


def chosen_ports(services: Iterable[Service] = SERVICES) -> dict[Service, int]:
    """Return the port of each service. Raises BadSetting for one that is asked for twice."""
    ports: dict[Service, int] = {}
    for service in services:
        port = service.chosen_port()
        for other, taken in ports.items():
            if taken == port:
                raise BadSetting(
                    service.setting, str(port), "setting.port-twice", other=other.setting
                )
        ports[service] = port
    return ports


def host() -> str:
    """Return the address to listen on: loopback unless ECP_HOST says otherwise."""
    return os.environ.get("ECP_HOST", "") or "127.0.0.1"


def data_dir() -> Path:
    """Return where everything is kept: ECP_DATA_DIR, else ~/.local/share/ecp.

    Raises BadSetting for a folder of a user that is not there.
    """
    chosen = os.environ.get("ECP_DATA_DIR", "")
    if chosen:
        try:
            return Path(chosen).expanduser().resolve()
        except RuntimeError as error:
            raise BadSetting("ECP_DATA_DIR", chosen, "setting.folder") from error
    base = os.environ.get("XDG_DATA_HOME", "")
    return (Path(base) if base else Path.home() / ".local" / "share") / "ecp"


# What a setting has to look like where it is set, and what is said of one that does not.
_URL: Final = r"https?://[^\s/]+(/\S*)?"
_DATABASE: Final = r"(postgresql(\+\w+)?://\S+|sqlite(\+\w+)?://\S+)"
_FORMS: Final = (
    ("ECP_DATABASE_URL", _DATABASE, "setting.database"),
    ("ECP_DEMO_DATABASE_URL", _DATABASE, "setting.database"),
    ("ECP_SIMULATOR_DATABASE_URL", r"postgres(ql)?://\S+", "setting.postgresql"),
    ("ECP_SIMULATOR_URL", _URL, "setting.url"),
    ("ECP_ORCHESTRATOR_URL", _URL, "setting.url"),
    ("ECP_DASHBOARD_URL", _URL, "setting.url"),
    ("K8S_SIMULATOR_URL", _URL, "setting.url"),
    ("K8S_SIMULATOR_EXTERNAL_URL", _URL, "setting.url"),
    ("K8S_SIMULATOR_WS_URL", r"wss?://[^\s/]+(/\S*)?", "setting.ws-url"),
    ("K8S_SIMULATOR_REDIS_URL", r"(rediss?|unix)://\S+", "setting.redis-url"),
    ("ECP_DEMO", "(?i:start|use|off)", "setting.demo"),
    ("ECP_DEPLOYMENT_METHOD", "k8s-simulator|kubernetes", "setting.method"),
    ("ECP_CLUSTER_URL", _URL, "setting.url"),
)


def check_settings() -> None:
    """Look at the environment before anything is started with it. Raises BadSetting.

    A password in an address is not said again.
    """
    for setting, form, key in _FORMS:
        value = os.environ.get(setting, "").strip()
        if value and not re.fullmatch(form, value):
            shown = re.sub(r"//[^/@]*@", "//…@", value)
            raise BadSetting(setting, shown, key)
    authorization_mode()


def authorization_mode() -> str:
    """Return how clusters that do not say so themselves see who may do what.

    ECP_AUTHORIZATION_MODE, else AlwaysAllow. Raises BadSetting.
    """
    from ecp.sim.access import ALWAYS_ALLOW, MODES

    chosen = os.environ.get("ECP_AUTHORIZATION_MODE", "") or ALWAYS_ALLOW
    if chosen not in MODES:
        known = ", ".join(MODES)
        raise BadSetting("ECP_AUTHORIZATION_MODE", chosen, "setting.mode", known=known)
    return chosen


def local_url(port: int) -> str:
    """Return where a service that listens on *port* is reached from this machine."""
    address = host()
    address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)
    return f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"


def simulator_url() -> str:
    """Return where the simulator answers: ECP_SIMULATOR_URL, else its local port.

    Raises BadSetting.
    """
    return _chosen_url("ECP_SIMULATOR_URL", SERVICES[0])


def orchestrator_url() -> str:
    """Return where the orchestrator answers: ECP_ORCHESTRATOR_URL, else its local port.

    Raises BadSetting.
    """
    service = next(service for service in SERVICES if service.name == "orchestrator")
    return _chosen_url("ECP_ORCHESTRATOR_URL", service)


def _chosen_url(setting: str, service: Service) -> str:
    chosen = os.environ.get(setting, "")
    if not chosen:
        return local_url(service.chosen_port())
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", chosen):
        raise BadSetting(setting, chosen, "setting.url")
    return chosen.rstrip("/")
