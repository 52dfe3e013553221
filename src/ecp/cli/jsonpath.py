r"""Templates of `-o jsonpath=…`, as kubectl has them: `{.tenants[*].tenant_id}`.

Text outside of braces stands for itself. In braces: a path (`.field`, `['field']`, `[0]`, `[-1]`,
`[0:2]`, `[*]`, `.*`, `..field`, `[?(@.state=="running")]`), a quoted text (`{"\n"}`), `{range
PATH}…{end}`. What a path does not find is left out; between several values comes a blank.
Source: kubernetes.io/docs/reference/kubectl/jsonpath.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

Step = Callable[[Any], Iterator[Any]]
_PIECE: Final = re.compile(r"\{((?:[^{}\"']|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')*)\}|([^{}]+)")
_STEP: Final = re.compile(
    r"\.\.(?P<deep>[\w-]+)|\.(?P<all>\*)|\.(?P<field>(?:[\w/-]|\\\.)+)|\[(?P<any>\*)\]"
    r"|\[(?P<from>-?\d*):(?P<to>-?\d*)\]|\[(?P<at>-?\d+)\]|\['(?P<name>[^']+)'\]"
    r"|\[\?\((?P<test>(?:[^\"'\]]|\"[^\"]*\"|'[^']*')+)\)\]"
)
_TEST: Final = re.compile(r"\s*@(?P<path>[^=!<>\s]*)\s*(?:(?P<sign>==|!=|<=|>=|<|>)\s*(?P<to>.+))?")
_SIGNS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
    "<": lambda a, b: bool(a < b),
    ">": lambda a, b: bool(a > b),
    "<=": lambda a, b: bool(a <= b),
    ">=": lambda a, b: bool(a >= b),
}


class BadTemplate(ValueError):
    """A template cannot be read; `args[0]` is the part that cannot."""


def rendered(template: str, data: Any) -> str:
    """Return what *template* makes of *data*. Raises BadTemplate."""
    if not template:
        raise BadTemplate(template)
    if "{" not in template:
        template = f"{{{template if template.startswith(('.', '[', '$')) else f'.{template}'}}}"
    pieces = list(_pieces(template))
    made, rest = _rendered(pieces, data)
    if rest:
        raise BadTemplate("{end}")
    return made


def _pieces(template: str) -> Iterator[tuple[str, str]]:
    """Yield (`path` | `text`, content)."""
    at = 0
    while at < len(template):
        found = _PIECE.match(template, at)
        if found is None:
            raise BadTemplate(template[at:])
        yield ("text", found[2]) if found[1] is None else ("path", found[1].strip())
        at = found.end()


def _rendered(pieces: list[tuple[str, str]], data: Any) -> tuple[str, list[tuple[str, str]]]:
    """Return what pieces up to `{end}` make, and the pieces from there on."""
    made = ""
    while pieces and pieces[0] != ("path", "end"):
        (kind, content), pieces = pieces[0], pieces[1:]
        if kind == "text":
            made += content
        elif content.startswith("range "):
            inside = pieces
            found = _found(content.removeprefix("range "), data)
            made += "".join(_rendered(inside, one)[0] for one in found)
            _, pieces = _rendered(inside, None)
            if not pieces:
                raise BadTemplate(content)
            pieces = pieces[1:]
        elif content[:1] in "\"'" and content:
            made += _unquoted(content)
        else:
            made += " ".join(_shown(one) for one in _found(content, data))
    return made, pieces


def _unquoted(content: str) -> str:
    try:
        return str(json.loads(f'"{content[1:-1]}"'))
    except ValueError as error:
        raise BadTemplate(content) from error


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _found(path: str, data: Any) -> list[Any]:
    values = [data]
    for step in _steps(path.strip().removeprefix("$").removeprefix("@")):
        values = [found for value in values for found in step(value)]
    return values


def _steps(path: str) -> Iterator[Step]:
    if path not in ("", "."):
        at = 0
        while at < len(path):
            found = _STEP.match(path, at)
            if found is None:
                raise BadTemplate(path[at:])
            yield _step(found)
            at = found.end()


def _step(found: re.Match[str]) -> Step:
    said = {name: value for name, value in found.groupdict().items() if value is not None}
    if "all" in said or "any" in said:
        return _every
    if "deep" in said:
        return lambda value: _deep(value, said["deep"])
    if "at" in said:
        return lambda value: _part(value, int(said["at"]))
    if "from" in said:
        span = slice(*(int(said[end]) if said[end] else None for end in ("from", "to")))
        return lambda value: iter(value[span] if isinstance(value, list) else ())
    if "test" in said:
        return lambda value: (one for one in _every(value) if _holds(said["test"], one))
    name = said.get("name") or said["field"].replace("\\.", ".")
    return lambda value: _part(value, name)


def _every(value: Any) -> Iterator[Any]:
    rows = value.values() if isinstance(value, dict) else value
    yield from rows if isinstance(value, dict | list) else ()


def _part(value: Any, place: str | int) -> Iterator[Any]:
    wanted = dict if isinstance(place, str) else list
    if isinstance(value, wanted):
        try:
            yield value[place]  # type: ignore[index]
        except (KeyError, IndexError):
            return


def _deep(value: Any, name: str) -> Iterator[Any]:
    yield from _part(value, name)
    for one in _every(value):
        yield from _deep(one, name)


def _holds(test: str, value: Any) -> bool:
    found = _TEST.fullmatch(test)
    if found is None:
        raise BadTemplate(test)
    values = _found(found["path"], value)
    if found["sign"] is None:
        return bool(values)
    told = found["to"].strip()
    try:
        to = json.loads(f'"{told[1:-1]}"' if told.startswith("'") else told)
        return any(_SIGNS[found["sign"]](one, to) for one in values)
    except ValueError as error:
        raise BadTemplate(test) from error
    except TypeError:  # a number and a text have no order
        return False
