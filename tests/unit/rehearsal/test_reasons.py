"""Every machine word for how requests fail has its words, wherever the program gives it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import ecp.sim
from ecp.texts import keys

ROOMS = ("traffic", "network")
# How a name outside the cluster answers is not known: no request fails by it.
HARMLESS = {"", "outside"}
# Where a reason stands by itself: constants and variables, and functions that return one.
NAMED = ("reason", "UNSYNCED", "_OF_PROCESS", "_OF_ABSENCE", "_OF_RUNNING")
ANSWERING = ("through", "_process")


def words(node: ast.AST | None) -> Iterator[str]:
    """Give the strings that an expression may be: of a tuple and of a condition all of them."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from words(node.body)
        yield from words(node.orelse)
    elif isinstance(node, ast.Tuple):
        for item in node.elts:
            yield from words(item)


def reasons(tree: ast.AST) -> Iterator[str]:
    """Give what a module says of requests that fail: literals of Seen, Outcome and `reason`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else ""
            place = {"Seen": 0, "Outcome": 1}.get(called)
            if place is not None and len(node.args) > place:
                yield from words(node.args[place])
            for keyword in node.keywords:
                if keyword.arg == "reason":
                    yield from words(keyword.value)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in NAMED:
            yield from words(node.value)
        elif isinstance(node, ast.FunctionDef) and node.name in ANSWERING:
            for inner in ast.walk(node):
                if isinstance(inner, ast.Return):
                    yield from words(inner.value)


def test_every_reason_that_the_simulator_gives_has_its_words() -> None:
    known, found = set(keys()), set[str]()
    for room in ROOMS:
        for file in (Path(ecp.sim.__path__[0]) / room).glob("*.py"):
            found |= set(reasons(ast.parse(file.read_text("utf-8"))))
    assert {"none-ready", "hung", "no-ingress", "name-slow", "unsynced", "late"} <= found
    missing = {word for word in found - HARMLESS if f"rehearsal.reason.{word}" not in known}
    assert not missing, f"say rehearsal.reason.… in ko and en: {sorted(missing)}"
