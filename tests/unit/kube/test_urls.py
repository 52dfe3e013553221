"""URLs are taken apart as a browser's standard library does; any text has parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecp.kube.urls import Url, split_url


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("https://a.example/x?q=1#f", Url("https", "a.example", "/x", "q=1", "f")),
        ("HTTPS://u:p@a.example:8443", Url("https", "u:p@a.example:8443", "", "", "")),
        ("a.example/x", Url("", "", "a.example/x", "", "")),
        ("https://[::1", Url("https", "[::1", "", "", "")),
        ("1http://x", Url("", "", "1http://x", "", "")),
        ("", Url("", "", "", "", "")),
    ],
)
def test_a_url_is_taken_apart(text: str, parts: Url) -> None:
    assert split_url(text) == parts


@given(st.text())
def test_every_text_has_parts(text: str) -> None:
    assert isinstance(split_url(text), Url)
