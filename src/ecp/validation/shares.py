"""A part of an input, read and looked over by itself: several processes can do that side by side.

What comes of it is what `ecp.validation.validate_documents` begins with. It sees all documents
together afterwards, and judges by itself whatever was not surely sound.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ecp.kube.schema import DEFAULT_VERSION, Gvk, Schema, schema
from ecp.kube.yaml import Document, Limits, read
from ecp.validation.decode import fits
from ecp.validation.kinds import checks_for, faults_of_new
from ecp.validation.naming import ref_of
from ecp.validation.pipeline import Source
from ecp.validation.scope import Scope
from ecp.validation.sound import is_sound


class Looked(NamedTuple):
    """The documents of some texts, and which of them have surely nothing wrong in themselves."""

    documents: list[Document]
    sound: frozenset[int]


def look_over(
    share: Iterable[Source],
    *,
    kubernetes_version: str = DEFAULT_VERSION,
    namespace: str = "default",
    limits: Limits = Limits(),
) -> Looked:
    """Read texts and look at each of their objects by itself.

    Raises ecp.kube.schema.UnknownVersion for a version whose schemas are not carried.
    """
    known = schema(kubernetes_version)
    major, minor = known.version.split(".")
    scope = Scope((int(major), int(minor)), namespace=namespace)
    documents: list[Document] = []
    for piece in share:
        documents += read(piece.text, source=piece.name, limits=limits)
    sound = (number for number, one in enumerate(documents) if _is_sound(one, known, scope))
    return Looked(documents, frozenset(sound))


def joined(parts: Iterable[Looked]) -> Looked:
    """Return the documents of all parts, numbered as if they had been read at once."""
    documents: list[Document] = []
    sound: set[int] = set()
    for part in parts:
        sound.update(len(documents) + number for number in part.sound)
        documents += part.documents
    for number, document in enumerate(documents):
        document.index = number
    return Looked(documents, frozenset(sound))


def shares_of(sources: Sequence[Source], number: int) -> list[list[Source]]:
    """Return the texts in at most so many runs that are about as long as each other, in order."""
    sizes = [len(source.text) for source in sources]
    whole, done = sum(sizes) or 1, 0
    shares: list[list[Source]] = [[] for _ in range(number)]
    for source, size in zip(sources, sizes, strict=True):
        # Where its middle falls.
        shares[min(number - 1, (2 * done + size) * number // (2 * whole))].append(source)
        done += size
    return [share for share in shares if share]


def _is_sound(document: Document, known: Schema, scope: Scope) -> bool:
    obj = document.object
    if document.errors or not isinstance(obj, dict):
        return False
    ref = ref_of(obj)
    gvk = Gvk.of(ref.api_version, ref.kind)
    # Kinds without rules of their own are left to a schema that says more.
    if gvk not in known or not ref.name or not checks_for(gvk.group, gvk.kind):
        return False
    if is_sound(obj, gvk, known):
        return True
    return fits(obj, gvk, known) and not faults_of_new(obj, gvk.group, gvk.kind, scope)
