"""Kubernetes' own YAML dialect: read with positions, written so that it is read back the same.

Kubernetes reads YAML 1.1 through go-yaml v2: ``y``, ``on`` and ``no`` are booleans, ``0755`` is 493
and ``1e3`` is 1000, a date is text. No parser for Python resolves all of that alike, so documents
go one of two ways:

* a quick one (`ecp.kube.lines`) for what is plainly ordinary, as nearly all manifests are;
* an exact builder over libyaml's events for everything else, and for the line and column of a
  finding.

Sources: sigs.k8s.io/yaml (yaml.go), go.yaml.in/yaml/v2 (resolve.go, decode.go), apimachinery
pkg/util/yaml/decoder.go (how a stream is cut into documents).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from ecp.kube.lines import LEFT_OUT, MOST_NESTED_FLOW, read_lines
from ecp.kube.scalars import key_text, resolve_plain, resolved, whole

if TYPE_CHECKING:
    from ecp.kube.places import Place

PathElement = str | int
Path = tuple[PathElement, ...]
Reader = Literal["lines", "events", "json"]


class Position(NamedTuple):
    """A stretch of a source text; lines and columns count from 1, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Problem(NamedTuple):
    """Why a document cannot be read, or what is doubtful in one that can.

    code      syntax | separator | duplicate-key | invalid-key | unsupported-value | alias |
              depth | size | nodes | encoding
    fatal     true when the document has no object because of it
    message   the reader's words, with lines counted from the start of the document
    """

    code: str
    message: str
    position: Position
    path: Path = ()
    fatal: bool = True


class Limits(NamedTuple):
    """What one input may cost: bytes of text, nested collections, nodes after alias expansion."""

    size: int = 1 << 20
    depth: int = 200
    nodes: int = 200_000


class Document:
    """One object of an input, in the order of the input.

    index   counts objects, so the items of a List have one each
    object  the JSON-shaped value, None when it could not be read
    errors  problems of this document, fatal or not
    text    the text of the document; first_line is where it begins in the source
    reader  who read it, and knows where its parts are: ecp.kube.lines, the exact builder over
            libyaml's events, or a JSON decoder
    """

    __slots__ = ("_marks", "_prefix", "errors", "first_line", "index", "object", "reader",
                 "source", "text")  # fmt: skip

    def __init__(
        self,
        index: int,
        value: Any,
        errors: tuple[Problem, ...],
        source: str,
        text: str,
        first_line: int = 1,
        prefix: Path = (),
        reader: Reader = "events",
        marks: list[_Mark | Place | None] | None = None,
    ) -> None:
        self.index = index
        self.object = value
        self.errors = errors
        self.source = source
        self.text = text
        self.first_line = first_line
        self.reader = reader
        self._prefix = prefix
        # Filled at the first look; the items of a List share one.
        self._marks: list[_Mark | Place | None] = [] if marks is None else marks

    def __repr__(self) -> str:
        return f"Document({self.index}, {self.object!r}, {self.errors!r})"

    def replaced(self, value: Any) -> Document:
        """Return the same document with another object; places are looked up in the text."""
        return Document(
            self.index, value, self.errors, self.source, self.text, self.first_line,
            self._prefix, self.reader, self._marks,
        )  # fmt: skip

    def locate(self, path: Sequence[PathElement] = (), *, key: bool = False) -> Position:
        """Return where *path* stands; the nearest existing parent when it does not exist.

        key   point at the key itself rather than at its value
        """
        if not self._marks:
            self._marks.append(_marks(self.text, self.reader))
        mark = self._marks[0]
        if mark is None:
            last = self.text.count("\n") + 1
            return Position(self.first_line, 1, self.first_line + last - 1, 1)
        found = _find(mark, (*self._prefix, *path), key)
        shift = self.first_line - 1
        return Position(found[0] + shift, found[1], found[2] + shift, found[3])


def read(
    text: str | bytes, *, source: str = "", limits: Limits = Limits(), expand_lists: bool = True
) -> list[Document]:
    """Return the documents of *text*, each read on its own: a bad one never hides the others.

    Empty documents are left out, as the API machinery leaves them out. With *expand_lists* an
    object whose kind ends in ``List`` is replaced by its items.
    """
    decoded = _decoded(text)
    if isinstance(decoded, Problem):
        return [Document(0, None, (decoded,), source, "")]
    size = len(text) if isinstance(text, bytes) else len(decoded.encode("utf-8", "replace"))
    if size > limits.size:
        problem = Problem(
            "size", f"input of {size} bytes is over the limit of {limits.size}", _start(1)
        )
        return [Document(0, None, (problem,), source, "")]
    documents: list[Document] = []
    for chunk in _split(decoded, limits):
        if expand_lists and _is_list(chunk.value) and not chunk.fatal:
            _expand(chunk, documents, source)
            continue
        documents.append(
            Document(
                len(documents),
                chunk.value,
                chunk.problems,
                source,
                chunk.text,
                chunk.first_line,
                (),
                chunk.reader,
            )
        )
    return documents


# --- cutting the stream ---------------------------------------------------------------------


class _Chunk(NamedTuple):
    text: str
    first_line: int
    reader: Reader
    value: Any
    problems: tuple[Problem, ...]

    @property
    def fatal(self) -> bool:
        return any(problem.fatal for problem in self.problems)


def _decoded(text: str | bytes) -> str | Problem:
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    encoding = "utf-16" if text.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return text.decode(encoding)
    except UnicodeDecodeError as error:
        line = text[: error.start].count(b"\n") + 1
        return Problem("encoding", "yaml: invalid leading UTF-8 octet", _start(line))


def _start(line: int) -> Position:
    return Position(line, 1, line, 1)


# It begins with a literal, which is searched for quickly.
_SEPARATOR: Final = re.compile(r"\n---([^\n]*)")


def _split(text: str, limits: Limits) -> Iterable[_Chunk]:
    """Yield one chunk a document. Source: apimachinery YAMLReader.Read and YAMLOrJSONDecoder."""
    stripped = text.lstrip()
    if stripped.startswith("{"):
        chunks = _json_stream(text, len(text) - len(stripped), limits)
        if chunks is not None:
            yield from chunks
            return
    begin, line, separator_problem = 0, 1, None
    pieces: list[tuple[int, int, int, Problem | None]] = []
    for match in _SEPARATOR.finditer("\n" + text):
        # The line break before the text makes this the place of the first dash.
        here = match.start()
        pieces.append((begin, here, line, separator_problem))
        line += text.count("\n", begin, here)
        rest = match[1].strip()
        separator_problem = None
        if rest and not rest.startswith("#"):
            separator_problem = Problem(
                "separator",
                f"invalid Yaml document separator: {rest}",
                Position(line, 4, line, 4 + len(match[1].rstrip())),
            )
        begin = min(match.end(), len(text))
        line += 1
    pieces.append((begin, len(text), line, separator_problem))
    for start, end, first_line, problem in pieces:
        piece = text[start:end]
        if problem is not None:
            yield _Chunk(piece, first_line, "events", None, (problem,))
            continue
        if not _has_content(piece):
            continue
        if not piece.endswith("\n"):
            # The API machinery reads lines and ends each of them.
            piece += "\n"
        # At most two nodes a line and one a comma: what may be too many is counted exactly.
        many = 2 * piece.count("\n") + piece.count(",") > limits.nodes
        yield _read_piece(piece, first_line, many, limits)


_CONTENT: Final = re.compile(r"^[ \t]*[^\s#]", re.MULTILINE)


def _has_content(piece: str) -> bool:
    return _CONTENT.search(piece) is not None


def _read_piece(piece: str, first_line: int, exact: bool, limits: Limits) -> _Chunk:
    if not exact:
        value = read_lines(piece, limits.depth - MOST_NESTED_FLOW - 1)
        if value is not LEFT_OUT:
            return _Chunk(piece, first_line, "lines", value, ())
    built = _build(piece, limits)
    problems = tuple(_shifted(problem, first_line - 1) for problem in built.problems)
    fatal = any(problem.fatal for problem in problems)
    return _Chunk(piece, first_line, "events", None if fatal else built.value, problems)


def _shifted(problem: Problem, lines: int) -> Problem:
    line, column, end_line, end_column = problem.position
    return problem._replace(position=Position(line + lines, column, end_line + lines, end_column))


def _is_list(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("kind"), str)
        and value["kind"].endswith("List")
        and isinstance(value.get("items"), list)
    )


def _expand(chunk: _Chunk, documents: list[Document], source: str) -> None:
    """Append the items of a List; items of a typed list may leave out what the list says."""
    kind = chunk.value["kind"].removesuffix("List")
    version = chunk.value.get("apiVersion")
    shared: list[_Mark | Place | None] = []
    for number, item in enumerate(chunk.value["items"]):
        if kind and isinstance(item, dict):
            missing = {
                name: value
                for name, value in (("apiVersion", version), ("kind", kind))
                if value and not item.get(name)
            }
            item = {**missing, **item} if missing else item
        problems = chunk.problems if number == 0 else ()
        document = Document(
            len(documents),
            item,
            problems,
            source,
            chunk.text,
            chunk.first_line,
            ("items", number),
            chunk.reader,
            shared,
        )
        documents.append(document)


# --- scalars ------------------------------------------------------------------------------------


class _BadTag(ValueError):
    pass


def _scalar(
    value: str, tag: str | None, plain: bool, resolve: Callable[[str], Any] = resolve_plain
) -> Any:
    """Return the value of a scalar event. Source: go-yaml v2 decode.go `scalar`."""
    if tag is None or tag == "!":
        return resolve(value) if plain and tag is None else value
    short = tag.removeprefix("tag:yaml.org,2002:")
    if short == "binary":
        import base64

        try:
            data = value.replace("\n", "").replace("\r", "")
            return base64.b64decode(data, validate=True).decode("utf-8", "replace")
        except ValueError:
            raise _BadTag("!!binary value contains invalid base64 data") from None
    if short not in ("bool", "int", "float", "null", "timestamp"):
        return value
    resolved = resolve(value)
    if short == "timestamp" and isinstance(resolved, str):
        return value
    kinds = {"bool": bool, "null": type(None), "int": int, "float": (int, float)}
    kind: Any = kinds.get(short, str)
    if isinstance(resolved, kind) and (short == "bool" or not isinstance(resolved, bool)):
        return resolved
    names = {bool: "!!bool", int: "!!int", float: "!!float", str: "!!str", type(None): "!!null"}
    raise _BadTag(f"cannot decode {names[type(resolved)]} `{value}` as a !!{short}")


# --- the exact builder --------------------------------------------------------------------------


class _Mark:
    """Where a node stands (0-based), and its children."""

    __slots__ = ("children", "end", "keys", "start")

    def __init__(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        self.start = start
        self.end = end
        self.children: dict[PathElement, _Mark] = {}
        self.keys: dict[PathElement, tuple[int, int, int, int]] = {}

    def steps(self) -> list[PathElement]:
        return list(self.children)

    def child(self, step: PathElement) -> _Mark | None:
        return self.children.get(step)

    def key(self, step: PathElement) -> tuple[int, int, int, int] | None:
        return self.keys.get(step)


class _Built(NamedTuple):
    value: Any
    mark: _Mark | None
    problems: tuple[Problem, ...]


class _Frame:
    """A collection being filled."""

    __slots__ = (
        "anchor",
        "explicit",
        "in_flow",
        "is_map",
        "key",
        "key_mark",
        "mark",
        "merge",
        "size",
        "value",
    )

    def __init__(self, value: Any, mark: _Mark, anchor: str | None, in_flow: bool) -> None:
        self.value: Any = value
        self.mark = mark
        self.anchor = anchor
        self.is_map = isinstance(value, dict)
        self.in_flow = in_flow
        self.key: str | None = None
        self.key_mark = (0, 0, 0, 0)
        self.merge = False
        self.explicit: set[str] = set()
        self.size = 1


class _Refused(Exception):
    def __init__(self, problem: Problem) -> None:
        self.problem = problem


# A colon that ends a word in flow style: `[a:]` is a list of one text for go-yaml v2, and an error
# for libyaml, which is therefore given another letter for it.
_ENDING_COLON: Final = re.compile(r"([^\s,\[\]{}\"']\s*):(?=[,?\[\]{}])")
_ESCAPED: Final = re.compile(r"\\.", re.DOTALL)


def _build(text: str, limits: Limits) -> _Built:
    built = _built(text, limits, "")
    (last,) = built.problems[-1:] or (None,)
    if last is None or not last.message.endswith("found unexpected ':'"):
        return built
    colon = next(letter for letter in map(chr, range(0xE000, 0xF8FF)) if letter not in text)
    return _built(_ENDING_COLON.sub(rf"\1{colon}", text), limits, colon)


def _built(text: str, limits: Limits, colon: str) -> _Built:
    """Build what *text* has; *colon* is a letter that stands for a colon, "" for none."""
    builder = _Builder(limits, colon)
    try:
        value, mark = builder.run(text)
    except _Refused as refused:
        return _Built(None, None, (*builder.problems, refused.problem))
    return _Built(value, mark, tuple(builder.problems))


def _marks(text: str, reader: Reader) -> _Mark | Place | None:
    """Return where the parts of *text* are, as far as it can be read."""
    if reader == "lines":
        from ecp.kube.places import places

        return places(text)
    if reader == "json":
        text = _as_yaml(text)
    return _build(text, Limits(1 << 30, 10_000)).mark


class _Builder:
    """Builds values and marks from libyaml events, without recursion."""

    def __init__(self, limits: Limits, colon: str = "") -> None:
        self.limits = limits
        self.colon = colon
        self.text = ""
        self.has_slashes = False
        # The brackets that are open.
        self.flows: list[str] = []
        self.problems: list[Problem] = []
        self.anchors: dict[str, tuple[Any, _Mark, int] | None] = {}
        self.nodes = 0
        self.aliased = 0
        self.lines: list[str] = []

    def run(self, text: str) -> tuple[Any, _Mark | None]:
        import yaml
        from yaml._yaml import CParser

        self.text = text
        self.has_slashes = "\\/" in text
        self.lines = text.split("\n")
        parser = CParser(text)
        try:
            return self._document(parser, yaml)
        except yaml.MarkedYAMLError as error:
            raise _Refused(_syntax(error, yaml, self.lines)) from None
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            message = "yaml: control characters are not allowed"
            raise _Refused(Problem("syntax", message, _start(line))) from None
        finally:
            parser.dispose()

    def _document(self, parser: Any, yaml: Any) -> tuple[Any, _Mark | None]:
        stack: list[_Frame] = []
        next_event = parser.get_event
        scalar_event, alias_event = yaml.ScalarEvent, yaml.AliasEvent
        while True:
            event = next_event()
            kind = type(event)
            if kind is scalar_event:
                done = self._scalar(event, stack)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self._open(event, stack, {} if kind is yaml.MappingStartEvent else [])
                continue
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                done = self._close(event, stack)
            elif kind is alias_event:
                done = self._alias(event, stack)
            elif kind is yaml.StreamEndEvent or kind is yaml.DocumentEndEvent:
                return None, None
            else:
                continue
            if done is not None and not stack:
                # Read on to the document's end: text after the root is a syntax error.
                next_event()
                return done

    def _scalar(self, event: Any, stack: list[_Frame]) -> tuple[Any, _Mark] | None:
        start = (event.start_mark.line, event.start_mark.column)
        mark = _Mark(start, self._scalar_end(event))
        plain = event.implicit[0] and event.style in (None, "")
        frame = stack[-1] if stack else None
        is_key = frame is not None and frame.is_map and frame.key is None and not frame.merge
        text = self._checked(event)
        if is_key and text == "<<" and plain:
            assert frame is not None
            frame.merge = True
            return None
        try:
            value = _scalar(text, event.tag, plain, resolved if is_key else resolve_plain)
        except _BadTag as error:
            raise self._refuse("syntax", f"yaml: {error}", mark) from None
        if isinstance(value, float) and not math.isfinite(value) and not is_key:
            sign = "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
            raise self._refuse("unsupported-value", f"json: unsupported value: {sign}", mark)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, mark, 1)
        return self._put(value, mark, 1, stack)

    def _checked(self, event: Any) -> str:
        """Return a scalar's text. Refuses what libyaml takes and go-yaml v2 does not."""
        text: str = event.value
        if event.style == '"' and self.has_slashes:
            for escape in _ESCAPED.finditer(self._source_of(event)):
                if escape[0] == "\\/":
                    raise self._unread(event, escape.start(), "found unknown escape character", 1)
        elif not event.style and self.flows and "?" in text:
            closing = "]" if self.flows[-1] == "[" else "}"
            at = self._source_of(event).index("?")
            raise self._unread(event, at, f"did not find expected ',' or '{closing}'", 0)
        return text.replace(self.colon, ":") if self.colon else text

    def _source_of(self, event: Any) -> str:
        return self.text[event.start_mark.index : event.end_mark.index]

    def _unread(self, event: Any, at: int, words: str, counted: int) -> _Refused:
        """Return a syntax error *at* letters behind the start of a scalar."""
        before = self.text[: event.start_mark.index + at]
        line = before.count("\n")
        column = len(before) - before.rfind("\n") - 1
        where = _Mark((line, column), (line, column + 1))
        return self._refuse("syntax", f"yaml: line {line + counted}: {words}", where)

    def _scalar_end(self, event: Any) -> tuple[int, int]:
        line, column = event.end_mark.line, event.end_mark.column
        if event.style in ("|", ">"):
            while line > event.start_mark.line and (
                line >= len(self.lines) or column == 0 or not self.lines[line][:column].strip()
            ):
                line -= 1
                column = len(self.lines[line].rstrip())
        return (line, column)

    def _open(self, event: Any, stack: list[_Frame], value: Any) -> None:
        mark = _Mark((event.start_mark.line, event.start_mark.column), (0, 0))
        mark.end = mark.start
        if len(stack) >= self.limits.depth:
            message = f"yaml: exceeded max depth of {self.limits.depth}"
            raise self._refuse("depth", message, mark)
        if stack and stack[-1].is_map and stack[-1].key is None and not stack[-1].merge:
            # A collection as a key: build it for the message, then refuse it in `_put`.
            pass
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        if event.flow_style:
            self.flows.append("{" if isinstance(value, dict) else "[")
        stack.append(_Frame(value, mark, event.anchor, bool(event.flow_style)))

    def _close(self, event: Any, stack: list[_Frame]) -> tuple[Any, _Mark] | None:
        frame = stack.pop()
        mark = frame.mark
        if frame.in_flow:
            self.flows.pop()
        if event.end_mark.line == event.start_mark.line and (
            event.end_mark.column > event.start_mark.column
        ):
            mark.end = (event.end_mark.line, event.end_mark.column)
        if frame.anchor is not None:
            self.anchors[frame.anchor] = (frame.value, mark, frame.size)
        return self._put(frame.value, mark, frame.size, stack)

    def _alias(self, event: Any, stack: list[_Frame]) -> tuple[Any, _Mark] | None:
        start, end = event.start_mark, event.end_mark
        own = _Mark((start.line, start.column), (end.line, end.column))
        if event.anchor not in self.anchors:
            message = f"yaml: unknown anchor '{event.anchor}' referenced"
            raise self._refuse("alias", message, own)
        known = self.anchors[event.anchor]
        if known is None:
            message = f"yaml: anchor '{event.anchor}' value contains itself"
            raise self._refuse("alias", message, own)
        value, mark, size = known
        self.aliased += size
        self.nodes += size
        self._check_aliases(own)
        return self._put(value, mark, size, stack, own)

    def _check_aliases(self, mark: _Mark) -> None:
        """Refuse what go-yaml refuses: nearly everything of a document coming from aliases."""
        total, aliased = self.nodes, self.aliased
        allowed = 0.99 - 0.89 * min(max((total - 400_000) / 3_600_000, 0.0), 1.0)
        if aliased > 100 and total > 1000 and aliased / total > allowed:
            message = "yaml: document contains excessive aliasing"
            raise self._refuse("alias", message, mark)

    def _put(
        self, value: Any, mark: _Mark, size: int, stack: list[_Frame], shown: _Mark | None = None
    ) -> tuple[Any, _Mark] | None:
        self.nodes += 1
        if self.nodes > self.limits.nodes:
            message = f"yaml: more than {self.limits.nodes} nodes"
            raise self._refuse("nodes", message, shown or mark)
        if not stack:
            return value, mark
        frame = stack[-1]
        frame.size += size
        if frame.mark.end < mark.end and shown is None:
            frame.mark.end = mark.end
        elif shown is not None and frame.mark.end < shown.end:
            frame.mark.end = shown.end
        if not frame.is_map:
            frame.mark.children[len(frame.value)] = mark
            frame.value.append(value)
        elif frame.merge:
            self._merge(frame, value, mark, shown or mark)
            frame.merge = False
        elif frame.key is None:
            self._key(frame, value, mark)
        else:
            self._pair(frame, value, mark, stack)
        return None

    def _key(self, frame: _Frame, value: Any, mark: _Mark) -> None:
        if isinstance(value, (dict, list)):
            message = f"yaml: invalid map key: {_go_syntax(value)}"
            raise self._refuse("invalid-key", message, mark)
        text = key_text(value)
        if text is None:
            message = "unsupported map key of type: %!s(<nil>), key: <nil>"
            if value is not None:
                message = f"unsupported map key of type: uint64, key: {value:#x}"
            raise self._refuse("invalid-key", message, mark)
        frame.key = text
        frame.key_mark = (*mark.start, *mark.end)

    def _pair(self, frame: _Frame, value: Any, mark: _Mark, stack: list[_Frame]) -> None:
        key = frame.key
        assert key is not None
        frame.key = None
        if key in frame.explicit:
            line, column, end_line, end_column = frame.key_mark
            path = tuple(
                len(below.value) if not below.is_map else str(below.key) for below in stack[:-1]
            )
            self.problems.append(
                Problem(
                    "duplicate-key",
                    f'line {mark.start[0] + 1}: key "{key}" already set in map',
                    Position(line + 1, column + 1, end_line + 1, end_column + 1),
                    (*path, key),
                    fatal=False,
                )
            )
        frame.explicit.add(key)
        frame.value[key] = value
        frame.mark.keys[key] = frame.key_mark
        frame.mark.children[key] = mark

    def _merge(self, frame: _Frame, value: Any, mark: _Mark, shown: _Mark) -> None:
        """Fill in a ``<<`` value: it overrides what stood before, as go-yaml v2 does."""
        sources = list(reversed(value)) if isinstance(value, list) else [value]
        numbers = list(reversed(range(len(sources))))
        for number, source in zip(numbers, sources, strict=True):
            if not isinstance(source, dict):
                message = "yaml: map merge requires map or sequence of maps as the value"
                raise self._refuse("alias", message, shown)
            child = mark.children.get(number, mark) if isinstance(value, list) else mark
            frame.value.update(source)
            frame.mark.children.update(child.children)
            frame.mark.keys.update(child.keys)

    def _refuse(self, code: str, message: str, mark: _Mark) -> _Refused:
        (line, column), (end_line, end_column) = mark.start, mark.end
        position = Position(line + 1, column + 1, end_line + 1, end_column + 1)
        return _Refused(Problem(code, message, position))


def _syntax(error: Any, yaml: Any, lines: list[str]) -> Problem:
    """Translate a libyaml error. Source: go-yaml v2 decode.go `parser.fail` for the line.

    What is missed at the end of a document is pointed at behind its last character.
    """
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    shown = line or (error.context_mark.line if error.context_mark else 0)
    if isinstance(error, yaml.scanner.ScannerError):
        shown = min(shown, len(lines) - 1)
        shown += bool(shown)
    where = f"line {shown}: " if shown else ""
    words = error.problem or error.context or "unknown problem parsing YAML content"
    if (
        not any(text.strip() for text in lines[line + 1 :])
        and not "".join(lines[line : line + 1])[column:].strip()
    ):
        line = max((number for number, text in enumerate(lines) if text.strip()), default=0)
        column = len(lines[line].rstrip())
    position = Position(line + 1, column + 1, line + 1, column + 2)
    return Problem("syntax", f"yaml: {where}{words}", position)


def _go_syntax(value: Any) -> str:
    """Print *value* the way Go's ``%#v`` prints what go-yaml built."""
    if value is None:
        return "interface {}(nil)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        inner = ", ".join(f"{_go_syntax(k)}:{_go_syntax(v)}" for k, v in value.items())
        return f"map[interface {{}}]interface {{}}{{{inner}}}"
    if isinstance(value, list):
        return "[]interface {}{" + ", ".join(_go_syntax(item) for item in value) + "}"
    return str(value)


def _find(mark: _Mark | Place, path: Path, key: bool) -> tuple[int, int, int, int]:
    if not isinstance(mark, _Mark):
        spot = mark.spot(path, key)
        if spot is not None:
            return (spot[0] + 1, spot[1] + 1, spot[2] + 1, spot[3] + 1)
    above, last, missing = mark, None, False
    for element in path:
        step = element if isinstance(element, int) else str(element)
        child = mark.child(step)
        if child is None:
            missing = True
            break
        above, last, mark = mark, step, child
    keyed = above.key(last) if last is not None and (key or missing) else None
    if keyed is not None:
        line, column, end_line, end_column = keyed
    else:
        (line, column), (end_line, end_column) = mark.start, mark.end
        if missing and mark.steps():
            end_line, end_column = line, column + 1
    return (line + 1, column + 1, end_line + 1, end_column + 1)


# --- JSON ---------------------------------------------------------------------------------------


class _JsonObject(dict[str, Any]):
    """A JSON object that knows which keys came twice."""

    __slots__ = ("twice",)
    twice: tuple[str, ...]


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    marked = _JsonObject(value)
    seen: set[str] = set()
    twice: list[str] = []
    for name, _ in pairs:
        if name in seen and name not in twice:
            twice.append(name)
        seen.add(name)
    marked.twice = tuple(twice)
    return marked


def _json_int(text: str) -> int | float:
    if len(text) > 400:
        raise ValueError("number out of range")
    number = int(text)
    return number if -(1 << 63) <= number < 1 << 63 else whole(float(text))


def _json_float(text: str) -> int | float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("number out of range")
    return whole(number)


def _no_constant(text: str) -> Any:
    raise ValueError(f"invalid character {text[0]!r} looking for beginning of value")


# Every escape of a JSON string; the group is half a surrogate pair.
_ESCAPE: Final = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)


def _whole_letters(text: str) -> str:
    """Return JSON without halves of surrogate pairs. Source: Go encoding/json `unquoteBytes`."""
    if "\\ud" not in text and "\\uD" not in text:
        return text
    return _ESCAPE.sub(lambda match: "\\ufffd" if match[1] else match[0], text)


# What JSON may have in a string and YAML may not, or takes for the end of a line.
_NOT_IN_YAML: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_HALF: Final = re.compile(r"(\\\\)|\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


def _as_yaml(text: str) -> str:
    """Return a text of JSON in which libyaml finds everything at the same place.

    A tab may stand between JSON tokens and never inside a JSON string.
    """
    text = _NOT_IN_YAML.sub("?", text.replace("\t", " "))
    return _HALF.sub(lambda match: match[1] or "\\ufffd", text)


def _json_stream(text: str, at: int, limits: Limits) -> list[_Chunk] | None:
    """Return the objects of a JSON stream, None when *text* is not one (then it is YAML)."""
    text = _whole_letters(text)
    decoder = json.JSONDecoder(
        object_pairs_hook=_pairs,
        parse_int=_json_int,
        parse_float=_json_float,
        parse_constant=_no_constant,
        strict=True,
    )
    chunks: list[_Chunk] = []
    while at < len(text):
        try:
            value, end = decoder.raw_decode(text, at)
        except ValueError:
            return None
        except RecursionError:
            line = text.count("\n", 0, at) + 1
            problem = Problem("depth", f"exceeded max depth of {limits.depth}", _start(line))
            return [*chunks, _Chunk("", line, "json", None, (problem,))]
        line = text.count("\n", 0, at) + 1
        begin = text.rfind("\n", 0, at) + 1
        # Blanks keep the columns of what does not begin at the start of its line.
        piece = " " * (at - begin) + text[at:end]
        problems = _judge_json(value, piece, limits)
        fatal = any(problem.fatal for problem in problems)
        shifted = tuple(_shifted(problem, line - 1) for problem in problems)
        chunks.append(_Chunk(piece, line, "json", None if fatal else value, shifted))
        while end < len(text) and text[end] in " \t\r\n":
            end += 1
        at = end
    return chunks


def _judge_json(value: Any, piece: str, limits: Limits) -> list[Problem]:
    problems: list[Problem] = []
    nodes = 0
    stack: list[tuple[Any, Path]] = [(value, ())]
    mark: list[_Mark | Place | None] = []
    while stack:
        node, path = stack.pop()
        nodes += 1
        if isinstance(node, dict):
            if isinstance(node, _JsonObject):
                if not mark:
                    mark.append(_marks(piece, "json"))
                for name in node.twice:
                    here = (*path, name)
                    at = _find(mark[0], here, True) if mark[0] else (1, 1, 1, 1)
                    problems.append(
                        Problem(
                            "duplicate-key",
                            f'duplicate field "{_dotted(here)}"',
                            Position(*at),
                            here,
                            fatal=False,
                        )
                    )
            below = [
                (child, name) for name, child in node.items() if isinstance(child, dict | list)
            ]
            nodes += len(node) - len(below)
            stack.extend((child, (*path, name)) for child, name in reversed(below))
        elif isinstance(node, list):
            inner = [(child, n) for n, child in enumerate(node) if isinstance(child, dict | list)]
            nodes += len(node) - len(inner)
            stack.extend((child, (*path, number)) for child, number in reversed(inner))
        if node and len(path) == limits.depth:
            return [Problem("depth", f"exceeded max depth of {limits.depth}", _start(1))]
        if nodes > limits.nodes:
            return [Problem("nodes", f"more than {limits.nodes} nodes", _start(1))]
    return problems


def _dotted(path: Path) -> str:
    text = ""
    for element in path:
        text += f"[{element}]" if isinstance(element, int) else f".{element}"
    return text.removeprefix(".")
