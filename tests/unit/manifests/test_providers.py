"""Providers: their files, and where their bundles differ; each preset on each of them."""

import json

import pytest

from ecp.manifests import (
    ALL,
    Bundle,
    InvalidProvider,
    InvalidTenant,
    TenantSpec,
    WayIn,
    generate,
    priced_kinds,
    provider,
    provider_names,
)
from ecp.manifests.ground import ground
from ecp.manifests.platform import platform
from ecp.manifests.providers import read_provider
from ecp.validation import validate
from ecp.validation.stored import state_of
from ecp.workloads.costing import plan
from ecp.workloads.demand import TenantDemand
from ecp.workloads.offers import offers
from ecp.workloads.presets import preset, presets
from ecp.workloads.sizing import size

from .made import containers, made, of_kind

TLS = 'tls: {secret: true, certificate: "", like: "", annotations: {}}'


def provider_file(**changes: str) -> str:
    size = "least: 1Gi, step: 1Gi, most: 1Ti"
    rows = {
        "name": "x",
        "source": "s",
        "gpus": "{}",
        "taint": "{key: a, effect: NoSchedule}",
        "volumes": f"{{standard: {{class: a, {size}}}, fast: {{class: b, {size}}}, "
        f"shared: {{class: c, {size}}}}}",
        "ingress": f"{{class: i, annotations: {{}}, {TLS}, callers: {{namespace: n}}}}",
        "door": "{type: ClusterIP, annotations: {}}",
        "monitoring": "m",
        "storage_classes": "[]",
        **changes,
    }
    return "".join(f"{name}: {value}\n" for name, value in rows.items() if value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("{}", "must have exactly", id="nothing"),
        pytest.param(provider_file(source=""), "must have exactly", id="no source"),
        pytest.param(provider_file(source="7"), "source: must be a text", id="no text"),
        pytest.param(provider_file(gpus="{h100: {}}"), r"gpus\.h100", id="an unknown GPU"),
        pytest.param(provider_file(gpus="{t4: {a b: c}}"), "is no label", id="no label"),
        pytest.param(provider_file(taint="{key: a}"), "taint: must have", id="half a taint"),
        pytest.param(provider_file(gpus="[]"), "gpus: must be a mapping", id="a list"),
        pytest.param(provider_file(volumes="{fast: 1}"), "volumes: must have", id="one class only"),
        pytest.param(
            provider_file(
                volumes="{standard: {class: a, least: 5, step: 3, most: 9}, fast: 1, shared: 1}"
            ),
            "whole steps",
            id="a least that is no step",
        ),
        pytest.param(
            provider_file(
                ingress=f"{{class: i, annotations: {{}}, {TLS}, "
                "callers: {addresses: [10.0.0.1/8]}}"
            ),
            "host bits set",
            id="an address that is no network",
        ),
        pytest.param(
            provider_file(door="{type: LoadBalancer, annotations: {}}"), "door.type", id="a door"
        ),
    ],
)
def test_a_providers_file_is_checked(text: str, message: str) -> None:
    with pytest.raises(InvalidProvider, match=f"^x.yaml: .*{message}|^x.yaml: {message}"):
        read_provider(text, "x.yaml")


def test_a_sound_providers_file_is_read() -> None:
    assert read_provider(provider_file(), "x.yaml").taint["key"] == "a"


# --- where providers differ ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "recordings"),
    [
        # 500 channels leave 230 MB a day for 90 days: 9,639 Gi, of which NAS has hundreds of GB.
        pytest.param("iaas", {"callbot-recordings": "9640Gi"}, id="one's own: as it is needed"),
        pytest.param("ncp", {"callbot-recordings": "9700Gi"}, id="Ncloud: NAS by the hundred"),
        pytest.param("aws", {"callbot-recordings": "9640Gi"}, id="EFS: as it is needed"),
        pytest.param("gcp", {"callbot-recordings": "9640Gi"}, id="Filestore: above its least"),
    ],
)
def test_shared_volumes_come_in_the_sizes_that_a_provider_has(
    name: str, recordings: dict[str, str]
) -> None:
    bundle = made(TenantDemand(callbot=500), gpu_type="t4", provider_name=name, include=ALL)
    claims = of_kind(bundle, "PersistentVolumeClaim")
    assert {
        claim: obj["spec"]["resources"]["requests"]["storage"]
        for claim, obj in claims.items()
        if obj["spec"]["accessModes"] == ["ReadWriteMany"]
    } == recordings


def test_what_no_volume_holds_gets_several_and_a_little_gets_the_least() -> None:
    nas = provider("ncp").volumes["shared"]
    gib = 1 << 30
    assert nas.sizes(gib) == (500 * gib,)
    assert nas.sizes(501 * gib) == (600 * gib,)
    assert nas.sizes(10_001 * gib) == (5_100 * gib, 5_100 * gib)
    bundle = made(TenantDemand(callbot=1000), gpu_type="t4", provider_name="ncp", include=ALL)
    names = [n for n in of_kind(bundle, "PersistentVolumeClaim") if "recordings" in n]
    assert names == ["callbot-recordings-1", "callbot-recordings-2"]
    box = of_kind(bundle, "Deployment")["callbot"]["spec"]["template"]["spec"]["containers"][0]
    assert set(names) < {mount["name"] for mount in box["volumeMounts"]}


@pytest.mark.parametrize(
    ("name", "ingress_class", "door", "peer"),
    [
        pytest.param(
            "iaas", "nginx", "ClusterIP", "namespaceSelector", id="one's own: ingress-nginx"
        ),
        pytest.param("ncp", "alb", "NodePort", "ipBlock", id="Ncloud: an ALB to node ports"),
        pytest.param("aws", "alb", "ClusterIP", "ipBlock", id="EKS: an ALB to pods"),
        pytest.param("gcp", None, "ClusterIP", "ipBlock", id="GKE: by annotation, to NEGs"),
        pytest.param(
            "azure", "webapprouting.kubernetes.azure.com", "ClusterIP", "namespaceSelector",
            id="AKS: application routing",
        ),
    ],
)  # fmt: skip
def test_the_way_in_is_the_providers(
    name: str, ingress_class: str | None, door: str, peer: str
) -> None:
    bundle = made(provider_name=name, include=ALL)
    ingress = of_kind(bundle, "Ingress")["nginx"]
    assert ingress["spec"].get("ingressClassName") == ingress_class
    given = provider(name).ingress_annotations
    assert given.items() <= ingress["metadata"]["annotations"].items()
    service = of_kind(bundle, "Service")["nginx-service"]
    assert service["spec"]["type"] == door
    (rule,) = of_kind(bundle, "NetworkPolicy")["allow-ingress"]["spec"]["ingress"]
    assert {key for one in rule["from"] for key in one} == {peer}


ARN = "arn:aws:acm:ap-northeast-2:123456789012:certificate/0c5-1"
HOST = "acme.example.org"
ANNOTATION = {
    "aws": "alb.ingress.kubernetes.io/certificate-arn",
    "ncp": "alb.ingress.kubernetes.io/ssl-certificate-no",
    "gcp": "ingress.gcp.kubernetes.io/pre-shared-cert",
}


@pytest.mark.parametrize(
    ("name", "way"),
    [
        pytest.param("iaas", WayIn(HOST, secret="own-tls"), id="one's own: a Secret"),
        pytest.param("iaas", WayIn(HOST, issuer="ca"), id="one's own: cert-manager"),
        pytest.param("iaas", WayIn(HOST, issuer="ca", secret="s"), id="cert-manager, named"),
        pytest.param("azure", WayIn(HOST, issuer="ca"), id="AKS: cert-manager"),
        pytest.param("gcp", WayIn(HOST, secret="own-tls"), id="GKE: a Secret"),
        pytest.param("gcp", WayIn(HOST, certificate="shared-1"), id="GKE: one that GCP keeps"),
        pytest.param("aws", WayIn(HOST, certificate=ARN), id="EKS: one of ACM"),
        pytest.param("ncp", WayIn(HOST, certificate="8374"), id="Ncloud: one by its number"),
    ],
)
def test_tls_ends_where_the_providers_ingress_has_the_certificate(name: str, way: WayIn) -> None:
    bundle = made(provider_name=name, include=ALL, way_in=way)
    ingress = of_kind(bundle, "Ingress")["nginx"]
    notes, spec = ingress["metadata"]["annotations"], ingress["spec"]
    assert [rule["host"] for rule in spec["rules"]] == [HOST]
    assert "ecp.ai/assumed" not in notes
    assert notes.get("cert-manager.io/cluster-issuer", "") == way.issuer
    assert notes.get(ANNOTATION.get(name, ""), "") == way.certificate
    wanted = [{"hosts": [HOST], "secretName": way.secret or "ecp-tls"}]
    assert spec.get("tls") == (None if way.certificate else wanted)
    if name in ("aws", "ncp"):
        ports = json.loads(notes["alb.ingress.kubernetes.io/listen-ports"])
        assert {"HTTPS": 443} in ports
        # Whoever comes by HTTP is led on, or nobody listens.
        assert ("alb.ingress.kubernetes.io/ssl-redirect" in notes) == ({"HTTP": 80} in ports)
    assert not [
        row for row in validate(bundle.text).findings if row.severity in ("error", "broken")
    ]


@pytest.mark.parametrize(
    ("name", "way", "key"),
    [
        pytest.param("aws", WayIn(HOST, secret="s"), "not-here", id="an ALB reads no Secret"),
        pytest.param("ncp", WayIn(HOST, issuer="ca"), "not-here", id="nor Ncloud's"),
        pytest.param("aws", WayIn(HOST, certificate="8374"), "not-here", id="no ARN"),
        pytest.param("ncp", WayIn(HOST, certificate=ARN), "not-here", id="no number"),
        pytest.param("iaas", WayIn(HOST, certificate="x"), "not-here", id="nginx has none"),
        pytest.param("iaas", WayIn(HOST, "s", "", "x"), "one", id="two certificates"),
        pytest.param("iaas", WayIn("", secret="s"), "host", id="a certificate for no host"),
        pytest.param("iaas", WayIn("a_b"), "name", id="no host"),
        pytest.param("iaas", WayIn(HOST, secret="A"), "name", id="no name of a Secret"),
        pytest.param("aws", WayIn(HOST, certificate="a b"), "name", id="a name with a space"),
    ],
)
def test_a_certificate_that_cannot_be_is_refused(name: str, way: WayIn, key: str) -> None:
    with pytest.raises(InvalidTenant) as caught:
        made(provider_name=name, way_in=way)
    assert [problem.key for problem in caught.value.problems] == [f"tenant.way-in-{key}"]


def test_priorities_are_the_clusters_and_bundles_only_name_them() -> None:
    bundle = made(include=ALL | {"priority"})
    named = {t["spec"]["priorityClassName"] for _, t, _ in containers(bundle)}
    classes = {row["metadata"]["name"] for row in platform(provider("iaas"))}
    assert named < classes
    assert not of_kind(bundle, "PriorityClass")
    assert not any("priorityClassName" in t["spec"] for _, t, _ in containers(made(include=ALL)))


@pytest.mark.parametrize("name", provider_names())
def test_no_server_refuses_what_the_platform_gets(name: str) -> None:
    report = validate(Bundle("p", "p", platform(provider(name))).text)
    assert report.findings == ()


NODE = {"apiVersion": "v1", "kind": "Node"}


@pytest.mark.parametrize("name", provider_names())
@pytest.mark.parametrize("size_of", [row.name for row in presets()])
def test_every_preset_on_every_provider_has_no_finding_and_room_on_what_it_buys(
    size_of: str, name: str
) -> None:
    demand = preset(size_of).template
    sizing = size(demand, kinds=priced_kinds(name))
    cluster = ground(plan(sizing, offers()[name]), provider(name))
    nodes = [
        {
            **NODE,
            "metadata": {"name": f"{pool['name']}-{number}", "labels": pool["labels"]},
            "spec": {"taints": pool.get("taints", [])},
            "status": {
                "allocatable": {
                    "cpu": pool["cpu"], "memory": pool["memory"], "pods": "110",
                    "nvidia.com/gpu": str(pool.get("gpus", 0)),
                }
            },
        }
        for pool in cluster["pools"]
        for number in range(pool["count"])
    ]  # fmt: skip
    bundle = generate(TenantSpec("acme", demand), sizing, name, include=ALL)
    found = validate(bundle.text, whole=True, nodes=state_of(nodes)).findings
    # GKE's controller goes by the annotation still.
    assert {row.rule for row in found} == ({"W0114"} if name == "gcp" else set())
