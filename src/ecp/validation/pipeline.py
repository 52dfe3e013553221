"""Text in, report out: read → known kind? → fits its schema? → the server's own rules → the set.

Each stage can stop the next one for its document only. What the server says in one breath comes
together: a decoder's error hides the rules, because the server never gets to them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from operator import is_not
from typing import Any, Final, NamedTuple

from ecp.kube import errors as kube_errors
from ecp.kube.errors import BadRequest, Invalid, go_quote
from ecp.kube.schema import DEFAULT_VERSION, Gvk, Node, Schema, schema
from ecp.kube.yaml import Document, Limits, read
from ecp.validation.admission import Admission, is_namespaced
from ecp.validation.changing import Changing
from ecp.validation.collecting import Collected
from ecp.validation.customkinds import CustomKinds
from ecp.validation.decode import Misfit, first_wrong, fits, has_seen_enough, held, misfits, without
from ecp.validation.kinds import checks_for, faults_of_new
from ecp.validation.model import ObjectRef, Report, Verdict
from ecp.validation.naming import (
    client_words,
    field_of,
    group_kind_of,
    guessed_ref,
    ref_of,
    unrecognized,
)
from ecp.validation.refusals import Refusal
from ecp.validation.scope import Object, Scope, mapping
from ecp.validation.state import State
from ecp.validation.together import check_together
from ecp.validation.unserved import Unserved

_STEM: Final = 58
_POLICIES: Final = ("ValidatingAdmissionPolicy", "MutatingAdmissionPolicy")
_DEFINITION: Final = ("apiextensions.k8s.io", "CustomResourceDefinition")


class Source(NamedTuple):
    """A text and where it comes from."""

    text: str | bytes
    name: str = ""


def validate(
    text: str | bytes | Sequence[Source],
    *,
    kubernetes_version: str = DEFAULT_VERSION,
    namespace: str = "default",
    source: str = "",
    limits: Limits = Limits(),
    strict: bool = True,
    against: Iterable[Any] | State | None = None,
    whole: bool = False,
    nodes: Iterable[Any] | State = (),
) -> Report:
    """Judge manifests as the API server of *kubernetes_version* would, and as a release needs it.

    text        YAML or JSON, one or many documents; or several texts with their names
    namespace   where objects without a namespace go, for telling objects apart
    against     the objects of the cluster that the manifests are applied to, or a State of them
                (`stored.state_of`); those without a namespace are in ``default``; those that no
                server could hold are named in the report. Without it nothing is said of the
                cluster
    whole       the input is all that there will be in its namespaces, save Secrets and claims
    nodes       those that the pods will run on, or a State of them, where no more is known of a
                cluster
    strict      false: the server is asked for field validation Warn; unknown fields and keys that
                stand twice are warnings, the objects come without the fields, and the last key wins

    Raises ecp.kube.schema.UnknownVersion for a version whose schemas are not carried.
    """
    sources = [Source(text, source)] if isinstance(text, str | bytes) else list(text)
    documents: list[Document] = []
    for piece in sources:
        for document in read(piece.text, source=piece.name, limits=limits):
            document.index = len(documents)
            documents.append(document)
    return validate_documents(
        documents,
        kubernetes_version=kubernetes_version,
        namespace=namespace,
        strict=strict,
        against=against,
        whole=whole,
        nodes=nodes,
    )


def validate_documents(
    documents: Sequence[Document],
    *,
    kubernetes_version: str = DEFAULT_VERSION,
    namespace: str = "default",
    strict: bool = True,
    against: Iterable[Any] | State | None = None,
    whole: bool = False,
    nodes: Iterable[Any] | State = (),
    sound: Collection[int] | None = None,
) -> Report:
    """As `validate`, for documents that are already read.

    sound   numbers of those of which `shares.look_over` had nothing to say, where it has looked
    """
    known = schema(kubernetes_version)
    major, minor = known.version.split(".")
    there = None if against is None else _held(against, known)
    scope = Scope((int(major), int(minor)), namespace=namespace)
    judge = _Judge(known, scope, namespace, documents, strict, there, nodes, sound)
    verdicts = judge.policed([judge.judge(document) for document in documents])
    judge.judge_together(verdicts, whole=whole)
    findings = sorted(judge.findings.found, key=lambda finding: finding.document)
    return Report(
        known.version,
        tuple(findings),
        tuple(verdicts),
        tuple(judge.documents),
        judge.state.left_out,
        namespace,
        frozenset(one.document for one in verdicts if judge.goes_elsewhere(one.object)),
    )


def _held(objects: Iterable[Any] | State, known: Schema) -> State:
    """Return the state of a cluster's objects; what reads them is loaded where there are some."""
    if isinstance(objects, State):
        return objects
    given = list(objects)
    if not given:
        return State()
    from ecp.validation.stored import state_of

    return state_of(given, kubernetes_version=known.version)


class _Judge:
    """Judges the documents of one input; collects findings."""

    def __init__(
        self,
        known: Schema,
        scope: Scope,
        namespace: str,
        documents: Sequence[Document],
        strict: bool,
        there: State | None = None,
        nodes: Iterable[Any] | State = (),
        sound: Collection[int] | None = None,
    ) -> None:
        self.known = known
        self.scope = scope
        self.namespace = namespace
        self.documents = list(documents)
        self.strict = strict
        objects = [document.object for document in documents]
        self.findings = Collected(strict=strict)
        self.there = there
        self.sound = sound
        self.state = _held(nodes, known) if there is None else there
        self.custom = CustomKinds([*objects, *self.state.of(*_DEFINITION)], known)
        self.unserved = Unserved(known, self.custom, self.findings)
        self.changing = Changing(known, self.custom, scope)
        self.brought = State(objects, namespace)
        self.everything = self.state.under(self.brought)
        self.admission = Admission(self.state, self.everything, known=there is not None)
        # What becomes of objects that are there, and what they were, by document.
        self.changed: dict[int, tuple[Any, Any]] = {}
        # What can be read of each document by those that look at several, None for nothing.
        self.readable: list[Any] = [None] * len(objects)
        self.sent = objects

    def goes_elsewhere(self, ref: ObjectRef) -> bool:
        """Tell whether an object gets the namespace that it does not name."""
        if ref.namespace or not ref.kind:
            return False
        gvk = Gvk.of(ref.api_version, ref.kind)
        kind = self.custom.find(gvk)
        if kind is not None:
            return kind.namespaced
        return gvk in self.known and is_namespaced((gvk.group, gvk.kind))

    def judge(self, document: Document) -> Verdict:
        obj = document.object
        ref = ref_of(obj) if isinstance(obj, dict) else guessed_ref(document.text)
        fatal = [problem for problem in document.errors if problem.fatal]
        for problem in document.errors:
            self.findings.problem(document, ref, problem)
        if fatal:
            message = unrecognized(document, ref, fatal[0].message)
            return Verdict(document.index, ref, False, 400, "BadRequest", message)
        if not isinstance(obj, dict):
            message = "invalid object to validate"
            self.findings.add(document, ref, "E0005", (), "", message)
            return Verdict(document.index, ref, False, 0, "", client_words(document, message))
        refused = self.unserved.refusal(document, ref)
        if refused is not None:
            return refused
        gvk = Gvk.of(ref.api_version, ref.kind)
        self.readable[document.index] = obj
        if self._is_sound(document, gvk):
            return self._admitted(document, ref, gvk)
        refused = self._decode(document, ref, gvk)
        if refused is not None:
            return refused
        return self._check(self.documents[document.index], ref, gvk, document.object)

    def _is_sound(self, document: Document, gvk: Gvk) -> bool:
        """Tell whether neither decoder nor rules have a word to say, where a glance tells that."""
        if self.there is not None or self.custom.find(gvk) is not None:
            return False
        if self.sound is not None:
            return document.index in self.sound
        if document.errors or not has_seen_enough():
            return False
        # A few objects are judged sooner than this is loaded.
        from ecp.validation.sound import is_sound

        return is_sound(document.object, gvk, self.known)

    # --- schema -------------------------------------------------------------------------------

    def _decode(self, document: Document, ref: ObjectRef, gvk: Gvk) -> Verdict | None:
        looked = self._misfits(document.object, gvk)
        found = looked or []
        twice = [problem for problem in document.errors if problem.code == "duplicate-key"]
        for misfit in found:
            self._misfit_finding(document, ref, misfit)
        types = [misfit for misfit in found if misfit.sort == "type"]
        unknown = [misfit for misfit in found if misfit.sort == "unknown"]
        demanded = [misfit for misfit in found if misfit.sort == "required"]
        if not self.strict:
            if unknown and not types:
                pruned = document.replaced(without(document.object, unknown))
                self.documents[document.index] = pruned
            twice, unknown = [], []
        if types:
            self.readable[document.index] = without(document.object, types)
            wrong = first_wrong(types)
            assert wrong is not None
            words = wrong.message
        elif twice and document.reader != "json":
            lines = "\n  ".join(problem.message for problem in twice)
            texts = [f"yaml: unmarshal errors:\n  {lines}", *(misfit.message for misfit in unknown)]
            words = f"strict decoding error: {', '.join(texts)}"
        elif twice or unknown:
            texts = [problem.message for problem in twice] + [misfit.message for misfit in unknown]
            words = "strict decoding error: " + ", ".join(texts)
        elif demanded and not self._checked(gvk):
            errors = [kube_errors.required(misfit.field) for misfit in demanded]
            refusal = Invalid(group_kind_of(gvk), ref.name, errors)
            return Verdict(document.index, ref, False, 422, "Invalid", str(refusal))
        else:
            if looked is not None and gvk in self.known:
                self._hold(self.documents[document.index], gvk)
            return None
        kind = f'{gvk.kind} in version "{gvk.version}" cannot be handled as a {gvk.kind}'
        refusal_400 = BadRequest(f"{kind}: {words}")
        return Verdict(document.index, ref, False, 400, "BadRequest", str(refusal_400))

    def _hold(self, document: Document, gvk: Gvk) -> None:
        """Go on with the object as the server's decoder holds it."""
        node = self.known.node(gvk)
        assert isinstance(node, Node)
        obj = held(document.object, node)
        if obj is not document.object:
            self.documents[document.index] = document.replaced(obj)
            self.readable[document.index] = obj

    def _checked(self, gvk: Gvk) -> bool:
        return bool(checks_for(gvk.group, gvk.kind))

    def _misfits(self, obj: dict[str, Any], gvk: Gvk) -> list[Misfit] | None:
        """Return the misfits, None where a quick look says that all is as it should be."""
        if gvk not in self.known:
            return self.custom.misfits(obj, gvk, self.known)
        checked = self._checked(gvk)
        if checked and fits(obj, gvk, self.known):
            return None
        node = self.known.node(gvk)
        assert isinstance(node, Node)
        found = misfits(obj, node)
        # A kind with rules of its own says itself, in the server's words, what it requires.
        return [misfit for misfit in found if misfit.sort != "required"] if checked else found

    def _misfit_finding(self, document: Document, ref: ObjectRef, misfit: Misfit) -> None:
        params = {"field": str(misfit.path[-1]) if misfit.path else "", "meant": misfit.meant}
        on_key = misfit.sort == "unknown"
        self.findings.add(
            document, ref, misfit.rule, misfit.path, misfit.field, misfit.message,
            on_key=on_key, params=params, lenient=not self.strict and misfit.sort == "unknown",
        )  # fmt: skip

    # --- rules --------------------------------------------------------------------------------

    def _admitted(self, document: Document, ref: ObjectRef, gvk: Gvk) -> Verdict:
        """Judge an object that is right in itself, where no cluster is there to ask."""
        group_kind = gvk.group, gvk.kind
        place = self.everything.place(gvk.kind, document.object["metadata"])
        refusal = self.admission.last(group_kind, place, document.object)
        if refusal is not None:
            return self._refused(document, ref, refusal)
        return Verdict(document.index, ref, True)

    def _check(self, document: Document, ref: ObjectRef, gvk: Gvk, sent: Object) -> Verdict:
        """Judge an object by its kind's rules; *sent* is it before anything decoded it."""
        obj = document.object
        group_kind = gvk.group, gvk.kind
        place = self.everything.place(gvk.kind, mapping(obj.get("metadata")))
        live = None
        if self.there is not None:
            live = self.admission.live(group_kind, place, ref.name)
            refusal = self.changing.conflict(group_kind, ref, obj, live)
            if refusal is None and live is None and self._is_placed(gvk):
                refusal = self.admission.first(group_kind, place, obj)
            if refusal is not None:
                return self._refused(document, ref, refusal)
            if live is None:
                obj = self.admission.admitted(group_kind, place, obj)
        name, named = _named(self.custom.as_created(obj, gvk), ref.name)
        faults = faults_of_new(named, gvk.group, gvk.kind, self.scope)
        if live is None:
            faults = [*faults, *self.custom.faults(named, gvk, faults)]
        errors = [fault.error for fault in faults if fault.rule[0] == "E"]
        new = obj
        if live is not None:
            # What the manifest leaves out is there: only what becomes of it can be wrong.
            new, changed, errors = self.changing.changes(gvk, sent if self.strict else obj, live)
            self.changed[document.index] = (new, live)
            faults = [*(fault for fault in faults if fault.rule[0] != "E"), *changed]
        for fault in faults:
            self.findings.fault(document, ref, fault)
        if any(fault.rule == "E0109" for fault in faults):
            # The namespace is part of the URL, so the server looks for it before it judges.
            text = f"namespaces {go_quote(ref.namespace)} not found"
            return Verdict(document.index, ref, False, 404, "NotFound", text)
        if errors:
            invalid = Invalid(group_kind_of(gvk), name, errors)
            return Verdict(document.index, ref, False, 422, "Invalid", str(invalid))
        refusal = None
        if live is not None:
            refusal = self.admission.changed(group_kind, place, new, live)
        elif self._is_placed(gvk):
            refusal = self.admission.last(group_kind, place, named)
        if refusal is not None:
            return self._refused(document, ref, refusal)
        self.admission.accepted(group_kind, place, new, live)
        return Verdict(document.index, ref, True)

    def _is_placed(self, gvk: Gvk) -> bool:
        """A custom kind may be one without namespaces, and then nothing is known of its place."""
        return gvk in self.known or not is_namespaced((gvk.group, gvk.kind))

    def _refused(self, document: Document, ref: ObjectRef, refusal: Refusal) -> Verdict:
        error = refusal.error
        field, message = field_of(refusal.path), str(error)
        if isinstance(error, Invalid) and error.causes:
            field, message = error.causes[0].field, f"{error.causes[0].field}: "
            message += error.causes[0].message
        self.findings.add(document, ref, refusal.rule, refusal.path, field, message)
        return Verdict(document.index, ref, False, error.code, error.reason, str(error))

    def policed(self, verdicts: list[Verdict]) -> list[Verdict]:
        """Return the verdicts once the admission policies, if there are any, were asked."""
        if not any(self.everything.has("admissionregistration.k8s.io", one) for one in _POLICIES):
            return verdicts
        from ecp.validation.policing.checking import Policed, policed

        asking = Policed(self.everything, self.known, self.custom, self.changed)
        return policed(self.documents, verdicts, asking, self.findings)

    def judge_together(self, verdicts: Sequence[Verdict], *, whole: bool) -> None:
        """Add what only shows when all documents are seen."""
        given, world = self.brought, self.everything
        if any(map(is_not, self.readable, self.sent)):
            given = State(self.readable, self.namespace)
            world = self.state.under(given)
        # Without a cluster, and without nodes of one, the input is all there is.
        alone = next(self.state.kinds(), None) is None and not self.state.unseen
        notes = check_together(
            self.documents,
            verdicts,
            self.admission,
            given=given,
            world=given if alone else world,
            whole=whole,
            version=self.known.version,
            changed=self.changed,
        )
        if not notes:
            return
        # The sentences are in the catalogue, which is read where there is something to say.
        from ecp.validation.rules import words

        for note in notes:
            document, ref = self.documents[note.document], verdicts[note.document].object
            message = words(note.rule, note.says, note.params)
            self.findings.add(
                document, ref, note.rule, note.path, field_of(note.path), message,
                params=dict(note.params), says=note.says,
            )  # fmt: skip


def _named(obj: Object, name: str) -> tuple[str, Object]:
    """Return an object, and its name: such as the server makes of generateName, if it has none.

    Source: apiserver pkg/storage/names/generate.go: 58 characters and five drawn ones; here x.
    """
    meta = mapping(obj.get("metadata"))
    stem = meta.get("generateName")
    if name or not stem:
        return name, obj
    name = f"{stem[:_STEM]}xxxxx"
    return name, {**obj, "metadata": {**meta, "name": name}}
