"""`ecp diff` in lines: what a deploy would change, and of a tenant that is not there yet."""

from typing import Any

import pytest

from ecp.cli.history import of_tenant
from ecp.texts import text

NEW: dict[str, Any] = {
    "kind": "Namespace", "name": "acme-ecp-ai", "action": "create", "reason": "", "changes": [],
}  # fmt: skip
LINE = "+ namespace/acme-ecp-ai   "


@pytest.mark.parametrize(
    ("exists", "head"),
    [
        pytest.param(True, [], id="of a tenant that is there only what differs"),
        pytest.param(False, ['"acme"'], id="that nobody has the name yet is said first"),
    ],
)
def test_the_lines_of_a_difference(exists: bool, head: list[str]) -> None:
    *first, last = of_tenant("acme", {"tenant_exists": exists, "objects": [NEW]})
    assert [word in line for word, line in zip(head, first, strict=True)] == [True] * len(head)
    assert last.startswith(LINE)


def test_that_there_is_no_tenant_is_said_in_both_languages() -> None:
    assert "no tenant" in text("diff.no-tenant", "en", tenant="acme")
    assert "아직 없습니다" in text("diff.no-tenant", "ko", tenant="acme")
