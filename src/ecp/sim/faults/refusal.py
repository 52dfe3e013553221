"""Why a fault is not injected."""

from ecp.kube.errors import BadRequest
from ecp.texts import Language, text


class FaultRefused(BadRequest):
    """The fault is unknown, its parameters are wrong or it has no target.

    `key` and `values` name the sentence in the catalogue of texts; the message is the English one.
    """

    def __init__(self, key: str, **values: str) -> None:
        super().__init__(text(key, "en", **values))
        self.key = key
        self.values = values

    def said(self, language: Language) -> str:
        """Return the sentence."""
        return text(self.key, language, **self.values)
