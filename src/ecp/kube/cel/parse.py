"""A text in CEL as a tree, macros expanded.

Precedence, from weak to strong: ``?:``, ``||``, ``&&``, relations, ``+ -``, ``* / %``, ``! -``,
members. Source: the grammar of google/cel-go, parser/gen/CEL.g4; parser/parser.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from ecp.kube.cel.macros import MACROS, Maker
from ecp.kube.cel.source import CompileError, Issue
from ecp.kube.cel.tokens import (
    END,
    BadEscape,
    Token,
    tokenize,
    unquoted,
    unquoted_bytes,
)
from ecp.kube.cel.tree import (
    Call,
    Entry,
    ListOf,
    Literal,
    MapOf,
    Message,
    Node,
    Select,
)
from ecp.kube.cel.values import Uint

_DEEPEST: Final = 250
TOO_DEEP: Final = "max recursion depth exceeded"
_LONGEST: Final = 100_000
# Digits beyond these make a number too large in any case.
_MOST_DIGITS: Final = 40
_WORDS: Final = (
    "as break const continue else false for function if import in let loop package "
    "namespace null return true var void while"
)
_RESERVED: Final = frozenset(_WORDS.split())
_OPERATORS: Final = {
    "||": (1, "_||_"),
    "&&": (2, "_&&_"),
    "<": (3, "_<_"),
    "<=": (3, "_<=_"),
    ">": (3, "_>_"),
    ">=": (3, "_>=_"),
    "==": (3, "_==_"),
    "!=": (3, "_!=_"),
    "in": (3, "@in"),
    "+": (4, "_+_"),
    "-": (4, "_-_"),
    "*": (5, "_*_"),
    "/": (5, "_/_"),
    "%": (5, "_%_"),
}
_LOGIC: Final = ("_||_", "_&&_")
_BEGINNINGS: Final = (
    "'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, "
    "BYTES, IDENTIFIER"
)


_IN_CALL: Final = _BEGINNINGS.replace("'(', ", "'(', ')', ", 1)


class _Stop(Exception):
    """Nothing sensible can be read from here on."""


def parse(source: str) -> Node:
    """Return the tree of an expression. Raises CompileError."""
    if len(source) > _LONGEST:
        text = f"expression code point size exceeds limit: size: {len(source)}, limit {_LONGEST}"
        raise CompileError(source, [Issue(-1, text)])
    tokens, issues = tokenize(source)
    parser = _Parser(source, tokens, issues)
    try:
        node = parser.expression()
        parser.end()
    except _Stop:
        raise CompileError(source, parser.issues) from None
    except RecursionError:
        raise CompileError(source, [Issue(-1, TOO_DEEP)]) from None
    if parser.issues:
        raise CompileError(source, parser.issues)
    return node


class _Parser:
    def __init__(self, source: str, tokens: list[Token], issues: list[Issue]) -> None:
        self.source = source
        self.tokens = tokens
        self.issues = issues
        self.position = 0
        self.make = Maker()
        self.depth = 0

    # ---- tokens ----------------------------------------------------------------------------

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def take(self) -> Token:
        token = self.token
        self.position += 1
        return token

    def found(self, kind: str) -> Token | None:
        """Take the next token if it is of *kind*."""
        return self.take() if self.token.kind == kind else None

    def wrong(self, text: str, token: Token | None = None) -> _Stop:
        self.issues.append(Issue((token or self.token).at, f"Syntax error: {text}"))
        return _Stop()

    def expect(self, kind: str, wanted: str = "") -> Token:
        """Take a token of *kind*; one that is in the way is passed over, one lacking is thought.

        wanted   what the grammar would have taken, if that is more than *kind*
        """
        token = self.token
        if token.kind == kind:
            return self.take()
        said = f"{{{wanted}}}" if wanted else _shown(kind)
        following = self.tokens[min(self.position + 1, len(self.tokens) - 1)]
        if token.kind != END and following.kind == kind:
            self.wrong(f"extraneous input '{token.text}' expecting {said}")
            self.take()
            return self.take()
        if not wanted and token.kind in (_CAN_BEGIN if kind == ":" else _CAN_FOLLOW):
            self.wrong(f"missing {said} at '{token.text}'")
            return token
        raise self.wrong(f"mismatched input '{token.text}' expecting {said}")

    def end(self) -> None:
        token = self.token
        if token.kind == END:
            return
        what = "extraneous" if self.tokens[self.position + 1].kind == END else "mismatched"
        raise self.wrong(f"{what} input '{token.text}' expecting {END}")

    # ---- operators -------------------------------------------------------------------------

    def expression(self) -> Node:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise RecursionError
        condition = self.operation(1)
        question = self.found("?")
        if question is not None:
            number = self.make.number()
            chosen = self.operation(1)
            self.expect(":")
            other = self.expression()
            condition = Call(number, question.at, "_?_:_", None, [condition, chosen, other])
        self.depth -= 1
        return condition

    def operation(self, weakest: int) -> Node:
        left = self.unary()
        chained = 0
        while True:
            level, function = _OPERATORS.get(self.token.kind, (0, ""))
            if not level or level < weakest:
                return left
            if function in _LOGIC:
                left = self.logic(left, level, function)
                continue
            chained += 1
            if chained > _DEEPEST:
                raise RecursionError
            at = self.take().at
            right = self.operation(level + 1)
            left = Call(self.make.number(), at, function, None, [left, right])

    def logic(self, first: Node, level: int, function: str) -> Node:
        """Read ``a && b && c``, which is no deeper than it must be."""
        terms, places = [first], []
        while _OPERATORS.get(self.token.kind) == (level, function):
            places.append(self.take().at)
            terms.append(self.operation(level + 1))
        return self.balanced(terms, places, function)

    def balanced(self, terms: list[Node], places: list[int], function: str) -> Node:
        if len(terms) == 1:
            return terms[0]
        middle = (len(terms) + 1) // 2
        left = self.balanced(terms[:middle], places[: middle - 1], function)
        right = self.balanced(terms[middle:], places[middle:], function)
        return Call(self.make.number(), places[middle - 1], function, None, [left, right])

    def unary(self) -> Node:
        sign = self.token
        if sign.kind not in ("!", "-"):
            return self.members(self.primary())
        following = self.tokens[self.position + 1].kind
        if sign.kind == "-" and following in ("NUM_INT", "NUM_FLOAT"):
            self.take()
            return self.members(self.number(sign))
        count = 0
        while self.found(sign.kind):
            count += 1
        operand = self.members(self.primary())
        if count % 2 == 0:
            return operand
        return Call(self.make.number(), sign.at, f"{sign.kind}_", None, [operand])

    # ---- members ---------------------------------------------------------------------------

    def members(self, node: Node) -> Node:
        chained = 0
        while True:
            token = self.token
            chained += 1
            if chained > _DEEPEST:
                raise RecursionError
            if token.kind == ".":
                self.take()
                node = self.member(node, token)
            elif token.kind == "[":
                self.take()
                optional = self.found("?") is not None
                number = self.make.number()
                index = self.expression()
                self.expect("]")
                function = "_[?_]" if optional else "_[_]"
                node = Call(number, token.at, function, None, [node, index])
            else:
                return node

    def member(self, node: Node, dot: Token) -> Node:
        if self.found("?"):
            name = self.field_name()
            field = Literal(self.make.number(), name.at, _plain(name))
            return Call(self.make.number(), dot.at, "_?._", None, [node, field])
        name = self.field_name()
        opening = self.token
        if opening.kind != "(" or name.kind == "ESC_IDENTIFIER":
            return Select(self.make.number(), dot.at, node, _plain(name))
        self.take()
        number = self.make.number()
        return self.call(number, opening.at, name.text, node, self.arguments())

    def field_name(self) -> Token:
        token = self.token
        if token.kind == "ESC_IDENTIFIER":
            self.issues.append(Issue(token.at, "unsupported syntax: '`'"))
        elif token.kind != "IDENTIFIER":
            if token.kind in ("true", "false", "null"):
                raise self.wrong(f"mismatched input '{token.text}' expecting IDENTIFIER")
            raise self.wrong(self.no_way(self.tokens[self.position - 1]))
        return self.take()

    def no_way(self, start: Token) -> str:
        """Say that nothing goes on from *start* the way that the text does."""
        token = self.token
        end = start.at + len(start.text) if token.kind == END else token.at + len(token.text)
        return f"no viable alternative at input '{self.source[start.at : end]}'"

    def arguments(self) -> list[Node]:
        found: list[Node] = []
        if self.found(")"):
            return found
        if self.token.kind not in _CAN_BEGIN:
            following = self.tokens[min(self.position + 1, len(self.tokens) - 1)].kind
            passed = self.token.kind != END and following in _CAN_BEGIN
            what = "extraneous" if passed else "mismatched"
            stop = self.wrong(f"{what} input '{self.token.text}' expecting {{{_IN_CALL}}}")
            if not passed:
                raise stop
            self.take()
        found.append(self.expression())
        while self.found(","):
            found.append(self.expression())
        self.expect(")")
        return found

    def call(self, number: int, at: int, name: str, target: Node | None, args: list[Node]) -> Node:
        macro = MACROS.get((name, len(args), target is not None))
        if macro is None:
            return Call(number, at, name, target, args)
        self.make.at = at
        expanded = macro(self.make, target, args)
        if isinstance(expanded, Issue):
            self.issues.append(expanded)
            return Literal(self.make.number(), at, None)
        return expanded

    # ---- primaries -------------------------------------------------------------------------

    def primary(self) -> Node:
        token = self.token
        read = _PRIMARIES.get(token.kind)
        if read is None:
            following = self.tokens[min(self.position + 1, len(self.tokens) - 1)].kind
            if token.kind != END and following in _CAN_BEGIN:
                self.wrong(f"extraneous input '{token.text}' expecting {{{_BEGINNINGS}}}")
                self.take()
                return self.unary()
            raise self.wrong(f"mismatched input '{token.text}' expecting {{{_BEGINNINGS}}}")
        return read(self)

    def name(self) -> Node:
        leading = self.found(".")
        token = self.token
        if leading is not None and token.kind != "IDENTIFIER":
            raise self.wrong(self.no_way(leading))
        self.take()
        message = self.message(token, leading)
        if message is not None:
            return message
        name = f".{token.text}" if leading else token.text
        start = leading or token
        opening = self.found("(")
        if token.text in _RESERVED:
            self.issues.append(Issue(start.at, f"reserved identifier: {token.text}"))
        if opening is not None:
            number = self.make.number()
            return self.call(number, opening.at, name, None, self.arguments())
        return self.make.ident(name, token.at)

    def message(self, first: Token, leading: Token | None) -> Node | None:
        """Return ``a.b.C{field: value}`` if that is what follows, else nothing is taken."""
        at, names = self.position, [first.text]
        while self.tokens[at].kind == "." and self.tokens[at + 1].kind == "IDENTIFIER":
            names.append(self.tokens[at + 1].text)
            at += 2
        if self.tokens[at].kind != "{":
            return None
        opening, self.position = self.tokens[at], at + 1
        number = self.make.number()
        name = ("." if leading else "") + ".".join(names)
        entries = self.entries(lambda: self.make.literal(self.field_name().text, opening.at))
        return Message(number, opening.at, name, entries)

    def nested(self) -> Node:
        self.take()
        inner = self.expression()
        self.expect(")")
        return inner

    def items(self) -> Node:
        at = self.take().at
        number = self.make.number()
        items: list[Node] = []
        optional: set[int] = set()
        while self.token.kind != "]":
            if items and not self.found(","):
                break
            if self.token.kind == "]" or (not items and self.found(",")):
                break
            if self.found("?"):
                optional.add(len(items))
            items.append(self.expression())
        self.expect("]", "']', ','")
        return ListOf(number, at, items, frozenset(optional))

    def map(self) -> Node:
        at = self.take().at
        return MapOf(self.make.number(), at, self.entries(self.expression))

    def entries(self, key: Callable[[], Node]) -> list[Entry]:
        found: list[Entry] = []
        while self.token.kind != "}":
            if found and not self.found(","):
                break
            if self.token.kind == "}" or (not found and self.found(",")):
                break
            optional = self.found("?") is not None
            name = key()
            colon = self.expect(":")
            found.append(Entry(colon.at, name, self.expression(), optional))
        self.expect("}", "'}', ','")
        return found

    # ---- literals --------------------------------------------------------------------------

    def number(self, sign: Token | None = None) -> Node:
        token = self.take()
        at = sign.at if sign else token.at
        text = token.text
        if token.kind == "NUM_FLOAT":
            value = float(text)
            if value == float("inf"):
                return self.bad(at, "invalid double literal")
            return Literal(self.make.number(), at, -value if sign else value)
        digits = text.rstrip("uU").removeprefix("0x").lstrip("0") or "0"
        whole = int(digits[:_MOST_DIGITS], 16 if text.startswith("0x") else 10)
        if token.kind == "NUM_UINT":
            if whole >= 1 << 64:
                return self.bad(at, "invalid uint literal")
            return Literal(self.make.number(), at, Uint(whole))
        whole = -whole if sign else whole
        if not -(1 << 63) <= whole < 1 << 63:
            return self.bad(at, "invalid int literal")
        return Literal(self.make.number(), at, whole)

    def bad(self, at: int, text: str) -> Node:
        self.issues.append(Issue(at, text))
        return Literal(self.make.number(), at, None)

    def quoted(self) -> Node:
        token = self.take()
        read = unquoted if token.kind == "STRING" else unquoted_bytes
        try:
            return Literal(self.make.number(), token.at, read(token.text))
        except BadEscape as error:
            return self.bad(token.at, str(error))

    def word(self) -> Node:
        token = self.take()
        value = {"true": True, "false": False, "null": None}[token.kind]
        return Literal(self.make.number(), token.at, value)


_PRIMARIES: Final[dict[str, Callable[[_Parser], Node]]] = {
    "IDENTIFIER": _Parser.name,
    ".": _Parser.name,
    "(": _Parser.nested,
    "[": _Parser.items,
    "{": _Parser.map,
    "NUM_INT": _Parser.number,
    "NUM_UINT": _Parser.number,
    "NUM_FLOAT": _Parser.number,
    "STRING": _Parser.quoted,
    "BYTES": _Parser.quoted,
    "true": _Parser.word,
    "false": _Parser.word,
    "null": _Parser.word,
}
_CAN_BEGIN: Final = frozenset((*_PRIMARIES, "-", "!"))
_CAN_FOLLOW: Final = frozenset((END, *_OPERATORS, "?", ":", ".", "[", ")", "]", "}", ","))


def _shown(kind: str) -> str:
    return kind if re.fullmatch(r"[A-Z_]+", kind) else f"'{kind}'"


def _plain(name: Token) -> str:
    return name.text.strip("`")
