"""Which cluster a kubeconfig means, and how it is called.

What kubectl takes is taken: tokens, token files, client certificates, passwords, programs that
give credentials (`exec`); several files in KUBECONFIG, of which the first to name a thing wins.
Source: client-go tools/clientcmd, plugin/pkg/client/auth/exec.
"""

from __future__ import annotations

import base64
import json
import os
import ssl
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from ecp.cli.output import Failure

_PATIENCE_S: Final = 60
_EXEC_SECONDS: Final = 60
_DEFAULT: Final = os.path.join("~", ".kube", "config")
_LISTS: Final = ("clusters", "contexts", "users")


class Connection(NamedTuple):
    """How a cluster's API is called: address, headers, TLS; a proxy or ""."""

    server: str
    headers: Mapping[str, str] = {}
    verify: ssl.SSLContext | bool = True
    proxy: str = ""


def is_kubeconfig(obj: Any) -> bool:
    return isinstance(obj, dict) and obj.get("kind") == "Config" and "clusters" in obj


def default_paths() -> list[str]:
    """Return the kubeconfig files that kubectl would read here."""
    named = os.environ.get("KUBECONFIG", "")
    return [path for path in named.split(os.pathsep) if path] or [os.path.expanduser(_DEFAULT)]


def merged(configs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return several (file, kubeconfig) as one; paths in each are from its own folder."""
    found: dict[str, Any] = {name: {} for name in _LISTS}
    for path, config in configs:
        folder = os.path.dirname(os.path.abspath(path))
        if config.get("current-context"):
            found.setdefault("current-context", config["current-context"])
        for name in _LISTS:
            for row in config.get(name) or ():
                inner = {**(row.get(name[:-1]) or {}), "_folder": folder}
                found[name].setdefault(row.get("name"), inner)
    return found


def connection(config: Mapping[str, Any], context: str, where: str) -> Connection:
    """Return how the cluster of a context is called; *where* the configuration comes from.

    Raises Failure for a context, cluster or user that is not there, and for credentials that
    cannot be had.
    """
    name = context or config.get("current-context") or ""
    if name not in config["contexts"]:
        known = ", ".join(map(str, config["contexts"])) or "-"
        key = "against.no-context" if name else "against.no-current"
        raise Failure(key, 2, context=name, path=where, known=known)
    meant = config["contexts"][name]
    cluster = config["clusters"].get(meant.get("cluster")) or {}
    user = config["users"].get(meant.get("user")) or {}
    if not cluster.get("server"):
        raise Failure("against.no-server", 2, context=name, path=where)
    try:
        credentials = {**user, **(_from_program(user["exec"]) if user.get("exec") else {})}
        return Connection(
            str(cluster["server"]).rstrip("/"),
            _headers(credentials),
            _tls(cluster, credentials),
            str(cluster.get("proxy-url") or ""),
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise Failure("against.no-credentials", 7, context=name, detail=error) from error


def _headers(user: Mapping[str, Any]) -> dict[str, str]:
    token = user.get("token")
    if not token and user.get("tokenFile"):
        with open(_path(user, user["tokenFile"]), encoding="utf-8") as file:
            token = file.read().strip()
    if token:
        return {"Authorization": f"Bearer {token}"}
    if user.get("username"):
        pair = f"{user['username']}:{user.get('password', '')}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    return {}


def _path(inner: Mapping[str, Any], path: Any) -> str:
    return os.path.join(inner.get("_folder", ""), str(path))


def _tls(cluster: Mapping[str, Any], user: Mapping[str, Any]) -> ssl.SSLContext | bool:
    if not str(cluster["server"]).startswith("https:"):
        return True
    authority = _bytes(cluster, "certificate-authority")
    context = ssl.create_default_context(cadata=authority.decode() if authority else None)
    if cluster.get("insecure-skip-tls-verify"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    certificate, key = _bytes(user, "client-certificate"), _bytes(user, "client-key")
    if certificate and key:
        # Python takes them from files only; nobody else can read this one, and it goes at once.
        with tempfile.NamedTemporaryFile() as file:
            file.write(certificate + b"\n" + key)
            file.flush()
            context.load_cert_chain(file.name)
    return context


def _bytes(inner: Mapping[str, Any], name: str) -> bytes:
    data = inner.get(f"{name}-data")
    if data:
        return base64.b64decode(data)
    if not inner.get(name):
        return b""
    with open(_path(inner, inner[name]), "rb") as file:
        return file.read()


def _from_program(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the credentials that a program prints. Raises OSError, ValueError, SubprocessError."""
    version = wanted.get("apiVersion")
    info = {"apiVersion": version, "kind": "ExecCredential", "spec": {"interactive": False}}
    given = {str(row["name"]): str(row["value"]) for row in wanted.get("env") or ()}
    done = subprocess.run(
        [str(wanted.get("command")), *map(str, wanted.get("args") or ())],
        env={**os.environ, **given, "KUBERNETES_EXEC_INFO": json.dumps(info)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_EXEC_SECONDS,
        check=True,
    )
    status = json.loads(done.stdout).get("status") or {}
    pairs = (
        ("token", status.get("token")),
        ("client-certificate-data", _encoded(status.get("clientCertificateData"))),
        ("client-key-data", _encoded(status.get("clientKeyData"))),
    )
    return {name: value for name, value in pairs if value}


def _encoded(text: Any) -> str:
    return base64.b64encode(text.encode()).decode() if isinstance(text, str) else ""


class Api:
    """A cluster's API, read. Raises Failure where it is not there or does not know the caller."""

    def __init__(self, wanted: Connection) -> None:
        import httpx

        self.server = wanted.server
        self._client = httpx.Client(
            headers={**wanted.headers, "Accept": "application/json"},
            verify=wanted.verify,
            proxy=wanted.proxy or None,
            timeout=_PATIENCE_S,
            trust_env=False,
            follow_redirects=True,
        )

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, **params: str) -> tuple[int, dict[str, Any]]:
        """Return (status, body); 200, 403 and 404 only."""
        import httpx

        try:
            response = self._client.get(self.server + path, params=params)
        except httpx.TimeoutException as error:
            raise Failure("api.timeout", 6, url=self.server) from error
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            detail = str(error) or type(error).__name__
            raise Failure("against.unreachable", 7, url=self.server, detail=detail) from error
        try:
            body = response.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            body = {}
        said = str(body.get("message") or response.reason_phrase)
        if response.status_code == 401:
            raise Failure("against.unauthorised", 7, url=self.server, detail=said)
        if response.status_code not in (200, 403, 404):
            raise Failure("against.failed", 1, url=f"{self.server}{path}", detail=said)
        return response.status_code, body
