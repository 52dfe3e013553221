"""Why a fault is not injected."""

from collections.abc import Sequence

from ecp.kube.errors import BadRequest
from ecp.texts import Language, text

_LISTED = 20


class FaultRefused(BadRequest):
    """The fault is unknown, its parameters are wrong or it has no target.

    `key` and `values` name the sentence in the catalogue of texts; the message is the English one.
    `targets` are all the targets that could be named; the sentence lists the first of them as
    {known}.
    """

    def __init__(self, key: str, *, targets: Sequence[str] | None = None, **values: str) -> None:
        if targets is not None:
            more = ", …" if len(targets) > _LISTED else ""
            values["known"] = ", ".join(targets[:_LISTED]) + more or "-"
        super().__init__(text(key, "en", **values))
        self.key = key
        self.values = values
        self.targets = list(targets or ())

    def said(self, language: Language) -> str:
        """Return the sentence."""
        return text(self.key, language, **self.values)
