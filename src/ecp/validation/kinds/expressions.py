"""Whether the CEL expressions of admission webhooks and policies compile, and to what.

Source: kubernetes apiserver pkg/admission/plugin/cel/compile.go `CompileCELExpression`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from ecp.validation.faults import At, Fault, invalid

if TYPE_CHECKING:
    from ecp.kube.cel.admission import Known
    from ecp.kube.cel.types import Type

_SPELLED: Final = {"null_type": "null"}


def check_expression(
    rule: str,
    text: str,
    at: At,
    known: Known | None = None,
    *,
    wanted: tuple[str, ...] = (),
    shown: str | None = None,
) -> Iterator[Fault]:
    """Check an expression that is not empty.

    known   what it may speak of, if not the usual
    wanted  the types that it may evaluate to, as CEL writes them; none for any
    shown   the text as the server repeats it, where it compiles less than is written
    """
    from ecp.kube.cel.admission import Known, compile_expression
    from ecp.kube.cel.literals import NotStartable
    from ecp.kube.cel.source import CompileError

    said = text if shown is None else shown
    try:
        compiled = compile_expression(text, known or Known())
    except CompileError as error:
        yield invalid(rule, at, said, f"compilation failed: {error}")
        return
    except NotStartable as error:
        yield invalid(rule, at, said, f"program instantiation failed: {error}")
        return
    found = str(compiled.type)
    if not wanted or found in [_SPELLED.get(one, one) for one in wanted]:
        return
    found = {name: text for text, name in _SPELLED.items()}.get(found, found)
    one = wanted[0] if len(wanted) == 1 else f"one of [{' '.join(wanted)}]"
    yield invalid(rule, at, said, f"must evaluate to {one} but got {found}")


def check_selector_expression(rule: str, text: str, at: At) -> Iterator[Fault]:
    """Check what selects devices. Source: dynamic-resource-allocation cel/compile.go."""
    from ecp.kube.cel.admission import Known

    faults = list(check_expression(rule, text, at, Known(device=True), wanted=_SELECTING))
    for fault in faults:
        detail = fault.error.detail
        if detail.startswith(_GOT):
            found = detail.rpartition(" ")[2]
            text_ = f"must evaluate to bool or the unknown type, not {found}"
            fault = fault._replace(error=fault.error._replace(detail=text_))
        yield fault


_SELECTING: Final = ("bool", "dyn")
_GOT: Final = "must evaluate to one of [bool dyn] but got"


def variable_type(text: str, known: Known) -> Type:
    """Return what a variable of a policy is, of one that does not compile anything."""
    from ecp.kube.cel.admission import compile_expression
    from ecp.kube.cel.literals import NotStartable
    from ecp.kube.cel.source import CompileError
    from ecp.kube.cel.types import DYN

    try:
        return compile_expression(text, known).type
    except (CompileError, NotStartable):
        return DYN
