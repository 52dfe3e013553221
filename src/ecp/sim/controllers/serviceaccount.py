"""What every namespace gets: a `default` ServiceAccount and the cluster's CA certificate.

Source: kubernetes pkg/controller/serviceaccount/serviceaccounts_controller.go,
pkg/controller/certificates/rootcacertpublisher/publisher.go (1.36).
"""

from collections.abc import Iterable

from ecp.kube.kinds import CONFIGMAPS, NAMESPACES, SERVICEACCOUNTS
from ecp.sim.plans import NOTHING, Action, Controller, Create, Plan, Reader, Update, itself
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import DELETED

ROOT_CA_NAME = "kube-root-ca.crt"
_DESCRIPTION = "kubernetes.io/description"
_DESCRIPTION_TEXT = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal "
    "endpoints such as the internal service IP or kubernetes.default.svc. No other usage is "
    "guaranteed across distributions of Kubernetes clusters."
)


def _active(read: Reader, name: str) -> Obj | None:
    namespace = read.get(NAMESPACES, "", name)
    if namespace is None or (namespace.get("status") or {}).get("phase") != "Active":
        return None
    return namespace


def _account(now: int, key: Key, read: Reader) -> Plan:
    name = key[1]
    if _active(read, name) is None or read.get(SERVICEACCOUNTS, name, "default") is not None:
        return NOTHING
    account: Obj = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "default", "namespace": name},
    }
    return Plan((Create(SERVICEACCOUNTS, account),))


def _of_account(change: Change, read: Reader) -> Iterable[Key]:
    lost = change.type == DELETED and change.key[1] == "default"
    return (("", change.key[0]),) if lost else ()


def _refused(now: int, key: Key, action: Action, error: Exception, read: Reader) -> Plan:
    """A namespace that is going away needs nothing; what already exists was wanted."""
    return NOTHING


def service_account() -> Controller:
    """Return the controller that keeps a `default` ServiceAccount in each active namespace."""
    return Controller(
        name="serviceaccount",
        component="service-account-controller",
        watches={NAMESPACES: itself, SERVICEACCOUNTS: _of_account},
        reconcile=_account,
        refused=_refused,
    )


def root_ca(certificate: str) -> Controller:
    """Return the controller that publishes *certificate* (PEM) into each active namespace."""

    def reconcile(now: int, key: Key, read: Reader) -> Plan:
        name = key[1]
        if _active(read, name) is None:
            return NOTHING
        data = {"ca.crt": certificate}
        found = read.get(CONFIGMAPS, name, ROOT_CA_NAME)
        if found is None:
            new: Obj = {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {
                    "name": ROOT_CA_NAME,
                    "namespace": name,
                    "annotations": {_DESCRIPTION: _DESCRIPTION_TEXT},
                },
                "data": data,
            }
            return Plan((Create(CONFIGMAPS, new),))
        meta = found["metadata"]
        annotations = meta.get("annotations") or {}
        if found.get("data") == data and annotations.get(_DESCRIPTION):
            return NOTHING
        described = {**annotations, _DESCRIPTION: _DESCRIPTION_TEXT}
        changed = {**found, "data": data, "metadata": {**meta, "annotations": described}}
        return Plan((Update(CONFIGMAPS, changed),))

    def of_config_map(change: Change, read: Reader) -> Iterable[Key]:
        return (("", change.key[0]),) if change.key[1] == ROOT_CA_NAME else ()

    return Controller(
        name="root-ca-certificate",
        component="root-ca-certificate-publisher",
        watches={NAMESPACES: itself, CONFIGMAPS: of_config_map},
        reconcile=reconcile,
        refused=_refused,
    )
