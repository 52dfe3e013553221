"""Admission of pods: service account, its token volume, default tolerations, priority.

Source: kubernetes plugin/pkg/admission/{serviceaccount,defaulttolerationseconds}; classes.
"""

from typing import Any

from ecp.kube import kinds, quantity
from ecp.kube.defaults import default
from ecp.sim.admission import classes
from ecp.sim.admission.classes import Priority
from ecp.sim.engine.chance import Chance
from ecp.sim.plans import Reader
from ecp.sim.store import Obj
from ecp.validation.applying import with_default_tolerations
from ecp.validation.refusals import no_account

TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
# More templates than this in flight at once just cost a second computation.
_REMEMBERED = 2048


class PodAdmission:
    """Admits pod specs; remembers what it made of a template's spec, by identity.

    The pods of one ReplicaSet share their template's spec object, so that a thousand of them
    are admitted once and go on sharing the result.
    """

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._admitted: dict[tuple[int, str, bool, Priority, tuple[str, ...]], tuple[Obj, Obj]] = {}
        self._defaulted: dict[int, tuple[Obj, Obj]] = {}

    def defaulted(self, spec: Obj) -> Obj:
        """Return a template's *spec* with the defaults of a pod, computed once a template."""
        known = self._defaulted.get(id(spec))
        if known is not None and known[0] is spec:
            return known[1]
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "template"}, "spec": spec}
        result: Obj = default(kinds.PODS, pod)["spec"]
        _remember(self._defaulted, id(spec), (spec, result))
        return result

    def admit(self, namespace: str, name: str, spec: Obj, owner: str, read: Reader) -> Obj:
        """Return *spec* as admitted. Raises Forbidden as the plug-ins do.

        *owner* is the uid of the controlling owner, or "". It names the token volume, so that
        the pods of one owner have one spec, whichever of them came first.
        """
        account = spec.get("serviceAccountName") or "default"
        found = read.get(kinds.SERVICEACCOUNTS, namespace, account)
        if found is None:
            raise no_account(name, namespace, account)
        wished = spec.get("automountServiceAccountToken")
        if wished is None:
            wished = found.get("automountServiceAccountToken")
        automount = wished is not False
        wanted = classes.priority(name, spec, read)
        run = classes.with_runtime(name, spec, read)
        pulls = () if spec.get("imagePullSecrets") else _pull_secrets(found)
        if run is not spec:
            return self._admit(namespace, run, owner or name, account, wanted, automount, pulls)
        key = (id(spec), namespace + owner, automount, wanted, pulls)
        known = self._admitted.get(key)
        if known is not None and known[0] is spec:
            return known[1]
        admitted = self._admit(namespace, spec, owner or name, account, wanted, automount, pulls)
        _remember(self._admitted, key, (spec, admitted))
        return admitted

    def admit_mirror(self, name: str, spec: Obj, read: Reader) -> Obj:
        """Return the *spec* of a mirror pod, which has no account. Raises Forbidden."""
        wanted = classes.priority(name, spec, read)
        run = classes.with_runtime(name, spec, read)
        return self._admit("", run, name, "", wanted, token=False)

    def _admit(
        self,
        namespace: str,
        spec: Obj,
        template: str,
        account: str,
        wanted: Priority,
        token: bool,
        pulls: tuple[str, ...] = (),
    ) -> Obj:
        out = {**spec}
        if pulls:
            out["imagePullSecrets"] = [{"name": one} for one in pulls]
        if account:
            out |= {"serviceAccountName": account, "serviceAccount": account}
        out["tolerations"] = with_default_tolerations(spec.get("tolerations") or ())
        if wanted.name:
            out["priorityClassName"] = wanted.name
        out["priority"], out["preemptionPolicy"] = wanted.value, wanted.preemption
        if token:
            self._mount_token(namespace, template, out)
        return out

    def _mount_token(self, namespace: str, template: str, spec: Obj) -> None:
        volumes = spec.get("volumes") or []
        volume_name = next(
            (v["name"] for v in volumes if v.get("name", "").startswith("kube-api-access-")), None
        )
        if volume_name is None:
            volume_name = "kube-api-access-" + self._chance.suffix(
                5, f"token/{namespace}/{template}"
            )
            spec["volumes"] = [*volumes, _token_volume(volume_name)]
        mount = {"name": volume_name, "readOnly": True, "mountPath": TOKEN_PATH}
        for field in ("initContainers", "containers"):
            if spec.get(field):
                spec[field] = [_mounted(container, mount) for container in spec[field]]


def _pull_secrets(account: Obj) -> tuple[str, ...]:
    return tuple(one.get("name", "") for one in account.get("imagePullSecrets") or ())


def _remember(memory: dict[Any, Any], key: Any, value: Any) -> None:
    if len(memory) >= _REMEMBERED:
        del memory[next(iter(memory))]
    memory[key] = value


def _mounted(container: Obj, mount: Obj) -> Obj:
    mounts = container.get("volumeMounts") or []
    if any(m.get("mountPath") == TOKEN_PATH for m in mounts):
        return container
    return {**container, "volumeMounts": [*mounts, mount]}


def _token_volume(name: str) -> Obj:
    return {
        "name": name,
        "projected": {
            "defaultMode": 420,
            "sources": [
                {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                {
                    "configMap": {
                        "name": "kube-root-ca.crt",
                        "items": [{"key": "ca.crt", "path": "ca.crt"}],
                    }
                },
                {
                    "downwardAPI": {
                        "items": [
                            {
                                "path": "namespace",
                                "fieldRef": {
                                    "apiVersion": "v1",
                                    "fieldPath": "metadata.namespace",
                                },
                            }
                        ]
                    }
                },
            ],
        },
    }


_classes: dict[int, tuple[Obj, str]] = {}
"""Classes by the identity of the spec: the pods of one template share it."""


def qos_class(spec: Obj) -> str:
    """Return Guaranteed, Burstable or BestEffort.

    Source: kubernetes pkg/apis/core/v1/helper/qos.ComputePodQOS (cpu and memory only).
    """
    known = _classes.get(id(spec))
    if known is not None and known[0] is spec:
        return known[1]
    found = _qos_class(spec)
    _remember(_classes, id(spec), (spec, found))
    return found


def _qos_class(spec: Obj) -> str:
    requests: dict[str, int] = {}
    limits: dict[str, int] = {}
    guaranteed = True
    containers = [*(spec["containers"] or ()), *(spec.get("initContainers") or ())]
    if spec.get("resources"):
        containers = [spec]  # what the whole pod has says it all
    for container in containers:
        resources = container.get("resources") or {}
        limited = 0
        for kind, totals in (("requests", requests), ("limits", limits)):
            for name, amount in (resources.get(kind) or {}).items():
                nano = quantity.nano(amount) if name in ("cpu", "memory") else 0
                if nano:
                    totals[name] = totals.get(name, 0) + nano
                    limited += kind == "limits"
        guaranteed = guaranteed and limited == 2
    if not requests and not limits:
        return "BestEffort"
    if guaranteed and all(requests.get(name, total) == total for name, total in limits.items()):
        return "Guaranteed"
    return "Burstable"
