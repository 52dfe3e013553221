"""Certificate requests that are approved, and what kube-controller-manager 1.36.2 makes of them."""

from base64 import b64decode, b64encode
from typing import Any

import pytest

from ecp.kube.kinds import CONFIGMAPS, CSRS
from ecp.sim import clusters
from ecp.sim.access import certificates
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.store import Obj

SPEC: Obj = {
    "name": "small",
    "zones": ["z0"],
    "pools": [{"name": "n", "count": 1, "cpu": "8", "memory": "32Gi"}],
}
CLIENT = "kubernetes.io/kube-apiserver-client"
# openssl req -newkey ec:… -subj /O=dev/CN=jane -addext subjectAltName=DNS:a.b
ASKED = """-----BEGIN CERTIFICATE REQUEST-----
MIH5MIGgAgEAMB0xDDAKBgNVBAoMA2RldjENMAsGA1UEAwwEamFuZTBZMBMGByqG
SM49AgEGCCqGSM49AwEHA0IABE2llDHs06+iBN5XSMSk2wLbYVg/0pKeUtV4Enue
eHkwtC/1CyoPQ4HsyZU2heEHr5K8YGRfn6rpdclw+NM/6zigITAfBgkqhkiG9w0B
CQ4xEjAQMA4GA1UdEQQHMAWCA2EuYjAKBggqhkjOPQQDAgNIADBFAiEAzp2a06om
Oygu8Pl4Ttz2V+zzcWi/JP6JEggIIItxpygCIHd2R/UELvzhvBx5f6B80D1R1bui
QrIBc0EqHbjchaMM
-----END CERTIFICATE REQUEST-----
"""


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    return Cluster.create(clusters.check(SPEC), seed=1)


def settled(cluster: Cluster, name: str, verdict: str = "Approved", **more: Any) -> Obj:
    """Ask, have it approved or denied, and return the status that comes of it."""
    spec = {"signerName": CLIENT, "usages": ["client auth", "digital signature"],
            "request": b64encode(ASKED.encode()).decode(), **more}  # fmt: skip
    body = {"metadata": {"name": name}, "spec": spec}
    cluster.submit(Request("create", CSRS, body=body))
    found = {"type": verdict, "status": "True", "reason": "r", "message": "m"}
    body = {"status": {"conditions": [found]}}
    cluster.submit(Request("patch", CSRS, "", name, "approval", body, patch="merge"))
    cluster.run_until(cluster.now + SECOND)
    stored = cluster.store.stored(CSRS, ("", name))
    assert stored is not None
    assert stored.owners == ()
    status: Obj = stored.object["status"]
    return status


def types(status: Obj) -> list[str]:
    return [one["type"] for one in status["conditions"]]


def test_who_was_approved_gets_a_certificate_of_the_published_authority(cluster: Cluster) -> None:
    status = settled(cluster, "jane", expirationSeconds=86400)
    assert types(status) == ["Approved"]
    published = cluster.store.get(CONFIGMAPS, "default", "kube-root-ca.crt")
    assert published is not None
    made, root = (der(text) for text in (
        b64decode(status["certificate"]).decode(), published["data"]["ca.crt"]
    ))  # fmt: skip
    asked = certificates.asked(ASKED.encode())
    for part in (asked.subject, asked.key, asked.names):
        assert part
        assert part in made
    assert certificates.verified(made)
    assert certificates.verified(root)
    assert certificates.made_root() == certificates.root()


def der(pem: str) -> bytes:
    return b64decode("".join(line for line in pem.splitlines() if "-" not in line))


@pytest.mark.parametrize(
    ("more", "expected", "words"),
    [
        pytest.param({"signerName": "x.y/z"}, ["Approved"], "", id="another signer's: nothing"),
        pytest.param({"verdict": "Denied"}, ["Denied"], "", id="denied: nothing"),
        pytest.param(
            {"usages": ["server auth"]}, ["Approved", "Failed"],
            "invalid usage for client certificate: server auth", id="of a server: failed",
        ),
        pytest.param(
            {"usages": ["digital signature"]}, ["Approved", "Failed"],
            "missing required usage for client certificate: client auth", id="no client: failed",
        ),
    ],
)  # fmt: skip
def test_who_gets_none(cluster: Cluster, more: Any, expected: list[str], words: str) -> None:
    name = f"r{len(cluster.store.list(CSRS))}"
    status = settled(cluster, name, **more)
    assert types(status) == expected
    assert "certificate" not in status
    if words:
        last = status["conditions"][-1]
        assert (last["reason"], last["message"]) == ("SignerValidationFailure", words)
