#!/usr/bin/env python3
"""Writes what follows from the table of services: compose.yaml, what it mounts, the port tables.

`make_deploy.py` writes the files; `--check` writes nothing and fails when one is not what would be
written. A test runs the check. compose.yaml keeps to what docker-compose 1.29, its successor and
podman-compose all know: no `name:`, no `develop:`; the project's name comes from `.env`.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import dashboards
import yaml

from ecp.cli.installation import configuration
from ecp.cli.installation.plan import NOT_HERE, filled
from ecp.edge.services import NETWORK, PROJECT, TABLE, Part
from ecp.texts import Language, text

ROOT: Final = Path(__file__).resolve().parents[1]
HEAD: Final = "# generated, do not edit: .venv/bin/python tools/make_deploy.py\n"
PASSWORD: Final = "${ECP_POSTGRES_PASSWORD:-ecp}"
# Docker's own resolver, in every network that compose makes.
_RESOLVER: Final = "127.0.0.11"
_IMAGES: Final = {
    "postgres": "${ECP_POSTGRES_IMAGE:-postgres:16}",
    "redis": "${ECP_REDIS_IMAGE:-redis:7}",
    "prometheus": "${ECP_PROMETHEUS_IMAGE:-prom/prometheus:v2.53.4}",
    "grafana": "${ECP_GRAFANA_IMAGE:-grafana/grafana:11.6.0}",
}
_HEALTH: Final = {
    "postgres": "pg_isready -q -U {role} -d {database}",
    "redis": "redis-cli ping | grep -q PONG",
    "prometheus": "wget -q -O /dev/null http://localhost:{inside}/-/ready",
    "grafana": "wget -q -O /dev/null http://localhost:{inside}/api/health",
    "ecp": "curl -fsS -o /dev/null http://localhost:{inside}/health",
    "web": f"curl -fsS -o /dev/null http://localhost:{{inside}}{configuration.HEALTH_OF_WEB}",
}
_VOLUMES: Final = {
    "postgres": "/var/lib/postgresql/data",
    "redis": "/data",
    "prometheus": "/prometheus",
    "grafana": "/var/lib/grafana",
    "ecp": "/data",
}
_MOUNTS: Final = {
    "prometheus": (
        "./deploy/prometheus:/etc/prometheus:ro",
    ),
    "grafana": (
        "./deploy/grafana/provisioning:/etc/grafana/provisioning:ro",
        "./deploy/grafana/dashboards:/var/lib/grafana-dashboards:ro",
    ),
}  # fmt: skip


# -- compose.yaml ---------------------------------------------------------------------------------


def inside() -> dict[str, str]:
    """Return where each service answers in compose's network."""
    return {name: f"{name}:{part.inside}" for name, part in TABLE.items()}


def published(part: Part) -> str:
    """Return a container's port on this machine, as compose substitutes it."""
    return f"${{{part.listens.setting}:-{part.listens.port}}}"


def service(part: Part) -> dict[str, Any]:
    """Return a service of compose.yaml."""
    row: dict[str, Any] = {}
    if part.kind in _IMAGES:
        row["image"] = _IMAGES[part.kind]
    else:
        file = "Dockerfile" if part.kind == "ecp" else "web.Dockerfile"
        row["image"] = "ecp" if part.kind == "ecp" else "ecp-web"
        row["build"] = {"context": ".", "dockerfile": f"deploy/{file}"}
    if part.profiles:
        row["profiles"] = list(part.profiles)
    command = _command(part)
    if command:
        row["command"] = command
    environment = _environment(part)
    if environment:
        row["environment"] = environment
    row["ports"] = [f"${{ECP_BIND:-127.0.0.1}}:{published(part)}:{part.inside}"]
    if part.needs:
        row["depends_on"] = {need: {"condition": "service_healthy"} for need in part.needs}
    row["healthcheck"] = {
        "test": ["CMD-SHELL", _HEALTH[part.kind].format_map(_fields(part))],
        "interval": "5s",
        "timeout": "5s",
        "retries": 12,
        "start_period": "20s",
    }
    volumes = [f"{part.name}:{_VOLUMES[part.kind]}"] if part.kind in _VOLUMES else []
    volumes += _MOUNTS.get(part.kind, ())
    if volumes:
        row["volumes"] = volumes
    row["networks"] = [NETWORK]
    row["restart"] = "unless-stopped"
    row["mem_limit"] = part.memory
    row["cpus"] = part.cpus
    row["security_opt"] = ["no-new-privileges:true"]
    if part.kind in ("ecp", "web"):
        scratch = "/tmp" if part.kind == "ecp" else "/run/nginx"
        row |= {"read_only": True, "tmpfs": [scratch], "cap_drop": ["ALL"]}
        row["stop_grace_period"] = "20s"
    return row


def _fields(part: Part) -> dict[str, Any]:
    return {"inside": part.inside, "role": part.role, "database": part.database}


def _command(part: Part) -> list[str]:
    match part.kind:
        case "ecp":
            return ["ecp", "serve", part.name, "--port", str(part.inside)]
        case "web":
            return ["nginx", "-e", "stderr", "-c", f"/etc/nginx/ecp/{part.name}.conf"]
        case "redis":
            return ["redis-server", "--appendonly", "yes", "--save", ""]
        case _:
            return []


def _environment(part: Part) -> dict[str, str]:
    own: dict[str, str] = {}
    if part.kind == "postgres":
        own = {
            "POSTGRES_USER": part.role,
            "POSTGRES_DB": part.database,
            "POSTGRES_PASSWORD": PASSWORD,
        }
    numbers = {name: published(other) for name, other in TABLE.items()}
    for key, value in part.environment.items():
        own[key] = _filled(value, numbers)
    return own


def _filled(value: str, numbers: dict[str, str]) -> str:
    """Fill a value of the table with the containers' names and the ports that compose publishes."""
    # Ports first: here they are what compose substitutes, not numbers.
    for name, number in numbers.items():
        value = value.replace(f"{{{name}.port}}", number)
    return re.sub(
        r"(?<!\$)\{[a-z0-9-]+\}", lambda found: filled(found[0], inside(), {}, PASSWORD), value
    )


def compose() -> str:
    """Return compose.yaml."""
    document = {
        "services": {name: service(part) for name, part in TABLE.items()},
        "networks": {NETWORK: {"driver": "bridge"}},
        "volumes": {name: {} for name, part in TABLE.items() if part.kind in _VOLUMES},
    }
    said = yaml.safe_dump(document, sort_keys=False, width=100, allow_unicode=True)
    return (
        f"{HEAD}# from src/ecp/edge/services.toml. Not run on a container engine yet: read by\n"
        "# docker-compose 1.29 and podman-compose, its images built and started by buildah.\n"
        f"{said}"
    )


# -- environment ----------------------------------------------------------------------------------

_ENV: Final = f"""\
# Read by docker-compose in this folder. No secrets here: this file is committed; `.env.example`
# lists everything that may be set.
COMPOSE_PROJECT_NAME={PROJECT}
# Prometheus and Grafana start with the rest; without them: COMPOSE_PROFILES=
COMPOSE_PROFILES=monitoring
"""


def env_example() -> str:
    """Return .env.example: everything that compose.yaml substitutes, with its default."""
    lines = [
        HEAD.rstrip(),
        "# What may be set for docker-compose: copy lines into `.env`, or set them in the shell.",
        "",
        f"COMPOSE_PROJECT_NAME={PROJECT}",
        "COMPOSE_PROFILES=monitoring",
        "",
        "# The databases' password, also Grafana's (user admin). Choose one before anybody else",
        "# can reach the ports; a database keeps the one that it was made with.",
        "ECP_POSTGRES_PASSWORD=ecp",
        "# The address of this machine on which ports are published; nobody is asked who they are.",
        "ECP_BIND=127.0.0.1",
        "",
        "# Ports on this machine.",
    ]
    lines += [f"{part.listens.setting}={part.listens.port}" for part in TABLE.values()]
    lines += ["", "# Images that are not built here."]
    substituted = re.compile(r"\$\{(\w+):-(.+)\}")
    for image in _IMAGES.values():
        found = substituted.fullmatch(image)
        assert found is not None
        lines.append(f"{found[1]}={found[2]}")
    return "\n".join(lines) + "\n"


# -- what containers mount, or are built with -----------------------------------------------------


def nginx(part: Part) -> str:
    """Return a web service's configuration in its container."""
    web = configuration.Web(
        str(part.inside), "/run/nginx", inside(), part.listens.port, resolver=_RESOLVER
    )
    return HEAD + configuration.nginx(part, web)


def grafana() -> dict[str, str]:
    """Return what Grafana is told at its start: where Prometheus is, where the dashboards are."""
    source = {
        "apiVersion": 1,
        "datasources": [
            {
                "name": "Prometheus",
                "uid": "ecp-prometheus",
                "type": "prometheus",
                "url": f"http://{inside()['prometheus']}",
                "isDefault": True,
            }
        ],
    }
    provider = {
        "apiVersion": 1,
        "providers": [
            {
                "name": "ecp",
                "type": "file",
                "options": {"path": "/var/lib/grafana-dashboards"},
            }
        ],
    }
    return {
        "datasources/ecp.yaml": HEAD + yaml.safe_dump(source, sort_keys=False),
        "dashboards/ecp.yaml": HEAD + yaml.safe_dump(provider, sort_keys=False),
    }


# -- port tables ----------------------------------------------------------------------------------

_TABLE_HEADS: Final[dict[Language, str]] = {
    "en": "| port | what | setting | `make run` | full profile | compose |",
    "ko": "| 포트 | 용도 | 설정 | `make run` | full 프로필 | compose |",
}
_YES: Final[dict[Language, str]] = {"en": "yes", "ko": "제공"}
_MARK: Final = ("<!-- ports -->\n", "<!-- end of the ports -->")


def port_table(language: Language) -> str:
    """Return the table of ports: where each answers in the three ways of running."""
    yes = _YES[language]
    lines = [_TABLE_HEADS[language], "|---|---|---|---|---|---|"]
    for name, part in TABLE.items():
        listens = part.listens
        full = "—" if name in NOT_HERE else yes
        if part.fallback:
            full = f"{yes} ({part.fallback})"
        row = (str(listens.port), text(listens.text, language), f"`{listens.setting}`")
        run = yes if listens.process else "—"
        lines.append(f"| {' | '.join((*row, run, full, f'`{name}`'))} |")
    return "\n".join(lines) + "\n"


def readme(path: Path, language: Language) -> str:
    """Return a README with its table of ports in it."""
    said = path.read_text("utf-8")
    before, mark, rest = said.partition(_MARK[0])
    _, end, after = rest.partition(_MARK[1])
    if not (mark and end):
        raise SystemExit(f"{path.name}: no place for the table of ports")
    return f"{before}{mark}{port_table(language)}{end}{after}"


# -- writing --------------------------------------------------------------------------------------


def files() -> dict[Path, Callable[[], str]]:
    """Return every file that follows from the table, and what makes it."""
    found: dict[Path, Callable[[], str]] = {
        ROOT / "compose.yaml": compose,
        ROOT / ".env": lambda: _ENV,
        ROOT / ".env.example": env_example,
        ROOT / "README.md": partial(readme, ROOT / "README.md", "en"),
        ROOT / "README.ko.md": partial(readme, ROOT / "README.ko.md", "ko"),
    }
    scraping = ROOT / "deploy" / "prometheus"
    found[scraping / "prometheus.yml"] = lambda: HEAD + configuration.prometheus(inside())
    found[scraping / "rules.yml"] = lambda: HEAD + configuration.rules()
    shown = ROOT / "deploy" / "grafana"
    for name, said in grafana().items():
        found[shown / "provisioning" / name] = partial(str, said)
    for one in dashboards.DASHBOARDS:
        found[shown / "dashboards" / f"{one.uid}.json"] = partial(dashboards.written, one)
    for name, part in TABLE.items():
        if part.kind == "web":
            found[ROOT / "deploy" / "nginx" / f"{name}.conf"] = partial(nginx, part)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files, or (--check) name those that are out of date; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="tools/make_deploy.py", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail if out of date")
    options = parser.parse_args(arguments)
    stale = []
    for path, made in files().items():
        wanted = made()
        if path.exists() and path.read_text("utf-8") == wanted:
            continue
        stale.append(path.relative_to(ROOT))
        if not options.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted, "utf-8")
    for name in stale:
        print(f"{'out of date' if options.check else 'written'}: {name}", file=sys.stderr)
    return 1 if stale and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
