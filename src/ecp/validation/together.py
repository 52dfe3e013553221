"""What only shows when all documents of an input are seen together.

Each finding is of an accepted document; one that is refused is to be put right first. An object's
annotation ``ecp.ai/ignore`` names rules, by id or name with commas between, that are not to be
spoken of; what the server refuses cannot be ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ecp.kube.schema import Gvk, schema
from ecp.kube.yaml import Document, Path
from ecp.validation import links, practice, references
from ecp.validation.admission import Admission
from ecp.validation.bundle import POLICY, Bundle, Note, Subject
from ecp.validation.lifecycle import deprecation
from ecp.validation.model import ObjectRef, Verdict
from ecp.validation.remarks import remarks
from ecp.validation.scope import mapping
from ecp.validation.state import CLUSTER_SCOPED, State

IGNORE: Final = "ecp.ai/ignore"


def check_together(
    documents: Sequence[Document],
    verdicts: Sequence[Verdict],
    admission: Admission,
    *,
    given: State,
    world: State,
    whole: bool,
    version: str,
    changed: Mapping[int, tuple[Any, Any]],
) -> list[Note]:
    """Return what is wrong with the documents in the light of each other.

    *given* has the objects of the input, *world* those of the cluster besides; *whole* says that
    the input is all there will be in its namespaces; *changed* has, by document, what becomes of
    an object that is there, and what it was.
    """
    found = list(_same_identity(verdicts, given.namespace))
    found += _deprecated(verdicts, version)
    subjects = []
    for verdict in verdicts:
        obj = documents[verdict.document].object
        if verdict.accepted and isinstance(obj, dict):
            ref = verdict.object
            group_kind = Gvk.of(ref.api_version, ref.kind)
            place = given.place(ref.kind, mapping(obj.get("metadata")))
            subjects.append(
                Subject(verdict.document, (group_kind.group, ref.kind), place, ref.name, obj)
            )
    unknown = (documents[verdict.document].object for verdict in verdicts if not verdict.accepted)
    others = State(unknown, given.namespace)
    bundle = Bundle(subjects, given, world, known=admission.known, whole=whole, others=others)
    found += references.check(bundle)
    found += links.check(bundle)
    # What most inputs have no use for is loaded where it is needed.
    if bundle.by_kind.get(POLICY):
        from ecp.validation import policies

        found += policies.check(bundle)
    if _is_bounded(bundle, admission):
        from ecp.validation import fits

        found += fits.check(bundle, admission)
    found += practice.check(bundle)
    spoken_of = {(note.document, note.path[:-1]) for note in found}
    found += _remarked(documents, verdicts, changed, spoken_of, version)
    return [note for note in found if not _is_ignored(documents[note.document].object, note.rule)]


def _is_bounded(bundle: Bundle, admission: Admission) -> bool:
    """Tell whether nodes, quotas or what namespaces ask for may be in the way of pods."""
    if bundle.world.has("", "Node") or bundle.world.has("", "ResourceQuota"):
        return True
    return any(map(admission.judges, {one.namespace for one in bundle.carriers}))


def _is_ignored(obj: Any, rule: str) -> bool:
    annotations = mapping(mapping(mapping(obj).get("metadata")).get("annotations"))
    told = annotations.get(IGNORE)
    if not isinstance(told, str):
        return False
    from ecp.validation.rules import rule as named

    names = {name.strip() for name in told.split(",")}
    return bool(names & {rule, named(rule).name})


def _same_identity(verdicts: Sequence[Verdict], namespace: str) -> Iterator[Note]:
    """Of two objects with one identity only the later one is in the cluster afterwards."""
    first: dict[tuple[str, str, str, str], int] = {}
    for verdict in verdicts:
        ref = verdict.object
        if not ref.name or not ref.kind:
            continue
        identity = _identity(ref, namespace)
        earlier = first.setdefault(identity, verdict.document)
        if earlier == verdict.document:
            continue
        params = {"kind": ref.kind, "name": ref.name, "earlier": str(earlier + 1)}
        yield Note(verdict.document, "B0001", ("metadata", "name"), params)


def _identity(ref: ObjectRef, namespace: str) -> tuple[str, str, str, str]:
    gvk = Gvk.of(ref.api_version, ref.kind)
    if gvk.kind in CLUSTER_SCOPED:
        return (gvk.group, gvk.kind, "", ref.name)
    return (gvk.group, gvk.kind, ref.namespace or namespace, ref.name)


def _remarked(
    documents: Sequence[Document],
    verdicts: Sequence[Verdict],
    changed: Mapping[int, tuple[Any, Any]],
    spoken_of: set[tuple[int, Path]],
    version: str,
) -> Iterator[Note]:
    """Repeat the server's warnings, save of places that a rule of their own is about."""
    for verdict in verdicts:
        obj, ref = documents[verdict.document].object, verdict.object
        if verdict.accepted and isinstance(obj, dict):
            gvk = Gvk.of(ref.api_version, ref.kind)
            new, old = changed.get(verdict.document, (obj, None))
            if old is not None:
                from ecp.kube.defaults import default

                old = default(gvk.kind, {**old, "apiVersion": gvk.api_version, "kind": gvk.kind})
            custom = gvk not in schema(version)
            for at, words in remarks(new, gvk.group, gvk.kind, old, custom=custom):
                if (verdict.document, at.path) not in spoken_of:
                    yield Note(verdict.document, "W0114", at.path, {"words": words})


def _deprecated(verdicts: Sequence[Verdict], version: str) -> Iterator[Note]:
    for verdict in verdicts:
        if verdict.accepted:
            gvk = Gvk.of(verdict.object.api_version, verdict.object.kind)
            going = deprecation(gvk, version)
            if going is not None:
                params = {"warning": going.warning(gvk), "use": going.use}
                yield Note(verdict.document, "W0110", ("apiVersion",), params)
