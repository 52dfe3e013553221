"""Templates of `-o jsonpath=`: what kubectl prints for them, on data as ours."""

from typing import Any

import pytest

from ecp.cli.jsonpath import BadTemplate, rendered
from ecp.cli.output import Failure, printed

DATA: dict[str, Any] = {
    "total": 2,
    "tenants": [
        {"tenant_id": "acme", "state": "running", "units": 1, "labels": {"team.io/who": "voice"}},
        {"tenant_id": "beta", "state": "draft", "units": 2.5, "labels": {}},
    ],
}


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        pytest.param("{.tenants[*].tenant_id}", "acme beta", id="a field of every row"),
        pytest.param(".total", "2", id="braces may be left out"),
        pytest.param("total", "2", id="the first dot too"),
        pytest.param("{$.total}", "2", id="a dollar is the whole"),
        pytest.param("{.tenants[-1].units}", "2.5", id="from the end"),
        pytest.param("{.tenants[0:1].tenant_id} of {.total}", "acme of 2", id="text stays"),
        pytest.param("{.tenants[0].labels}", '{"team.io/who": "voice"}', id="a mapping is JSON"),
        pytest.param("{.tenants[*].labels['team.io/who']}", "voice", id="a quoted field"),
        pytest.param(r"{.tenants[0].labels.team\.io/who}", "voice", id="a dot that is escaped"),
        pytest.param('{.tenants[?(@.state=="running")].tenant_id}', "acme", id="a condition"),
        pytest.param("{.tenants[?(@.units>1)].tenant_id}", "beta", id="a condition of numbers"),
        pytest.param(
            '{.tenants[?(@.units<"x")].tenant_id}', "", id="what has no order is left out"
        ),
        pytest.param("{..units}", "1 2.5", id="at any depth"),
        pytest.param("{.nothing.there}", "", id="what is not there is left out"),
        pytest.param(
            '{range .tenants[*]}{.tenant_id}{"\\t"}{.units}{"\\n"}{end}',
            "acme\t1\nbeta\t2.5\n",
            id="a line a row",
        ),
    ],
)
def test_a_template_is_filled(template: str, shown: str) -> None:
    assert rendered(template, DATA) == shown


@pytest.mark.parametrize(
    "template", ["", "{", "{.a", "a}", "{end}", "{range .tenants}x", "{.tenants[}", '{"\\q"}']
)
def test_what_is_no_template_is_said(template: str) -> None:
    with pytest.raises(BadTemplate):
        rendered(template, DATA)
    with pytest.raises(Failure) as failure:
        printed(DATA, f"jsonpath={template}")
    assert failure.value.exit_code == 2


def test_a_template_is_a_form_of_output_and_ends_with_one_line_feed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert printed(DATA, "jsonpath='{.total}'")
    assert printed(DATA, 'jsonpath={.total}{"\\n"}')
    assert capsys.readouterr().out == "2\n2\n"
