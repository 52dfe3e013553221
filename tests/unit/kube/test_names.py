"""Names, labels, ports: good and bad ones, and the server's words for the bad."""

from collections.abc import Callable

import pytest

from ecp.kube import names

Rule = Callable[[str], tuple[str, ...]]


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        pytest.param(names.dns_label, "9lives", id="a label may begin with a digit"),
        pytest.param(names.dns_label, "a" * 63, id="63 characters"),
        pytest.param(names.dns_subdomain, "a.b-c.d", id="a subdomain has dots"),
        pytest.param(names.dns_subdomain, "a" * 253, id="a subdomain of one long part"),
        pytest.param(names.label_key, "example.com/My_Name.1", id="a prefixed key"),
        pytest.param(names.label_value, "", id="an empty value"),
        pytest.param(names.label_value, "A_b-c.D", id="a value with all signs"),
        pytest.param(names.port_name, "http-2", id="a port name"),
        pytest.param(names.config_key, "..data"[2:], id="a config key"),
        pytest.param(names.env_name, "9 odd name!", id="since 1.34 nearly any variable"),
        pytest.param(names.path_segment, "system:node", id="an RBAC name with a colon"),
        pytest.param(names.ip_address, "2001:db8::1", id="IPv6"),
        pytest.param(names.cidr, "10.1.2.3/8", id="bits outside the mask"),
        pytest.param(names.percent, "130%", id="a percentage"),
    ],
)
def test_well_formed(rule: Rule, value: str) -> None:
    assert rule(value) == ()


@pytest.mark.parametrize(
    ("rule", "value", "words"),
    [
        pytest.param(names.dns_label, "a.b", "must not contain dots", id="a dot in a label"),
        pytest.param(
            names.dns_label, "a" * 64, "must be no more than 63 characters", id="too long"
        ),
        pytest.param(names.dns_label, "Web", "a lowercase RFC 1123 label must", id="a capital"),
        pytest.param(names.dns_label, "가나다", "a lowercase RFC 1123 label must", id="Hangul"),
        pytest.param(names.dns_label, "web\n", "a lowercase RFC 1123 label must", id="a line end"),
        pytest.param(names.dns_subdomain, "my_app", "a lowercase RFC 1123 subdomain", id="_"),
        pytest.param(names.dns_1035_label, "1web", "a DNS-1035 label must", id="a digit first"),
        pytest.param(names.label_key, "a/b/c", "a valid label key must", id="two slashes"),
        pytest.param(names.label_key, "/b", "prefix part must be non-empty", id="no prefix"),
        pytest.param(names.label_key, "a/", "name part must be non-empty", id="no name"),
        pytest.param(names.label_key, "A/b", "prefix part a lowercase RFC 1123", id="bad prefix"),
        pytest.param(names.label_key, "a" * 64, "name part must be no more than 63 bytes", id="64"),
        pytest.param(names.label_value, "very fast", "a valid label must be an empty", id="blank"),
        pytest.param(names.label_value, "a" * 64, "must be no more than 63 bytes", id="long value"),
        pytest.param(names.port_name, "web_http", "must contain only alpha-numeric", id="port _"),
        pytest.param(names.port_name, "8080", "must contain at least one letter", id="digits"),
        pytest.param(names.port_name, "a--b", "must not contain consecutive hyphens", id="--"),
        pytest.param(names.port_name, "-a", "must not begin or end with a hyphen", id="edge"),
        pytest.param(names.port_name, "a" * 16, "must be no more than 15 characters", id="16"),
        pytest.param(names.config_key, "a b", "a valid config key must consist", id="key blank"),
        pytest.param(names.config_key, "..", "must not be '..'", id="the parent folder"),
        pytest.param(names.config_key, "..a", "must not start with '..'", id="two dots first"),
        pytest.param(names.env_name, "A=B", "a valid environment variable name must", id="="),
        pytest.param(
            names.canonical_ip,
            "2001:0db8::1",
            'must be in canonical form ("2001:db8::1")',
            id="an address that is not in its shortest form",
        ),
        pytest.param(names.path_segment, "a/b", "may not contain '/'", id="a slash"),
        pytest.param(names.ip_address, "10.0.0.256", "must be a valid IP address", id="256"),
        pytest.param(names.ip_address, "010.0.0.1", "must be a valid IP address", id="zero first"),
        pytest.param(names.cidr, "10.0.0.0", "must be a valid CIDR value", id="no mask"),
        pytest.param(names.cidr, "10.0.0.0/255.0.0.0", "must be a valid CIDR value", id="netmask"),
        pytest.param(names.percent, "25", "a valid percent string must be", id="no sign"),
    ],
)
def test_the_server_s_words(rule: Rule, value: str, words: str) -> None:
    assert any(text.startswith(words) for text in rule(value))


def test_variables_before_1_34_are_words() -> None:
    assert names.env_name("9a", (1, 31))[0].startswith("a valid environment variable name must")
    assert names.env_name("my.name", (1, 31)) == ()


def test_a_generated_name_may_end_with_a_dash() -> None:
    assert names.dns_subdomain(names.generated_stem("probe-")) == ()
