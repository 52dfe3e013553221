"""How a real cluster is reached: a kubeconfig's context, or a URL with a token and a CA.

Read as kubectl reads them; what needs a program to be run (exec, auth-provider) is refused: a
service runs no foreign programs. Source: kubernetes client-go tools/clientcmd/api/v1/types.go.
"""

import base64
import binascii
import ssl
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from ecp.orchestrator.ports import NoAccess


class Access(NamedTuple):
    """Whom to call, and as whom.

    `name` is what a real cluster is confirmed by: its context, else its host. `ca` is PEM, None =
    the machine's own authorities; `certificate` is of the client with its key, PEM, b"" = none.
    """

    name: str
    server: str
    token: str = ""
    ca: bytes | None = None
    certificate: bytes = b""
    key: bytes = b""
    insecure: bool = False
    login: tuple[str, str] | None = None

    def context(self) -> ssl.SSLContext:
        """Return how TLS is spoken with it. Raises NoAccess for what is no certificate."""
        context = ssl.create_default_context()
        try:
            if self.ca is not None:
                context = ssl.create_default_context(cadata=self.ca.decode("ascii"))
            if self.certificate:
                # The ssl module takes files only.
                with tempfile.NamedTemporaryFile() as file:
                    file.write(self.certificate + b"\n" + self.key)
                    file.flush()
                    context.load_cert_chain(file.name)
        except (ssl.SSLError, ValueError) as error:
            raise NoAccess("target.bad-certificate", name=self.name, detail=str(error)) from error
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def of_url(url: str, token: str, ca_file: str) -> Access:
    """Return the access to a URL. Raises NoAccess where its CA cannot be read."""
    host = url.partition("://")[2].partition("/")[0]
    return Access(host, url.rstrip("/"), token, _file(ca_file, host) if ca_file else None)


def of_kubeconfig(path: str, context: str) -> Access:
    """Return the access that a kubeconfig's *context* says ("" = its current one).

    Raises NoAccess with what is missing where.
    """
    try:
        given = yaml.safe_load(Path(path).expanduser().read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise NoAccess("target.no-kubeconfig", path=path, detail=str(error)[:300]) from error
    if not isinstance(given, dict):
        raise NoAccess("target.no-kubeconfig", path=path, detail="must be a mapping")
    name = context or str(given.get("current-context") or "")
    known = ", ".join(sorted(str(row.get("name")) for row in _rows(given, "contexts"))) or "-"
    found = _named(given, "contexts", "context", name)
    if found is None:
        raise NoAccess("target.no-context", path=path, name=name or "-", known=known)
    cluster = _named(given, "clusters", "cluster", str(found.get("cluster")))
    if cluster is None or not cluster.get("server"):
        raise NoAccess("target.no-server", path=path, name=str(found.get("cluster")))
    user = _named(given, "users", "user", str(found.get("user"))) or {}
    for way in ("exec", "auth-provider"):
        if user.get(way):
            raise NoAccess("target.runs-programs", path=path, way=way, name=str(found["user"]))
    folder = Path(path).expanduser().parent

    def content(row: Mapping[str, Any], field: str) -> bytes | None:
        data = row.get(f"{field}-data")
        if data:
            try:
                return base64.b64decode(str(data), validate=True)
            except binascii.Error as error:
                raise NoAccess(
                    "target.bad-certificate", name=f"{field}-data", detail=str(error)
                ) from error
        return _file(str(folder / row[field]), field) if row.get(field) else None

    token = str(user.get("token") or "")
    if not token and user.get("tokenFile"):
        token = (_file(str(folder / user["tokenFile"]), "tokenFile") or b"").decode().strip()
    login = (str(user["username"]), str(user.get("password", ""))) if user.get("username") else None
    return Access(
        name,
        str(cluster["server"]).rstrip("/"),
        token,
        content(cluster, "certificate-authority"),
        content(user, "client-certificate") or b"",
        content(user, "client-key") or b"",
        bool(cluster.get("insecure-skip-tls-verify")),
        login,
    )


def _rows(given: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    rows = given.get(kind)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _named(given: Mapping[str, Any], kind: str, inner: str, name: str) -> dict[str, Any] | None:
    for row in _rows(given, kind):
        if row.get("name") == name and isinstance(row.get(inner), dict):
            found: dict[str, Any] = row[inner]
            return found
    return None


def _file(path: str, what: str) -> bytes:
    try:
        return Path(path).expanduser().read_bytes()
    except OSError as error:
        raise NoAccess("target.no-file", what=what, path=path, detail=str(error)) from error
