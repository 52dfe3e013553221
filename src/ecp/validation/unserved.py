"""Kinds that no server of a version serves, and documents that do not say what they are."""

from __future__ import annotations

from collections.abc import Iterator

from ecp.kube.schema import Gvk, Schema
from ecp.kube.yaml import Document
from ecp.validation.collecting import Collected
from ecp.validation.customkinds import CustomKinds
from ecp.validation.lifecycle import is_served, removal
from ecp.validation.model import ObjectRef, Verdict
from ecp.validation.naming import client_words


class Unserved:
    """Tells the kinds that are served from others; says what is wrong to *findings*."""

    def __init__(self, known: Schema, custom: CustomKinds, findings: Collected) -> None:
        self.known = known
        self.custom = custom
        self.findings = findings

    def refusal(self, document: Document, ref: ObjectRef) -> Verdict | None:
        """Refuse what no server of this version serves. Source: kubectl resource builder."""
        gvk = Gvk.of(ref.api_version, ref.kind)
        if self._is_served(gvk) or self.custom.has(gvk):
            return None
        refused = self._unnamed(document, ref)
        if refused is not None:
            return refused
        same = next((known for known in self._served() if _is_small(known, gvk)), None)
        if same is not None:
            message = f'no kind "{gvk.kind}" is registered for version "{gvk.api_version}"'
            params = {"meant": same.kind}
            self.findings.add(document, ref, "E0013", ("kind",), "kind", message, params=params)
            text = (
                f'{gvk.kind} in version "{gvk.version}" cannot be handled as a {same.kind}: '
                f'{message} in scheme "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"'
            )
            return Verdict(document.index, ref, False, 400, "BadRequest", text)
        message = f'no matches for kind "{ref.kind}" in version "{ref.api_version}"'
        gone = removal(gvk, self.known.version)
        rule, params = "E0011", {}
        if gone is not None:
            rule = "E0012"
            params = {"removed": gone.removed, "use": gone.use, "why": gone.warning(gvk)}
        elif (elsewhere := self._elsewhere(gvk)) is not None:
            params = {"use": elsewhere.api_version}
        if gone is None and gvk in self.known:
            rule = "E0014"
        self.findings.add(
            document, ref, rule, ("apiVersion",), "apiVersion", message, params=params
        )
        text = (
            f'resource mapping not found for name: "{ref.name}" namespace: "{ref.namespace}" '
            f'from "{document.source}": {message}\nensure CRDs are installed first'
        )
        return Verdict(document.index, ref, False, 404, "NotFound", text)

    def _unnamed(self, document: Document, ref: ObjectRef) -> Verdict | None:
        """Refuse what does not say what it is. Source: kubectl pkg/util/openapi/validation."""
        complaints = []
        for name in ("apiVersion", "kind"):
            value = document.object.get(name)
            if value and not isinstance(value, str):
                message = f"{name} isn't string type"
                self.findings.add(document, ref, "E0021", (name,), name, message)
            elif not value:
                message = f"{name} not set"
                self.findings.add(document, ref, "E0010", (), name, message)
            elif name == "apiVersion" and value.count("/") > 1:
                message = f"unexpected GroupVersion string: {value}"
                self.findings.add(document, ref, "E0011", (name,), name, message)
            else:
                continue
            complaints.append(message)
        if not complaints:
            return None
        message = complaints[0] if len(complaints) == 1 else f"[{', '.join(complaints)}]"
        return Verdict(document.index, ref, False, 0, "", client_words(document, message))

    def _is_served(self, gvk: Gvk) -> bool:
        return gvk in self.known and is_served(gvk, self.known.version)

    def _served(self) -> Iterator[Gvk]:
        return filter(self._is_served, self.known.kinds())

    def _elsewhere(self, gvk: Gvk) -> Gvk | None:
        same = [known for known in self._served() if known.kind == gvk.kind]
        return min(same, key=lambda known: (known.version != "v1", known)) if same else None


def _is_small(known: Gvk, gvk: Gvk) -> bool:
    """Tell whether a kind is written in small letters, which the client lets through."""
    return gvk == known._replace(kind=known.kind.lower())
