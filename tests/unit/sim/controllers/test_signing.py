"""Certificate requests that are approved, and what kube-controller-manager 1.36.2 makes of them."""

from base64 import b64decode, b64encode
from typing import Any

import pytest

from ecp.kube.errors import Forbidden
from ecp.kube.kinds import CONFIGMAPS, CSRS, NAMESPACES
from ecp.kube.times import nanoseconds
from ecp.sim import clusters
from ecp.sim.access import certificates
from ecp.sim.access.keys import integer, tagged
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


KUBELET = "kubernetes.io/kube-apiserver-client-kubelet"
SERVING = "kubernetes.io/kubelet-serving"
ORGANIZATION, COMMON = bytes.fromhex("55040a"), bytes.fromhex("550403")
EMAIL, DNS, URI = 0x81, 0x82, 0x86
NODE = "system:node:n-1"
OF_CLIENT, OF_SERVER = ["client auth", "digital signature"], ["digital signature", "server auth"]


def requested(organization: str, common: str, *names: int) -> str:
    """Return a request (PEM in base64) with alternative names of the sorts of *names*."""
    subject = b"".join(
        tagged(0x31, tagged(0x30, tagged(6, sort) + tagged(0x0C, text.encode())))
        for sort, text in ((ORGANIZATION, organization), (COMMON, common))
    )
    listed = tagged(0x30, b"".join(tagged(name, b"a.b") for name in names))
    extension = tagged(0x30, tagged(6, bytes.fromhex("551d11")) + tagged(4, listed))
    wish = tagged(6, bytes.fromhex("2a864886f70d01090e")) + tagged(0x31, tagged(0x30, extension))
    attributes = tagged(0xA0, tagged(0x30, wish) if names else b"")
    key = certificates.asked(ASKED.encode()).key
    info = tagged(0x30, integer(0) + tagged(0x30, subject) + key + attributes)
    algorithm = tagged(0x30, tagged(6, bytes.fromhex("2a8648ce3d040302")))
    text = b64encode(tagged(0x30, info + algorithm + tagged(3, bytes(2)))).decode()
    head, foot = (f"-----{word} CERTIFICATE REQUEST-----" for word in ("BEGIN", "END"))
    return b64encode(f"{head}\n{text}\n{foot}\n".encode()).decode()


def asks(cluster: Cluster, request: str, signer: str = KUBELET, **more: Any) -> str:
    """Submit a request and return its name."""
    name = f"r{cluster.store.version}"
    spec = {"signerName": signer, "usages": OF_CLIENT, "request": request}
    user = more.pop("user", "somebody")
    body = {"metadata": {"name": name}, "spec": {**spec, **more}}
    groups = ("system:nodes",) if user.startswith("system:node:") else ("g",)
    cluster.submit(Request("create", CSRS, body=body, user=user, groups=groups))
    return name


@pytest.mark.parametrize(
    ("signer", "usages", "request_", "words"),
    [
        pytest.param(SERVING, OF_SERVER, requested("system:nodes", NODE, DNS), "", id="a server"),
        pytest.param(
            SERVING, OF_SERVER, requested("dev", NODE, DNS),
            "subject organization is not system:nodes", id="a server of another organization",
        ),
        pytest.param(
            SERVING, OF_SERVER, requested("system:nodes", NODE),
            "DNS or IP subjectAltName is required", id="a server nowhere",
        ),
        pytest.param(
            SERVING, OF_SERVER, requested("system:nodes", NODE, DNS, EMAIL),
            "Email subjectAltNames are not allowed", id="a server with an address of mail",
        ),
        pytest.param(
            SERVING, OF_CLIENT, requested("system:nodes", "x", DNS),
            "usages did not match [digital signature key encipherment server auth]",
            id="no server, and then no node",
        ),
        pytest.param(
            KUBELET, OF_SERVER, requested("system:nodes", "x"),
            "subject common name does not begin with system:node:", id="no node, and no client",
        ),
        pytest.param(
            KUBELET, OF_SERVER, requested("system:nodes", NODE),
            "usages did not match [client auth digital signature key encipherment]",
            id="a node, but no client",
        ),
        pytest.param(
            KUBELET, OF_CLIENT, requested("system:nodes", NODE, URI, DNS),
            "DNS subjectAltNames are not allowed", id="a client somewhere",
        ),
    ],
)  # fmt: skip
def test_kubelets_get_what_names_them(
    cluster: Cluster, signer: str, usages: list[str], request_: str, words: str
) -> None:
    name = f"k{cluster.store.version}"
    status = settled(cluster, name, signerName=signer, usages=usages, request=request_)
    last = status["conditions"][-1]
    assert (last["message"] if words else "certificate" in status) == (words or True)


def rbac(*rights: str) -> Cluster:
    """Return a cluster in which the nodes have *rights* to certificates."""
    cluster = Cluster.create(clusters.check({**SPEC, "authorizationMode": "RBAC"}), seed=1)
    group = "rbac.authorization.k8s.io"
    for right in rights:
        role = f"system:certificates.k8s.io:certificatesigningrequests:{right}"
        body = {
            "metadata": {"name": right},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": group, "kind": "Group", "name": "system:nodes"}],
        }
        cluster.submit(Request("create", f"clusterrolebindings.{group}", body=body))
    return cluster


@pytest.mark.parametrize(
    ("rights", "more", "words"),
    [
        pytest.param(
            ("selfnodeclient",), {"user": NODE},
            "Auto approving self kubelet client certificate after SubjectAccessReview.",
            id="its own: approved",
        ),
        pytest.param(
            ("nodeclient",), {"user": "system:node:n-2"},
            "Auto approving kubelet client certificate after SubjectAccessReview.",
            id="another's, who may: approved",
        ),
        pytest.param(("selfnodeclient",), {"user": "system:node:n-2"}, "", id="another's: nothing"),
        pytest.param((), {"user": NODE}, "", id="who may not: nothing"),
        pytest.param(
            ("nodeclient",), {"user": NODE, "usages": OF_SERVER}, "", id="of a server: nothing",
        ),
    ],
)  # fmt: skip
def test_kubelets_are_approved(rights: tuple[str, ...], more: Any, words: str) -> None:
    cluster = rbac(*rights)
    name = asks(cluster, requested("system:nodes", NODE), **more)
    cluster.run_until(cluster.now + SECOND)
    status = (cluster.store.get(CSRS, "", name) or {})["status"]
    found = [(one["reason"], one["message"]) for one in status.get("conditions") or ()]
    assert found == ([("AutoApproved", words)] if words else [])
    assert ("certificate" in status) == bool(words)


@pytest.mark.parametrize(
    ("verdict", "more", "hours"),
    [
        pytest.param("", {}, 25, id="unanswered: after a day"),
        pytest.param("Denied", {}, 2, id="denied: after an hour"),
        pytest.param("Approved", {}, 2, id="issued: after an hour"),
        pytest.param("Approved", {"usages": ["server auth"]}, 2, id="failed: after an hour"),
        pytest.param("Approved", {"signerName": "x.y/z"}, 25, id="approved in vain: after a day"),
        pytest.param("Approved", {"expirationSeconds": 600}, 1, id="issued and over: at once"),
    ],
)
def test_old_requests_are_cleared_away_once_an_hour(verdict: str, more: Any, hours: int) -> None:
    cluster = Cluster.create(clusters.check(SPEC), seed=1)
    system = cluster.store.get(NAMESPACES, "", "kube-system") or {}
    begun = nanoseconds(system["metadata"]["creationTimestamp"])
    cluster.run_until(cluster.now + 60 * SECOND)
    name = asks(cluster, b64encode(ASKED.encode()).decode(), **{"signer": CLIENT, **more})
    if verdict:
        found = {"type": verdict, "status": "True", "reason": "r", "message": "m"}
        body = {"status": {"conditions": [found]}}
        cluster.submit(Request("patch", CSRS, "", name, "approval", body, patch="merge"))
    cluster.run_until(begun + hours * 3600 * SECOND - SECOND)
    assert cluster.store.get(CSRS, "", name) is not None
    cluster.run_until(begun + hours * 3600 * SECOND + SECOND)
    assert cluster.store.get(CSRS, "", name) is None


def test_nobody_becomes_an_administrator_by_asking(cluster: Cluster) -> None:
    with pytest.raises(Forbidden) as refused:
        asks(cluster, requested("system:masters", "x"), CLIENT)
    assert refused.value.message.endswith(
        "use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed"
    )
