"""The admission policies of a cluster and of an input, asked about the documents of the input."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from ecp.kube.cel.source import Unsupported
from ecp.kube.defaults import default
from ecp.kube.errors import Invalid, KubeError
from ecp.kube.patch.merge_keys import of_schema
from ecp.kube.schema import Gvk, Schema
from ecp.kube.structural import prepared
from ecp.kube.yaml import Document
from ecp.validation.collecting import Collected
from ecp.validation.customkinds import CustomKinds
from ecp.validation.kinds import faults_of_new
from ecp.validation.model import Verdict
from ecp.validation.naming import group_kind_of
from ecp.validation.policing.deciding import BINDING, POLICY, Ruling, rule
from ecp.validation.policing.mutating import POLICY as MUTATING
from ecp.validation.policing.mutating import changed
from ecp.validation.policing.requests import GROUP, Asked, Shape, World
from ecp.validation.scope import Object, Scope, mapping
from ecp.validation.state import CLUSTER_SCOPED, State, resource_of

DENIED: Final = "E0810"
WARNED: Final = "W0116"
_STEM: Final = 58
_ACCOUNT: Final = "default"
_OPTIONS: Final = {"CREATE": "CreateOptions", "UPDATE": "UpdateOptions"}


class Policed:
    """Asks policies about documents that are right in themselves.

    everything  the objects of the cluster with those of the input: a policy counts from the start,
                wherever it stands
    changed     (what becomes of it, what it was) of an object that is there, by document
    """

    def __init__(
        self,
        everything: State,
        known: Schema,
        custom: CustomKinds,
        changed: Mapping[int, tuple[Any, Any]],
    ) -> None:
        self._everything = everything
        self._known = known
        self._custom = custom
        self._changed = changed
        self._kinds = (*known.kinds(), *custom.kinds())
        kinds = (POLICY, BINDING, MUTATING, f"{MUTATING}Binding")
        self._sound = {kind: self._sound_ones(kind) for kind in kinds}
        self._world = World(self._of, self._namespaced)

    def verdict(self, document: Document, verdict: Verdict, findings: Collected) -> Verdict:
        """Return the verdict of a document that is accepted otherwise."""
        ref = verdict.object
        gvk = Gvk.of(ref.api_version, ref.kind)
        asked = self._asked(document, gvk)
        try:
            asked = asked._replace(object=self._changed_by_policies(asked, gvk))
            ruling = rule(asked, self._world)
        except KubeError as error:
            findings.add(document, ref, DENIED, (), "", error.message)
            return verdict._replace(
                accepted=False, code=error.code, reason=error.reason, message=error.message
            )
        except Unsupported as cause:
            text = f"an admission policy could not be evaluated: {cause}"
            findings.add(document, ref, WARNED, (), "", text, params={"words": text}, says="plain")
            return verdict
        for words in ruling.warnings:
            findings.add(
                document, ref, WARNED, (), "", words, params={"words": words}, says="plain"
            )
        return self._answered(document, verdict, ruling, asked, findings)

    def _changed_by_policies(self, asked: Asked, gvk: Gvk) -> Object | None:
        """Return what mutating policies make of an object. Raises KubeError, also for a bad one."""
        if not self._everything.has(GROUP, MUTATING):
            return asked.object
        served = self._custom.find(gvk)
        shape = None
        if served is not None:
            schema = served.schema
            shape = Shape(of_schema(schema), lambda obj: prepared(dict(obj), schema))
        new = changed(asked, self._world, lambda obj: dict(_admitted(gvk, obj)), shape)
        if new is None or new == asked.object or asked.old is not None:
            return new
        faults = faults_of_new(new, gvk.group, gvk.kind, Scope())
        errors = [fault.error for fault in faults if fault.rule[0] == "E"]
        if errors:
            raise Invalid(group_kind_of(gvk), asked.name, errors)
        return new

    def _answered(
        self,
        document: Document,
        verdict: Verdict,
        ruling: Ruling,
        asked: Asked,
        findings: Collected,
    ) -> Verdict:
        error = ruling.error(asked)
        if error is None:
            return verdict
        for denial in ruling.denials:
            findings.add(document, verdict.object, DENIED, (), "", denial.words)
        return verdict._replace(
            accepted=False, code=error.code, reason=error.reason, message=str(error)
        )

    # ---- what is asked -------------------------------------------------------------------------

    def _asked(self, document: Document, gvk: Gvk) -> Asked:
        new, old = self._changed.get(document.index, (document.object, None))
        meta = mapping(new.get("metadata"))
        place = ""
        if self._namespaced(gvk.group, gvk.kind) is not False:
            place = self._everything.place(gvk.kind, meta)
        if place:
            new = {**new, "metadata": {**meta, "namespace": place}}
        if gvk in self._known:
            new = _admitted(gvk, default(gvk.kind, new))
            typed = {"apiVersion": gvk.api_version, "kind": gvk.kind}
            old = old and default(gvk.kind, {**old, **typed})
        name, stem = str(meta.get("name") or ""), meta.get("generateName")
        if not name and stem:
            # The server draws the end of the name before it asks.
            drawn = f"{stem[:_STEM]}xxxxx"
            new = {**new, "metadata": {**mapping(new.get("metadata")), "name": drawn}}
        operation = "CREATE" if old is None else "UPDATE"
        served = self._custom.find(gvk)
        return Asked(
            operation,
            gvk.group,
            gvk.version,
            gvk.kind,
            served.plural if served else resource_of(gvk.group, gvk.kind).partition(".")[0],
            name,
            name if (gvk.group, gvk.kind) == ("", "Namespace") else place,
            new,
            old,
            versions=self._versions(gvk),
            options={"kind": _OPTIONS[operation], "apiVersion": "meta.k8s.io/v1"},
        )

    def _versions(self, gvk: Gvk) -> tuple[str, ...]:
        return tuple(one.version for one in self._kinds if one._replace(version=gvk.version) == gvk)

    # ---- what there is -------------------------------------------------------------------------

    def _sound_ones(self, kind: str) -> list[Object]:
        """Return those that a server would hold."""
        found: list[Object] = []
        for obj in self._everything.of(GROUP, kind):
            whole = default(kind, {**obj, "apiVersion": f"{GROUP}/v1", "kind": kind})
            faults = faults_of_new(whole, GROUP, kind, Scope())
            if not any(fault.rule[0] == "E" for fault in faults):
                found.append(whole)
        return found

    def _of(self, group: str, kind: str, namespace: str) -> Iterable[Object]:
        if group == GROUP and kind in self._sound:
            return self._sound[kind]
        return self._everything.of(group, kind, namespace or None)

    def _namespaced(self, group: str, kind: str) -> bool | None:
        for gvk in self._kinds:
            if (gvk.group, gvk.kind) == (group, kind):
                served = self._custom.find(gvk)
                return kind not in CLUSTER_SCOPED if served is None else served.namespaced
        return None


def _admitted(gvk: Gvk, obj: Object) -> Object:
    """Return a pod as admission leaves it: it has an account."""
    if (gvk.group, gvk.kind) != ("", "Pod"):
        return obj
    spec = mapping(obj.get("spec"))
    account = spec.get("serviceAccountName") or _ACCOUNT
    return {**obj, "spec": {**spec, "serviceAccountName": account, "serviceAccount": account}}


def policed(
    documents: Sequence[Document], verdicts: Sequence[Verdict], asking: Policed, findings: Collected
) -> list[Verdict]:
    """Return the verdicts of an input after its policies, and those of the cluster, were asked."""
    return [
        asking.verdict(documents[one.document], one, findings)
        if one.accepted and one.object.kind
        else one
        for one in verdicts
    ]
