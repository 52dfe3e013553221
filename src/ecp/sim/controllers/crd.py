"""CustomResourceDefinitions: are their names free, are they served, have their instances gone?

Source: kubernetes apiextensions-apiserver pkg/controller/status/naming_controller.go,
pkg/controller/establish/establishing_controller.go, pkg/controller/finalizer/crd_finalizer.go,
kube-aggregator pkg/controllers/autoregister (1.36).
"""

from collections.abc import Iterable
from typing import Any

from ecp.kube.errors import go_quote
from ecp.kube.kinds import APISERVICES, CRDS
from ecp.kube.times import rfc3339
from ecp.kube.urls import misread, split_url
from ecp.sim.engine.engine import SECOND
from ecp.sim.plans import NOTHING, Action, Controller, Create, Delete, Plan, Reader, Update
from ecp.sim.store import Change, Key, Obj

_ACTOR = "kube-apiserver"
_APPROVED = "KubernetesAPIApprovalPolicyConformant"
_APPROVAL = "api-approved.kubernetes.io"
_COMMUNITY = (".k8s.io", ".kubernetes.io")
_WHY = "https://github.com/kubernetes/enhancements/pull/1111"
_CLEANUP = "customresourcecleanup.apiextensions.k8s.io"
_LOOK_AGAIN = 5 * SECOND
_MANAGED = {"kube-aggregator.kubernetes.io/automanaged": "true"}


def _accepted(status: Obj) -> dict[str, Any]:
    names = status.get("acceptedNames") or {}
    return {field: value for field, value in names.items() if value}


def _condition(
    before: Iterable[Obj], kind: str, status: str, reason: str, message: str, now: int
) -> Obj:
    old = next((entry for entry in before if entry["type"] == kind), None)
    same = old is not None and old["status"] == status
    return {
        "type": kind,
        "status": status,
        "lastTransitionTime": old["lastTransitionTime"] if same and old else rfc3339(now),
        "reason": reason,
        "message": message,
    }


def _names(crd: Obj, read: Reader) -> tuple[dict[str, Any], tuple[str, str, str]]:
    """Return the names that are accepted and (status, reason, message) of NamesAccepted.

    A name that is taken keeps what was accepted before; the last conflict found is reported.
    """
    resources: set[str] = set()
    kinds: set[str] = set()
    for other in read.list(CRDS):
        if other["spec"]["group"] == crd["spec"]["group"] and other is not crd:
            taken = _accepted(other.get("status") or {})
            resources |= {taken.get("plural", ""), taken.get("singular", "")}
            resources |= set(taken.get("shortNames") or ())
            kinds |= {taken.get("kind", ""), taken.get("listKind", "")}
    wanted, accepted = crd["spec"]["names"], _accepted(crd.get("status") or {})
    names = dict(accepted)
    verdict = ("True", "NoConflicts", "no conflicts found")
    for field, used, reason in (
        ("plural", resources, "PluralConflict"),
        ("singular", resources, "SingularConflict"),
        ("shortNames", resources, "ShortNamesConflict"),
        ("kind", kinds, "KindConflict"),
        ("listKind", kinds, "ListKindConflict"),
    ):
        value, held = wanted.get(field), accepted.get(field)
        listed = value if isinstance(value, list) else [value]
        conflicts = [
            f'"{name}" is already in use'
            for name in listed
            if value != held and name in used and name not in (held or ())
        ]
        if conflicts:
            text = conflicts[0] if len(conflicts) == 1 else f"[{', '.join(conflicts)}]"
            verdict = ("False", reason, text)
        elif value:
            names[field] = value
    if wanted.get("categories"):
        names["categories"] = wanted["categories"]
    return names, verdict


def _reconcile(now: int, key: Key, read: Reader) -> Plan:
    crd = read.get(CRDS, *key)
    if crd is None:
        return Plan(tuple(_registrations(key[1].partition(".")[2], read)))
    if crd["metadata"].get("deletionTimestamp"):
        return _cleared(now, crd, read)
    status = crd.get("status") or {}
    before = status.get("conditions") or ()
    names, verdict = _names(crd, read)
    established = _established(before, verdict[0])
    conditions = [
        _condition(before, "NamesAccepted", *verdict, now),
        _condition(before, "Established", *established, now),
    ]
    approval = _approval(crd)
    if approval is not None:
        conditions.insert(0, _condition(before, _APPROVED, *approval, now))
    conditions += [
        e for e in before if e["type"] not in (_APPROVED, "NamesAccepted", "Established")
    ]
    stored = list(status.get("storedVersions") or ())
    stored += [
        version["name"]
        for version in crd["spec"].get("versions") or ()
        if version.get("storage") and version["name"] not in stored
    ]
    new: dict[str, Any] = {
        **status,
        "conditions": conditions,
        "storedVersions": stored,
        "acceptedNames": {"plural": "", "kind": "", **names},
    }
    if new == status:
        return Plan(tuple(_registrations(crd["spec"]["group"], read)))
    return Plan((Update(CRDS, {**crd, "status": new}, "status"),))


def _approval(crd: Obj) -> tuple[str, str, str] | None:
    """Return whether a group of the community is approved of; None for others.

    Source: apiextensions-apiserver pkg/apihelpers/helpers.go `GetAPIApprovalState`,
    pkg/controller/apiapproval/apiapproval_controller.go.
    """
    if not f".{crd['spec']['group']}".endswith(_COMMUNITY):
        return None
    said = (crd["metadata"].get("annotations") or {}).get(_APPROVAL, "")
    if said.startswith("unapproved"):
        return "False", "UnapprovedAnnotation", f"not approved: {go_quote(said)}"
    url = split_url(said)
    if url.scheme and url.authority and not misread(said):
        return "True", "ApprovedAnnotation", f"approved in {said}"
    wanted = f'protected groups must have approval annotation "{_APPROVAL}"'
    if not said:
        return "False", "MissingAnnotation", f"{wanted}, see {_WHY}"
    either = 'with either a URL or a reason starting with "unapproved"'
    return "False", "InvalidAnnotation", f"{wanted} {either}, see {_WHY}"


def _cleared(now: int, crd: Obj, read: Reader) -> Plan:
    """Take the instances of a definition that is to go, then let it go."""
    if _CLEANUP not in (crd["metadata"].get("finalizers") or ()):
        return NOTHING
    status = crd.get("status") or {}
    before = status.get("conditions") or ()
    others = [entry for entry in before if entry["type"] != "Terminating"]

    def said(value: str, reason: str, message: str) -> Obj:
        condition = _condition(before, "Terminating", value, reason, message, now)
        return {**crd, "status": {**status, "conditions": [*others, condition]}}

    going = said("True", "InstanceDeletionInProgress", "CustomResource deletion is in progress")
    terminating: Obj = next((e for e in before if e["type"] == "Terminating"), {})
    if terminating.get("reason") == "InstanceDeletionPending":
        return Plan((Update(CRDS, going, "status"),))
    instances = read.list(crd["metadata"]["name"])
    if instances:
        left = [one["metadata"] for one in instances if "deletionTimestamp" not in one["metadata"]]
        taken = [
            Delete(crd["metadata"]["name"], (meta.get("namespace", ""), meta["name"]))
            for meta in left
        ]
        return Plan(tuple(taken), wake_at=now + _LOOK_AGAIN)
    if terminating.get("status") == "True":
        gone = said("False", "InstanceDeletionCompleted", "removed all instances")
        return Plan((Update(CRDS, gone, "status"),))
    kept = [name for name in crd["metadata"]["finalizers"] if name != _CLEANUP]
    return Plan((Update(CRDS, {**crd, "metadata": {**crd["metadata"], "finalizers": kept}}),))


def _registrations(group: str, read: Reader) -> list[Action]:
    """Return what is to be done so that each served version of *group* has its APIService."""
    versions: dict[str, None] = {}
    for crd in read.list(CRDS):
        if crd["spec"]["group"] == group and _is_served(crd):
            versions |= {v["name"]: None for v in crd["spec"]["versions"] if v.get("served")}
    wanted = {f"{version}.{group}": version for version in versions}
    there = {
        service["metadata"]["name"]
        for service in read.list(APISERVICES)
        if service["spec"].get("group") == group
    }
    actions: list[Action] = [
        Create(APISERVICES, _service(name, group, version))
        for name, version in wanted.items()
        if name not in there
    ]
    for service in read.list(APISERVICES):
        meta = service["metadata"]
        unwanted = service["spec"].get("group") == group and meta["name"] not in wanted
        if unwanted and meta.get("labels") == _MANAGED:
            actions.append(Delete(APISERVICES, ("", meta["name"])))
    return actions


def _is_served(crd: Obj) -> bool:
    conditions = (crd.get("status") or {}).get("conditions") or ()
    return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)


def _service(name: str, group: str, version: str) -> Obj:
    return {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": name, "labels": dict(_MANAGED)},
        "spec": {
            "group": group,
            "version": version,
            "groupPriorityMinimum": 1000,
            "versionPriority": 100,
        },
    }


def _established(before: Iterable[Obj], names_accepted: str) -> tuple[str, str, str]:
    """Return the Established condition: first Installing, then, a sync later, True for good."""
    found = {entry["type"]: entry for entry in before}
    old = found.get("Established")
    if old is not None and old["status"] == "True":
        return "True", old["reason"], old["message"]
    message = "the initial names have been accepted"
    if names_accepted != "True":
        if old is not None:
            return old["status"], old["reason"], old["message"]
        return "False", "NotAccepted", "not all names are accepted"
    if (found.get("NamesAccepted") or {}).get("status") == "True":
        return "True", "InitialNamesAccepted", message
    return "False", "Installing", message


def _keys(change: Change, read: Reader) -> Iterable[Key]:
    """The definition, and those of its group, whose names may be free now."""
    group = change.object["spec"]["group"]
    found = {change.key: None}
    for other in read.list(CRDS):
        if other["spec"]["group"] == group:
            found["", other["metadata"]["name"]] = None
    return found


def controller() -> Controller:
    """Return the controller of CustomResourceDefinitions."""
    return Controller(
        name="customresourcedefinition",
        component="customresourcedefinition-controller",
        watches={CRDS: _keys},
        reconcile=_reconcile,
        actor=_ACTOR,
    )
