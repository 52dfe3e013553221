"""Dicts that share their keys: small, and dicts like any other."""

import sys

import orjson

from ecp.kube.shapes import shape

ROW = {"kind": "Event", "metadata": {"name": "a"}, "reason": "", "message": "", "count": 1}


def test_a_copy_is_small_and_a_dict_like_any_other() -> None:
    row = shape(ROW).copy()
    row["reason"] = "Started"
    plain = {**ROW, "reason": "Started"}
    assert (row, list(row), orjson.dumps(row)) == (plain, list(plain), orjson.dumps(plain))
    assert sys.getsizeof(row) < 0.7 * sys.getsizeof(plain)


def test_copies_and_their_shape_do_not_see_each_other() -> None:
    first = shape(ROW)
    one, other = first.copy(), first.copy()
    one["reason"], other["more"] = "Started", True
    del one["count"]
    assert (first, other) == (ROW, {**ROW, "more": True})
    assert one == {"kind": "Event", "metadata": {"name": "a"}, "reason": "Started", "message": ""}
