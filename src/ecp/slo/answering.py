"""How telephone calls were taken: the answer rate, and the service level of call centres.

A line either takes a call at once or is busy: nobody waits to be answered, so whoever is answered
is answered within any number of seconds, and the service level is the answer rate.
Source: "80/20", 80 % of calls answered within 20 s; Gans, Koole, Mandelbaum, M&SOM 5 (2003).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ecp.slo.figures import number, percent

TARGET_PERCENT, WITHIN_SECONDS = 80, 20


class Answering(NamedTuple):
    """Call attempts of a period, how many were answered, and how many were cut off later."""

    calls: int
    answered: int
    cut: int

    def plus(self, other: Answering) -> Answering:
        """The sum of two."""
        return Answering(*(one + more for one, more in zip(self, other, strict=True)))

    def to_json(self) -> dict[str, Any]:
        """The figures as a report gives them; no rate where nobody called."""
        return {
            "calls": self.calls,
            "answered": self.answered,
            "answer_rate": number(percent(self.answered, self.calls)),
            "cut_off": self.cut,
            "service_level": {
                "target_percent": TARGET_PERCENT,
                "within_seconds": WITHIN_SECONDS,
                "percent": number(percent(self.answered, self.calls)),
                "met": 100 * self.answered >= TARGET_PERCENT * self.calls if self.calls else None,
            },
        }
