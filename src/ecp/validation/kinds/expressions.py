"""Whether the CEL expressions of admission webhooks and policies compile, and to what.

Objects are of any type here, as they are to the server. What calls the authorizer is not looked at,
and of the request, the namespace and a policy's variables no types are known.
Source: kubernetes apiserver pkg/admission/plugin/cel/compile.go `CompileCELExpression`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ecp.validation.faults import At, Fault, invalid

_ALWAYS: Final = ("namespaceObject", "object", "oldObject", "request")
_UNKNOWN: Final = re.compile(r"\b(?:namespaceObject|request|variables|params)\b")


def check_expression(
    rule: str,
    text: str,
    at: At,
    *,
    also: tuple[str, ...] = (),
    wanted: tuple[str, ...] = (),
    otherwise: str = "",
) -> Iterator[Fault]:
    """Check an expression that is not empty.

    also       variables that are known besides those of every request
    wanted     the types that it may evaluate to, as CEL writes them; none for any
    otherwise  what is said of another type, in front of it, where it is not the usual
    """
    if "authorizer" in text:
        return
    from ecp.kube.cel.check import check
    from ecp.kube.cel.literals import check_literals
    from ecp.kube.cel.parse import parse
    from ecp.kube.cel.source import CompileError
    from ecp.kube.cel.types import DYN

    try:
        node = parse(text)
        checked = check(node, dict.fromkeys((*_ALWAYS, *also), DYN), {})
        issues = checked.issues or check_literals(node, checked)
        if issues:
            raise CompileError(text, issues)
    except CompileError as error:
        yield invalid(rule, at, text, f"compilation failed: {error}")
        return
    except RecursionError:
        return
    found = str(checked.type_of(node))
    if not wanted or found in wanted or (found == "dyn" and _UNKNOWN.search(text)):
        return
    if otherwise:
        yield invalid(rule, at, text, f"{otherwise} {found}")
        return
    one = wanted[0] if len(wanted) == 1 else f"one of [{' '.join(wanted)}]"
    yield invalid(rule, at, text, f"must evaluate to {one} but got {found}")
