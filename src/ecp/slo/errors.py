"""What can be wrong with what this room is given.

SloError (a ValueError)
├── InputError      a field of a document: names the field, what is wrong and what to write
├── SeriesError     series that do not fit together (gaps, unequal spans, a span outside)
└── CountError      more good requests than requests: rejected, to be shown as a data-quality alert
"""

from __future__ import annotations


class SloError(ValueError):
    """Base of the errors of this room; the caller has to correct what it gave."""


class InputError(SloError):
    """A field of an input document cannot be used.

    `field` is its path ("slots[3][1]"), `problem` what was found, `fix` what to write instead.
    """

    def __init__(self, field: str, problem: str, fix: str) -> None:
        super().__init__(f"{field}: {problem}; {fix}")
        self.field = field
        self.problem = problem
        self.fix = fix


class SeriesError(SloError):
    """Two series, or a series and a span, do not fit together."""


class CountError(SloError):
    """Request counts that cannot be true: negative, or good > total."""
