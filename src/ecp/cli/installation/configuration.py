"""What servers that are not ours read: nginx and Prometheus, made from the table of services.

The same text serves a container and a process: they differ in addresses and folders only.
"""

from collections.abc import Mapping
from importlib import resources
from typing import NamedTuple

from ecp.edge.services import TABLE, Part

HEALTH_OF_WEB = "/nginx-health"
_NGINX = """\
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;

events {{
    worker_connections 1024;
}}

http {{
    log_format json escape=json '{{"time":"$time_iso8601","method":"$request_method",'
        '"path":"$uri","status":$status,"bytes":$body_bytes_sent,"seconds":$request_time,'
        '"request_id":"$asked_as"}}';
    access_log /dev/stdout json;
    server_tokens off;
    client_max_body_size 32m;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    gzip on;
    gzip_proxied any;
    gzip_types application/json application/javascript text/css text/plain image/svg+xml;
{resolver}
    map $http_upgrade $upgraded {{
        default upgrade;
        ''      '';
    }}
    map $http_x_request_id $asked_as {{
        default $http_x_request_id;
        ''      $request_id;
    }}

    server {{
        listen {listen};

        # Nothing waits in a buffer: streams are handed on as they come, and no file is written.
        proxy_buffering off;
        proxy_request_buffering off;
        proxy_http_version 1.1;
        proxy_read_timeout 1h;
        proxy_send_timeout 1h;
        proxy_set_header Host $http_host;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $upgraded;
        proxy_set_header X-Request-ID $asked_as;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
        # Whose page the root shows: the application behind has several.
        proxy_set_header X-Forwarded-Port {shown};

        location = {health} {{
            access_log off;
            default_type text/plain;
            return 200 "ok\\n";
        }}
{routes}    }}
}}
"""
# A name in a variable is looked up when somebody asks, not once at the start: the server comes up
# before its peers do, and finds them again when they have moved.
_ROUTE = """
        location {path} {{
            set $to {address};
            proxy_pass http://$to;
        }}
"""


class Web(NamedTuple):
    """How a web service runs somewhere: its own address, its folder, its peers' addresses.

    `resolver` is who knows the peers' names, "" where they are addresses. `shown` is the port that
    people open.
    """

    listen: str
    folder: str
    addresses: Mapping[str, str]
    shown: int
    resolver: str = ""


def nginx(part: Part, web: Web) -> str:
    """Return the configuration of a web service."""
    resolver = f"    resolver {web.resolver} valid=10s;\n" if web.resolver else ""
    routes = "".join(
        _ROUTE.format(path=path, address=web.addresses[to]) for path, to in part.routes.items()
    )
    return _NGINX.format(
        folder=web.folder,
        listen=web.listen,
        shown=web.shown,
        resolver=resolver,
        health=HEALTH_OF_WEB,
        routes=routes,
    )


def prometheus(addresses: Mapping[str, str]) -> str:
    """Return what Prometheus scrapes: our services, and itself."""
    lines = [
        "global:",
        "  scrape_interval: 15s",
        "  evaluation_interval: 15s",
        "rule_files: [rules.yml]",
        "scrape_configs:",
    ]
    asked = [part.name for part in TABLE.values() if part.kind in ("ecp", "prometheus")]
    for name in asked:
        lines += [
            f"  - job_name: {name}",
            "    static_configs:",
            f'      - targets: ["{addresses[name]}"]',
        ]
    return "\n".join(lines) + "\n"


def rules() -> str:
    """Return the rules of the installation: service levels of all tenants, services that are gone.

    A tenant's own, exact to the slot, are printed by `ecp slo rules`.
    """
    return resources.files(__package__).joinpath("rules.yml").read_text("utf-8")
