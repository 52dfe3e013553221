"""TLS to a real cluster: who presents a certificate of the authority that was named is trusted."""

import asyncio
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from ecp.orchestrator.adapters.kubeconfig import Access
from ecp.orchestrator.adapters.real import RealCluster
from ecp.orchestrator.ports import ClusterUnreachable
from ecp.orchestrator.records import Target

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
BODY = b'{"gitVersion": "v1.36.2"}'


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, another one, and a certificate of the first for 127.0.0.1 and its client."""
    folder = tmp_path_factory.mktemp("papers")

    def openssl(*words: str) -> None:
        done = subprocess.run(
            ["openssl", *words], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    for name in ("ca", "other"):
        openssl("req", "-x509", *key, "-subj", f"/CN={name}", "-days", "2",
                "-keyout", f"{name}.key", "-out", f"{name}.pem",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign")  # fmt: skip
    (folder / "san").write_text("subjectAltName=IP:127.0.0.1")
    for name in ("server", "client"):
        openssl(
            "req", *key, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr"
        )
        signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "san")
        files = ("-in", f"{name}.csr", "-out", f"{name}.pem")
        openssl("x509", "-req", *files, *signed, "-days", "2")
    return folder


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await reader.readuntil(b"\r\n\r\n")
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n"
        writer.write(head + b"content-length: %d\r\n\r\n" % len(BODY) + BODY)
        await writer.drain()
    finally:
        writer.close()


def asked(papers: Path, access: Access, *, mutual: bool = False) -> str:
    """Serve, ask for the version, return it."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(papers / "server.pem", papers / "server.key")
    if mutual:
        context.load_verify_locations(papers / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED

    async def work() -> str:
        server = await asyncio.start_server(_serve, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        where = access._replace(server=f"https://127.0.0.1:{port}")
        cluster = RealCluster(lambda: where, Target("kubernetes", "real"), connect_s=3)
        try:
            return await cluster.version()
        finally:
            await cluster.close()
            server.close()
            await server.wait_closed()

    return asyncio.run(work())


def test_its_own_authority_is_trusted_and_another_is_not(papers: Path) -> None:
    own = Access("real", "", ca=(papers / "ca.pem").read_bytes())
    assert asked(papers, own) == "v1.36.2"
    for stranger in (own._replace(ca=(papers / "other.pem").read_bytes()), own._replace(ca=None)):
        with pytest.raises(ClusterUnreachable, match="CERTIFICATE_VERIFY_FAILED"):
            asked(papers, stranger)
    assert asked(papers, own._replace(ca=None, insecure=True)) == "v1.36.2"


def test_a_client_says_who_it_is_by_certificate(papers: Path) -> None:
    own = Access("real", "", ca=(papers / "ca.pem").read_bytes())
    with pytest.raises(ClusterUnreachable):
        asked(papers, own, mutual=True)
    client = own._replace(
        certificate=(papers / "client.pem").read_bytes(), key=(papers / "client.key").read_bytes()
    )
    assert asked(papers, client, mutual=True) == "v1.36.2"
