"""Validation: YAML text in, findings out, as the API server of a chosen version would judge.

`validate(text)` is the door; `report` renders what it returns.
"""

from ecp.validation.model import Finding, ObjectRef, Report, Verdict
from ecp.validation.pipeline import Source, validate, validate_documents

__all__ = ["Finding", "ObjectRef", "Report", "Source", "Verdict", "validate", "validate_documents"]
