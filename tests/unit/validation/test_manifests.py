"""The real bundles: which of their documents are refused, and at exactly which line."""

from pathlib import Path

import pytest

from ecp.validation import Source, validate

FOLDER = Path(__file__).parents[2] / "golden" / "manifests"


@pytest.mark.parametrize(
    ("file", "documents"),
    [
        pytest.param("guestbook.yaml", 6, id="guestbook is sound"),
        pytest.param("online-boutique.yaml", 35, id="online boutique is sound"),
        pytest.param("sock-shop.yaml", 29, id="sock shop is sound"),
    ],
)
def test_sound_bundles(file: str, documents: int) -> None:
    report = validate((FOLDER / file).read_bytes(), source=file)
    assert (len(report.documents), report.findings) == (documents, ())
    assert len(report.objects()) == documents


def test_the_tenant_bundle_is_sound() -> None:
    sources = [
        Source(path.read_bytes(), path.name) for path in sorted((FOLDER / "ecp-tenant").iterdir())
    ]
    report = validate(sources)
    assert (len(report.documents), report.findings) == (13, ())


# In this bundle "---" ran into the line before it: after a quoted text, a type, a number. Once the
# separator is missing altogether, so that two objects stand in one document.
GLUED = [146, 272, 398, 513, 634, 755, 899, 1043, 1187, 1304, 1378, 1458, 1536, 1610]
BEHAVIOR = [556, 677, 798, 942, 1086, 1230]
THRESHOLD = [875, 1019, 1163]


def test_the_broken_bundle_is_faulted_line_by_line_and_the_rest_is_judged() -> None:
    report = validate((FOLDER / "ecp-aws-broken.yaml").read_bytes(), source="broken.yaml")
    found = sorted((finding.position.line, finding.rule) for finding in report.findings)
    wanted = [
        (15, "E0001"),
        *((line, "E0502") for line in GLUED),
        *((line, "E0021") for line in BEHAVIOR + THRESHOLD),
        *((line, "E0002") for line in (1686, 1687, 1688, 1694)),
    ]
    assert found == sorted(wanted)
    refused = {finding.document for finding in report.findings}
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
