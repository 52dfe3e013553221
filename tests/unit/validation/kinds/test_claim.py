"""PersistentVolumeClaim: what it asks for and where its data comes from."""

from typing import Any

import pytest

from ecp.kube import names
from ecp.validation.faults import Fault
from ecp.validation.kinds.claim import check_claim
from ecp.validation.scope import Scope

Obj = dict[str, Any]
SUBDOMAIN = names.dns_subdomain("A_b")[0]
LABEL = names.dns_label("A_b")[0]
OTHER = "must be 'PersistentVolumeClaim' when referencing the default apiGroup"
ACROSS = Scope(gates=frozenset({"CrossNamespaceVolumeDataSource"}))


def faults(scope: Scope | None = None, **spec: Any) -> list[Fault]:
    size = {"requests": {"storage": "1Gi"}}
    whole = {"accessModes": ["ReadWriteOnce"], "resources": size, **spec}
    return list(check_claim({"spec": whole}, scope or Scope()))


def said(scope: Scope | None = None, **spec: Any) -> list[str]:
    return [str(fault.error) for fault in faults(scope, **spec)]


SNAPSHOT = {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "s"}
CASES: list[Any] = [
    pytest.param({}, [], id="a claim"),
    pytest.param({"storageClassName": "", "volumeMode": "Block"}, [], id="of no class, raw"),
    pytest.param({"accessModes": ["ReadWriteOncePod"]}, [], id="for one pod"),
    pytest.param({"dataSource": SNAPSHOT}, [], id="from a snapshot"),
    pytest.param({"dataSourceRef": {**SNAPSHOT, "apiGroup": "x.y"}}, [], id="from anything"),
    pytest.param({"dataSource": SNAPSHOT, "dataSourceRef": SNAPSHOT}, [], id="said twice"),
    pytest.param(
        {"dataSource": {"apiGroup": "x.y", "kind": "Thing", "name": ""}}, [],
        id="what cannot be a source in the older field is dropped",
    ),
    pytest.param(
        {"dataSourceRef": {"kind": "Thing", "name": "", "namespace": "A_b"}}, [],
        id="a source in another namespace is dropped",
    ),
    pytest.param(
        {"accessModes": []},
        ["spec.accessModes: Required value: at least 1 access mode is required"],
        id="without a mode",
    ),
    pytest.param(
        {"accessModes": ["RWO", "ReadWriteOncePod", "ReadOnlyMany"]},
        [
            'spec.accessModes: Unsupported value: "RWO": supported values: "ReadOnlyMany", '
            '"ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
            "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes",
        ],
        id="modes that do not go together",
    ),
    pytest.param(
        {"resources": {}}, ["spec.resources[storage]: Required value"], id="without a size"
    ),
    pytest.param(
        {"resources": {"requests": {"storage": "-1Gi"}}},
        ['spec.resources[storage]: Invalid value: "-1Gi": must be greater than zero'],
        id="less than nothing",
    ),
    pytest.param(
        {"selector": {"matchExpressions": [{"key": "a", "operator": "Is"}]}},
        [
            'spec.selector.matchExpressions[0].operator: Invalid value: "Is": '
            "not a valid selector operator"
        ],
        id="a selector",
    ),
    pytest.param(
        {"storageClassName": "A_b", "volumeMode": "", "volumeAttributesClassName": "A_b"},
        [
            f'spec.storageClassName: Invalid value: "A_b": {SUBDOMAIN}',
            'spec.volumeMode: Unsupported value: "": supported values: "Block", "Filesystem"',
            f'spec.volumeAttributesClassName: Invalid value: "A_b": {SUBDOMAIN}',
        ],
        id="names of classes, and a mode that is empty",
    ),
    pytest.param(
        {"dataSource": {"kind": "PersistentVolumeClaim"}},
        ["spec.dataSource.name: Required value", "spec.dataSourceRef.name: Required value"],
        id="a source without a name: it is copied, so the cause is too",
    ),
    pytest.param(
        {"dataSourceRef": {"kind": "Thing"}},
        [
            "spec.dataSource.name: Required value",
            f'spec.dataSource: Invalid value: "Thing": {OTHER}',
            "spec.dataSourceRef.name: Required value",
            f'spec.dataSourceRef: Invalid value: "Thing": {OTHER}',
        ],
        id="and the other way round",
    ),
    pytest.param(
        {"dataSource": {"name": "a", "kind": "PersistentVolumeClaim"}, "dataSourceRef": SNAPSHOT},
        ["spec: Invalid value: {}: must match dataSourceRef"],
        id="two sources that are not one",
    ),
    pytest.param(
        {"dataSourceRef": {"apiGroup": "A_b", "kind": "K", "name": "n"}},
        [
            f'spec.dataSource.apiGroup: Invalid value: "A_b": {SUBDOMAIN}',
            f'spec.dataSourceRef.apiGroup: Invalid value: "A_b": {SUBDOMAIN}',
        ],
        id="a group that cannot be",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "words"), CASES)
def test_claims(spec: Obj, words: list[str]) -> None:
    assert said(**spec) == words


def test_a_copied_source_is_shown_where_it_was_written() -> None:
    first, second = faults(dataSource={"kind": "PersistentVolumeClaim"})
    assert first.path == second.path == ("spec", "dataSource", "name")
    assert {fault.path[1] for fault in faults(dataSourceRef={"kind": "Thing"})} == {"dataSourceRef"}


def test_sources_in_another_namespace_where_a_cluster_allows_them() -> None:
    ref = {"kind": "PersistentVolumeClaim", "name": "n", "namespace": "A_b"}
    assert said(ACROSS, dataSourceRef={**ref, "namespace": "n"}) == []
    source = {"kind": "PersistentVolumeClaim", "name": "n"}
    assert said(ACROSS, dataSourceRef=ref, dataSource=source) == [
        f'spec.dataSourceRef.namespace: Invalid value: "A_b": {LABEL}',
        "spec: Invalid value: {}: may not be specified when dataSourceRef.namespace is specified",
    ]


@pytest.mark.parametrize(("version", "count"), [((1, 33), 0), ((1, 34), 1)])
def test_attribute_classes_are_judged_since_their_gate_is_on(
    version: tuple[int, int], count: int
) -> None:
    assert len(said(Scope(version), volumeAttributesClassName="A_b")) == count
