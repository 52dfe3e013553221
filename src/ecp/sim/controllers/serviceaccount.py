"""What every namespace gets: a `default` ServiceAccount and the cluster's CA certificate.

And what a Secret gets that is made to keep the token of a ServiceAccount.
Source: kubernetes pkg/controller/serviceaccount/{serviceaccounts,tokens}_controller.go,
pkg/controller/certificates/rootcacertpublisher/publisher.go (1.36).
"""

from base64 import b64encode
from collections.abc import Iterable

from ecp.kube.kinds import CONFIGMAPS, NAMESPACES, SECRETS, SERVICEACCOUNTS
from ecp.sim.access import tokens
from ecp.sim.access.keys import key_of
from ecp.sim.plans import NOTHING, Action, Controller, Create, Delete, Plan, Reader, Update, itself
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


_TOKEN = "kubernetes.io/service-account-token"
_OF = "kubernetes.io/service-account.name"
_UID = "kubernetes.io/service-account.uid"


def token_secrets(certificate: str) -> Controller:
    """Return the controller that writes tokens into the Secrets that are made to keep them.

    *certificate* (PEM) goes with them. A Secret whose ServiceAccount is gone goes, too.
    """
    kept = b64encode(certificate.encode()).decode()

    def reconcile(now: int, key: Key, read: Reader) -> Plan:
        secret = read.get(SECRETS, *key)
        if secret is None or secret.get("type") != _TOKEN:
            return NOTHING
        meta = secret["metadata"]
        annotations = meta.get("annotations") or {}
        account = read.get(SERVICEACCOUNTS, key[0], annotations.get(_OF, ""))
        uid = annotations.get(_UID)
        if account is None or (uid and uid != account["metadata"]["uid"]):
            return Plan((Delete(SECRETS, key, uid=meta["uid"]),))
        data = secret.get("data") or {}
        if data.get("ca.crt") == kept and data.get("namespace") and data.get("token"):
            return NOTHING
        data = {
            **data,
            "ca.crt": kept,
            "namespace": data.get("namespace") or b64encode(key[0].encode()).decode(),
        }
        if not data.get("token"):
            token = tokens.for_secret(key_of(read), account, secret)
            data["token"] = b64encode(token.encode()).decode()
        annotations = {**annotations, _UID: account["metadata"]["uid"]}
        changed = {**secret, "data": data, "metadata": {**meta, "annotations": annotations}}
        return Plan((Update(SECRETS, changed),))

    def of_account(change: Change, read: Reader) -> Iterable[Key]:
        if change.type != DELETED:
            return ()
        return [
            (change.key[0], secret["metadata"]["name"])
            for secret in read.list(SECRETS, change.key[0])
            if (secret["metadata"].get("annotations") or {}).get(_OF) == change.key[1]
        ]

    def kept_token(change: Change, read: Reader) -> Iterable[Key]:
        return (change.key,) if change.object.get("type") == _TOKEN else ()

    return Controller(
        name="serviceaccount-token",
        component="serviceaccount-token-controller",
        watches={SECRETS: kept_token, SERVICEACCOUNTS: of_account},
        reconcile=reconcile,
        refused=_refused,
    )
