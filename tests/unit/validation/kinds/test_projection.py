"""A projected volume: its parts, and the paths they make."""

from typing import Any

import pytest

from ecp.kube import names
from ecp.validation.faults import At
from ecp.validation.kinds.projection import check_projected
from ecp.validation.scope import Scope

Obj = dict[str, Any]
SUBDOMAIN = names.dns_subdomain("A_b")[0]
LABEL = names.dns_label("A_b")[0]
CONFLICT = "conflicting duplicate paths"
ON = Scope(gates=frozenset({"ClusterTrustBundleProjection", "PodCertificateRequest"}))


def said(*sources: Obj, scope: Scope = ON, **volume: Any) -> list[str]:
    whole = {"sources": list(sources), **volume}
    return [str(fault.error) for fault in check_projected(whole, At() / "p", scope)]


def certificate(**fields: Any) -> Obj:
    whole = {"signerName": "a.b/c", "keyType": "ED25519", "keyPath": "k", **fields}
    return {"podCertificate": whole}


def bundle(**fields: Any) -> Obj:
    return {"clusterTrustBundle": {"path": "b", **fields}}


TAKEN: list[Any] = [
    pytest.param([], id="no sources at all"),
    pytest.param([{}], id="a source of nothing"),
    pytest.param(
        [{"secret": {"name": "a", "items": [{"key": "k", "path": "x"}]}}, {"configMap": {
            "name": "a", "items": [{"key": "k", "path": "y"}]}}],
        id="a Secret and a ConfigMap",
    ),
    pytest.param(
        [{"downwardAPI": {"items": [{"path": "l", "fieldRef": {"fieldPath": "metadata.uid"}}]}}],
        id="the downward API",
    ),
    pytest.param([{"serviceAccountToken": {"path": "t"}}], id="a token for an hour"),
    pytest.param(
        [{"serviceAccountToken": {"path": "t", "expirationSeconds": 600}}] * 2,
        id="a token's path is not compared with others",
    ),
    pytest.param([bundle(name="a.b")], id="a bundle by name"),
    pytest.param([bundle(name="a.b:c:own")], id="a bundle of a signer by name"),
    pytest.param([bundle(signerName="a.b/c", labelSelector={})], id="bundles of a signer"),
    pytest.param([certificate(maxExpirationSeconds=3600)], id="a certificate"),
]  # fmt: skip


@pytest.mark.parametrize("sources", TAKEN)
def test_taken(sources: list[Obj]) -> None:
    assert said(*sources) == []


REFUSED: list[Any] = [
    pytest.param(
        [{"secret": {"items": [{}]}}],
        [
            "p.sources[0].secret.name: Required value",
            "p.sources[0].secret.items[0].key: Required value",
            "p.sources[0].secret.items[0].path: Required value",
        ],
        id="a Secret without anything",
    ),
    pytest.param(
        [{"configMap": {"name": "c", "items": [{"key": "k", "path": "../x", "mode": 512}]}}],
        [
            "p.sources[0].configMap.items[0].path: Invalid value: \"../x\": "
            "must not contain '..'",
            "p.sources[0].configMap.items[0].mode: Invalid value: 512: "
            "must be a number between 0 and 0777 (octal), both inclusive",
        ],
        id="a ConfigMap with a path that leaves",
    ),
    pytest.param(
        [{"downwardAPI": {"items": [{"path": "a"}]}}],
        [
            "p.sources[0].downwardAPI: Required value: "
            "one of fieldRef and resourceFieldRef is required"
        ],
        id="the downward API without a reference",
    ),
    pytest.param(
        [{"serviceAccountToken": {"expirationSeconds": 599}}],
        [
            "p.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 599: "
            "may not specify a duration less than 10 minutes",
            "p.path: Required value",
        ],
        id="a token's path is said of the volume",
    ),
    pytest.param(
        [{"serviceAccountToken": {"path": "/t", "expirationSeconds": 2**32 + 1}}],
        [
            "p.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 4294967297: "
            "may not specify a duration larger than 2^32 seconds",
            'p.path: Invalid value: "/t": must be a relative path',
        ],
        id="a token for longer than anything lasts",
    ),
    pytest.param(
        [
            {"secret": {"name": "s", "items": [{"key": "k", "path": "x"}]}},
            {"configMap": {"name": "c", "items": [{"key": "k", "path": "x"}]}},
            {"downwardAPI": {"items": [
                {"path": "x", "fieldRef": {"fieldPath": "metadata.name"}}]}},
            bundle(name="b", path="x"),
            certificate(keyPath="x", certificateChainPath="x"),
        ],
        [
            f'p: Invalid value: "c": {CONFLICT}',
            f'p: Invalid value: "x": {CONFLICT}',
            f'p: Invalid value: "x": {CONFLICT}',
            f'p: Invalid value: "x": {CONFLICT}',
            f'p: Invalid value: "x": {CONFLICT}',
        ],
        id="one path from many",
    ),
    pytest.param(
        [{"secret": {"name": "a"}, "configMap": {"name": "b"}}],
        ["p.sources[0]: Forbidden: may not specify more than 1 volume type per source"],
        id="two in one source",
    ),
    pytest.param(
        [bundle(path="")],
        [
            "p.sources[0].clusterTrustBundle: Required value: "
            "either name or signerName must be specified",
            "p.sources[0].clusterTrustBundle.path: Required value",
        ],
        id="a bundle by nothing",
    ),
    pytest.param(
        [bundle(name="n", signerName="s")],
        [
            'p.sources[0].clusterTrustBundle: Invalid value: {"Name":"n","SignerName":"s",'
            '"LabelSelector":null,"Optional":null,"Path":"b"}: '
            "only one of name and signerName may be used"
        ],
        id="a bundle by both",
    ),
    pytest.param(
        [bundle(name="", labelSelector={"matchLabels": {"a": "b"}})],
        [
            "p.sources[0].clusterTrustBundle.name: Required value: must be a valid object name",
            'p.sources[0].clusterTrustBundle.name: Invalid value: "": '
            f"not a valid clustertrustbundlename: {SUBDOMAIN}",
            'p.sources[0].clusterTrustBundle.labelSelector: Invalid value: '
            '{"matchLabels":{"a":"b"}}: labelSelector must be unset if name is specified',
        ],
        id="a bundle by an empty name",
    ),
    pytest.param(
        [bundle(name=":x", path="1"), bundle(name="a.b:c:A_b", path="2")],
        [
            'p.sources[0].clusterTrustBundle.name: Invalid value: ":x": not a valid '
            "clustertrustbundlename: ClusterTrustBundle without signer name must not have "
            '":" in its name',
            'p.sources[1].clusterTrustBundle.name: Invalid value: "a.b:c:A_b": '
            f"not a valid clustertrustbundlename: {SUBDOMAIN}",
        ],
        id="names of bundles with colons",
    ),
    pytest.param(
        [bundle(signerName="")],
        [
            "p.sources[0].clusterTrustBundle.signerName: Required value: "
            "must be a valid signer name",
            "p.sources[0].clusterTrustBundle.signerName: Required value",
        ],
        id="a signer without a name, twice",
    ),
    pytest.param(
        [certificate(signerName="a/b/c", keyType="RSA", keyPath="", maxExpirationSeconds=1)],
        [
            'p.sources[0].podCertificate.signerName: Invalid value: "a/b/c": must be a fully '
            "qualified domain and path of the form 'example.com/signer-name'",
            'p.sources[0].podCertificate.keyType: Unsupported value: "RSA": supported values: '
            '"RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"',
            "p.sources[0].podCertificate.maxExpirationSeconds: Invalid value: 1: "
            "if provided, maxExpirationSeconds must be >= 3600",
            "p.sources[0].podCertificate: Required value: "
            "specify at least one of credentialBundlePath, keyPath, and certificateChainPath",
        ],
        id="a certificate",
    ),
    pytest.param(
        [certificate(signerName="A_b/A_b", keyPath="/k")],
        [
            'p.sources[0].podCertificate.signerName: Invalid value: "A_b": '
            f'validating label "A_b": {LABEL}',
            'p.sources[0].podCertificate.signerName: Invalid value: "A_b": '
            "should be a domain with at least two segments separated by dots",
            'p.sources[0].podCertificate.signerName: Invalid value: "A_b": '
            f'validating label "A_b": {SUBDOMAIN}',
            'p.sources[0].podCertificate.keyPath: Invalid value: "/k": must be a relative path',
        ],
        id="a signer with a bad name",
    ),
    pytest.param(
        [certificate(signerName="x.kubernetes.io/y", maxExpirationSeconds=86401)],
        [
            "p.sources[0].podCertificate.maxExpirationSeconds: Invalid value: 86401: "
            "if provided, maxExpirationSeconds must be <= 86400"
        ],
        id="the cluster's own signers give a day",
    ),
    pytest.param(
        [certificate(signerName=f"{'a.' * 127}b/{'c' * 253}.{'d' * 70}")],
        [
            "p.sources[0].podCertificate.signerName: Too long: may not be more than 253 bytes",
            "p.sources[0].podCertificate.signerName: Too long: may not be more than 571 bytes",
        ],
        id="a signer with a long name",
    ),
    pytest.param(
        [bundle(name="a", path="/b"), certificate(userAnnotations={"a/b": "x" * 262144})],
        [
            'p.sources[0].clusterTrustBundle.path: Invalid value: "/b": must be a relative path',
            "p.sources[1].podCertificate.userAnnotations: Too long: "
            "may not be more than 262144 bytes",
        ],
        id="a path that leaves, and annotations without end",
    ),
    pytest.param(
        [certificate(userAnnotations={"": "v", "a": "v", "A.b/c": "v"})],
        [
            "p.sources[0].podCertificate.userAnnotations: Required value",
            'p.sources[0].podCertificate.userAnnotations: Invalid value: "a": '
            'must be a domain-prefixed key (such as "acme.io/foo")',
        ],
        id="annotations of a certificate",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("sources", "words"), REFUSED)
def test_refused_in_the_servers_words(sources: list[Obj], words: list[str]) -> None:
    assert said(*sources) == words


def test_the_mode_of_all_files() -> None:
    assert said(defaultMode=-1) == [
        "p.defaultMode: Invalid value: -1: "
        "must be a number between 0 and 0777 (octal), both inclusive"
    ]


def test_parts_whose_gate_is_off_are_dropped_before_anybody_looks() -> None:
    both = {**bundle(path=""), **certificate(keyType="")}
    assert said(both, scope=Scope()) == []
    assert said(both)


def test_a_conflict_is_shown_at_the_later_path() -> None:
    part = {"secret": {"name": "s", "items": [{"key": "k", "path": "x"}]}}
    (fault,) = check_projected({"sources": [part, part]}, At(), Scope())
    assert fault.path == ("sources", 1, "secret", "items", 0, "path")
