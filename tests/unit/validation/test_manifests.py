"""The real bundles: what is found in them, and at exactly which line."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ecp.validation import Source, validate

FOLDER = Path(__file__).parents[2] / "golden" / "manifests"


@pytest.mark.parametrize(
    ("file", "documents", "practice"),
    [
        pytest.param("guestbook.yaml", 6, {"W0202": 3}, id="guestbook has no readiness probes"),
        pytest.param("online-boutique.yaml", 35, {}, id="online boutique is sound"),
        pytest.param(
            "sock-shop.yaml", 29, {"W0114": 14, "W0200": 3, "W0201": 7, "W0202": 10},
            id="sock shop lacks versions, requests and probes, and selects nodes by an old label",
        ),
    ],
)  # fmt: skip
def test_bundles_that_run(file: str, documents: int, practice: dict[str, int]) -> None:
    report = validate((FOLDER / file).read_bytes(), source=file)
    assert len(report.documents) == len(report.objects()) == documents
    assert Counter(finding.rule for finding in report.findings) == practice


def test_the_tenant_bundle_runs_and_calls_services_that_it_does_not_bring() -> None:
    sources = [
        Source(path.read_bytes(), path.name) for path in sorted((FOLDER / "ecp-tenant").iterdir())
    ]
    report = validate(sources)
    assert len(report.objects()) == 13
    assert report.counts() == {"error": 0, "broken": 0, "warning": 19}
    found: dict[str, list[Any]] = {}
    for finding in report.findings:
        found.setdefault(finding.rule, []).append((finding.object.name, finding.position.line))
    assert [name for name, _ in found["W0200"]] == ["callbot", "chatbot", "advisor"]
    assert found["W0101"] == [
        *(("callbot", line) for line in (44, 47, 50)),
        *(("chatbot", line) for line in (44, 47)),
        *(("advisor", line) for line in (44, 47, 50)),
    ]
    assert found["W0105"] == [("callbot-hpa", 16), ("chatbot-hpa", 16)]
    assert found["W0109"] == [("callbot", 26), ("chatbot", 26), ("advisor", 26)]
    assert [name for name, _ in found["W0204"]] == ["callbot", "chatbot", "advisor"]


# In this bundle "---" ran into the line before it: after a quoted text, a type, a number. Once the
# separator is missing altogether, so that two objects stand in one document.
GLUED = [146, 272, 398, 513, 634, 755, 899, 1043, 1187, 1304, 1378, 1458, 1536, 1610]
BEHAVIOR = [556, 677, 798, 942, 1086, 1230]
THRESHOLD = [875, 1019, 1163]


def test_the_broken_bundle_is_faulted_line_by_line_and_the_rest_is_judged() -> None:
    report = validate((FOLDER / "ecp-aws-broken.yaml").read_bytes(), source="broken.yaml")
    found = sorted((finding.position.line, finding.rule) for finding in report.errors)
    wanted = [
        (15, "E0001"),
        *((line, "E0502") for line in GLUED),
        *((line, "E0021") for line in BEHAVIOR + THRESHOLD),
        *((line, "E0002") for line in (1686, 1687, 1688, 1694)),
    ]
    assert found == sorted(wanted)
    refused = {finding.document for finding in report.errors}
    assert len(report.documents) == 42
    assert [verdict.document for verdict in report.verdicts if not verdict.accepted] == sorted(
        refused
    )
    assert len(report.objects()) == 42 - len(refused)


def test_a_document_that_cannot_be_read_still_says_what_it_is() -> None:
    report = validate((FOLDER / "ecp-aws-broken.yaml").read_bytes())
    first = report.findings[0]
    assert str(first.object) == "Namespace test-tenant-001-ecp-ai"
    assert first.position.column == 70
