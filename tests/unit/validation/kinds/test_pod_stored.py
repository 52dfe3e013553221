"""The rules say the same of an object as it was written and as the server would store it."""

from pathlib import Path
from typing import Any

import pytest

from ecp.kube.defaults import default
from ecp.kube.schema import Gvk
from ecp.kube.yaml import read
from ecp.validation import validate
from ecp.validation.kinds import checks_for
from ecp.validation.scope import Scope

Obj = dict[str, Any]
FOLDER = Path(__file__).parents[3] / "golden" / "verdicts" / "manifests"
KINDS = ("Pod", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")


def of_pods() -> list[Any]:
    """Return the documents that hold a pod and that the server gets as far as to judge."""
    found = []
    for file in sorted(FOLDER.iterdir()):
        text = file.read_bytes()
        documents = read(text)
        verdicts = validate(text).verdicts
        for document, verdict in zip(documents, verdicts, strict=True):
            obj = document.object
            judged = verdict.accepted or verdict.code == 422
            if judged and isinstance(obj, dict) and obj.get("kind") in KINDS:
                found.append(pytest.param(obj, id=f"{file.name} {document.index}"))
    return found


def said(obj: Obj) -> list[str]:
    gvk = Gvk.of(obj["apiVersion"], obj["kind"])
    checks = checks_for(gvk.group, gvk.kind)
    return [str(fault.error) for check in checks for fault in check(obj, Scope())]


@pytest.mark.parametrize("obj", of_pods())
def test_defaults_change_no_verdict(obj: Obj) -> None:
    assert said(default(obj["kind"], obj)) == said(obj)
