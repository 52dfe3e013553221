"""Regular expressions as Go writes them, for those that Python runs.

What Go refuses is refused in its words; what Python reads otherwise is written so that both mean
the same: ``$`` and ``\\z`` end a text, ``\\s`` and ``[[:alpha:]]`` are
of ASCII, flags stand anywhere.
Source: Go regexp/syntax/parse.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ecp.kube.automaton import Automaton

_CLASSES: Final = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_PERL: Final = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\f\r "}
_CONTROLS: Final = {"a": "\a", "f": "\f", "t": "\t", "n": "\n", "r": "\r", "v": "\v"}
_FLAGS: Final = re.compile(r"\(\?([imsU]*)(?:-([imsU]+))?([:)])")
_NAMED: Final = re.compile(r"\(\?P?<([^>]*)>")
_REPEAT: Final = re.compile(r"\{(\d+)(,(\d*))?\}")
_PROPERTY: Final = re.compile(r"([pP])(?:\{(\^?)([^}]*)\}|(.))")
_NAME_OF_CLASS: Final = re.compile(r"\[:(\^?)([a-z]+):\]")
_MOST: Final = 1000
"""Repetitions, also of those in each other together."""
_DEEPEST: Final = 1000
"""Groups in each other, the letter in them among them."""
_NOTHING: Final = "(?!)"
_ANY: Final = r"[\s\S]"
_NEVER: Final = r"\z\A."


class BadExpression(ValueError):
    """Not an expression that Go reads; the message is Go's."""

    def __init__(self, code: str, part: str) -> None:
        super().__init__(f"error parsing regexp: {code}: `{part}`")


class UnknownProperty(ValueError):
    """An expression that Go reads and this module does not: a rare script of Unicode."""


@lru_cache(maxsize=2048)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return *pattern* for Python. Raises BadExpression, UnknownProperty."""
    try:
        return re.compile(_Translator(pattern).all(), re.ASCII)
    except (re.error, OverflowError) as error:
        raise UnknownProperty(str(error)) from None
    except RecursionError:
        if _depth(pattern) >= _DEEPEST:
            raise BadExpression("expression nests too deeply", pattern) from None
        raise UnknownProperty("a regular expression of groups in many others") from None


def _depth(pattern: str) -> int:
    """Return how many groups are in each other at most, 0 where one is not closed."""
    deepest = depth = 0
    for bracket in re.findall(r"\\.|[()]", pattern, re.DOTALL):
        depth += {"(": 1, ")": -1}.get(bracket, 0)
        deepest = max(deepest, depth)
    return 0 if depth else deepest


_SHORT: Final = 16
_MOST_STEPS: Final = 2_000_000


@lru_cache(maxsize=512)
def _degree(pattern: str) -> int:
    from ecp.kube.automaton import degree

    return degree(compiled(pattern).pattern)


def _is_quick(pattern: str, text: str) -> bool:
    """Tell whether Python surely comes to an end soon."""
    return len(text) <= _SHORT or len(text) ** _degree(pattern) <= _MOST_STEPS


@lru_cache(maxsize=512)
def _automaton(pattern: str) -> Automaton:
    from ecp.kube.automaton import Automaton, TooLarge

    try:
        return Automaton(compiled(pattern).pattern)
    except TooLarge as error:
        raise UnknownProperty(str(error)) from None


def matches(pattern: str, text: str) -> bool:
    """Tell whether *pattern* matches anywhere in *text*, in a time that does not explode.

    Raises BadExpression, UnknownProperty.
    """
    found = compiled(pattern)
    if _is_quick(pattern, text):
        return found.search(text) is not None
    return _automaton(pattern).matches(text)


def searchable(pattern: str, text: str) -> re.Pattern[str]:
    """Return *pattern* for finding where it matches in *text*.

    Raises BadExpression, and UnknownProperty where looking could take for ever.
    """
    if _is_quick(pattern, text):
        return compiled(pattern)
    if not _automaton(pattern).matches(text):
        return compiled(_NEVER)
    raise UnknownProperty("where a regular expression with repetitions in each other matches")


def complaint(pattern: str) -> str:
    """Return what Go says of *pattern*, ``""`` if it reads it."""
    try:
        compiled(pattern)
    except BadExpression as error:
        return str(error)
    except UnknownProperty:
        return ""
    return ""


class _Translator:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.groups = 0
        self.names: set[str] = set()
        # How often the last operator repeats, and what those in each other come to so far.
        self.times = self.together = 1
        self.multiline = self.dotall = self.lazy = self.caseless = False

    def all(self) -> str:
        out = self.alternatives()
        if self.at < len(self.pattern):
            raise BadExpression("unexpected )", self.pattern)
        return out

    def alternatives(self) -> str:
        """Translate up to the parenthesis that closes, or the end."""
        saved = self.multiline, self.dotall, self.lazy, self.caseless
        parts: list[str] = [""]
        closers = 0
        while self.at < len(self.pattern) and self.pattern[self.at] != ")":
            if self.pattern[self.at] == "|":
                # Flags that were set in one alternative hold in those after it, too.
                self.at += 1
                again = f"(?{'i' if self.caseless else '-i'}:" if closers else ""
                parts.append(f"{')' * closers}|{again}")
                closers = min(closers, 1)
                continue
            piece, opens = self.piece()
            parts.append(piece)
            closers += opens
        self.multiline, self.dotall, self.lazy, self.caseless = saved
        return "".join(parts) + ")" * closers

    def piece(self) -> tuple[str, int]:
        """Return a part of a sequence with its repetition, and how many groups it leaves open."""
        start = self.at
        outer, self.together = self.together, 1
        flags = self.flags()
        if flags is not None:
            self.together = max(outer, self.together)
            return flags
        item = self.item()
        repeated = False
        while self.at < len(self.pattern):
            begin = self.at
            operator = self.repetition()
            if not operator:
                break
            if repeated:
                part = self.pattern[start:begin]
                before = _last_repetition(part)
                shown = before + self.pattern[begin : self.at]
                raise BadExpression("invalid nested repetition operator", shown)
            item = f"(?:{item}){operator}"
            repeated = True
        self.together = max(outer, self.together)
        return item, 0

    def flags(self) -> tuple[str, int] | None:
        found = _FLAGS.match(self.pattern, self.at)
        if found is None or (not found[1] and not found[2] and found[3] == ")"):
            return None
        saved = self.multiline, self.dotall, self.lazy, self.caseless
        for letters, on in ((found[1], True), (found[2] or "", False)):
            self.multiline = on if "m" in letters else self.multiline
            self.dotall = on if "s" in letters else self.dotall
            self.lazy = on if "U" in letters else self.lazy
            self.caseless = on if "i" in letters else self.caseless
        self.at = found.end()
        if found[3] == ")":
            return f"(?{'i' if self.caseless else '-i'}:", 1
        inside = f"(?{'i' if self.caseless else '-i'}:{self.alternatives()})"
        self.multiline, self.dotall, self.lazy, self.caseless = saved
        self.close()
        rest = self.repetition() if self.at < len(self.pattern) else ""
        return f"{inside}{rest}", 0

    def close(self) -> None:
        if self.at >= len(self.pattern):
            raise BadExpression("missing closing )", self.pattern)
        self.at += 1

    def repetition(self) -> str:
        """Take a repetition operator; ``""`` if none follows."""
        char = self.pattern[self.at]
        begin = self.at
        self.times = 1
        if char in "*+?":
            self.at += 1
            operator = char
        elif char == "{":
            found = _REPEAT.match(self.pattern, self.at)
            if found is None:
                return ""
            least = int(found[1])
            most = int(found[3]) if found[3] else least
            if least > _MOST or most > _MOST or (found[3] and most < least):
                raise BadExpression("invalid repeat count", found[0])
            self.at = found.end()
            operator, self.times = found[0], most
        else:
            return ""
        lazy = self.lazy
        if self.at < len(self.pattern) and self.pattern[self.at] == "?":
            self.at += 1
            lazy = not lazy
        if self.at < len(self.pattern) and self.pattern[self.at] in "*+?":
            shown = self.pattern[begin : self.at + 1]
            raise BadExpression("invalid nested repetition operator", shown)
        self.together = self.together * max(self.times, 1) if operator != "{0}" else 1
        if self.together > _MOST:
            raise BadExpression("invalid repeat count", self.pattern[begin : self.at])
        return operator + ("?" if lazy else "")

    def item(self) -> str:
        char = self.pattern[self.at]
        if char in "*+?" or (char == "{" and _REPEAT.match(self.pattern, self.at)):
            begin = self.at
            self.repetition()
            shown = self.pattern[begin : self.at]
            raise BadExpression("missing argument to repetition operator", shown)
        if char == "(":
            return self.group()
        if char == "[":
            return self.set()
        if char == "\\":
            return self.escape()
        self.at += 1
        if char == "^":
            return "(?m:^)" if self.multiline else r"\A"
        if char == "$":
            return "(?m:$)" if self.multiline else r"\Z"
        if char == ".":
            return _ANY if self.dotall else r"[^\n]"
        return re.escape(char)

    def group(self) -> str:
        rest = self.pattern[self.at :]
        if rest.startswith("(?"):
            named = _NAMED.match(self.pattern, self.at)
            if named is None or rest[2:4] in ("<=", "<!"):
                raise BadExpression("invalid or unsupported Perl syntax", _perl(rest))
            if not re.fullmatch(r"[A-Za-z0-9_]+", named[1]):
                raise BadExpression("invalid named capture", named[0])
            if named[1] in self.names:
                raise BadExpression("duplicate capture group name", named[1])
            self.names.add(named[1])
            self.at = named.end()
        else:
            self.at += 1
        inside = f"({self.alternatives()})"
        self.close()
        return inside

    def escape(self) -> str:
        if self.at + 1 >= len(self.pattern):
            raise BadExpression("trailing backslash at end of expression", "")
        char = self.pattern[self.at + 1]
        if char == "Q":
            end = self.pattern.find(r"\E", self.at + 2)
            text = self.pattern[self.at + 2 : end if end >= 0 else len(self.pattern)]
            self.at = len(self.pattern) if end < 0 else end + 2
            return re.escape(text) or "(?:)"
        simple = {"A": r"\A", "z": r"\Z", "b": r"\b", "B": r"\B", "C": _ANY}.get(char)
        if simple is not None:
            self.at += 2
            return simple
        inside = self.class_escape()
        if inside is not None:
            return f"[{inside}]"
        return re.escape(self.character())

    def class_escape(self) -> str | None:
        r"""Take ``\d``, ``\pL`` and the like, as what stands inside brackets."""
        char = self.pattern[self.at + 1]
        if char.lower() in _PERL:
            self.at += 2
            inside = _PERL[char.lower()]
            return inside if char.islower() else _other_than(inside)
        found = _PROPERTY.match(self.pattern, self.at + 1)
        if found is None:
            return None
        name = found[3] if found[3] is not None else found[4]
        inside = _property(name, self.pattern[self.at : found.end()])
        self.at = found.end()
        negative = (found[1] == "P") != bool(found[2])
        return _other_than(inside) if negative else inside

    def character(self) -> str:
        """Take an escape that stands for one character."""
        begin, char = self.at, self.pattern[self.at + 1]
        self.at += 2
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char == "x":
            found = re.compile(r"\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2})").match(self.pattern, self.at)
            if found is not None and int(found[1] or found[2], 16) <= 0x10FFFF:
                self.at = found.end()
                return chr(int(found[1] or found[2], 16))
        elif char in "01234567":
            found = re.compile(r"[0-7]{1,3}").match(self.pattern, begin + 1)
            if found is not None and (char == "0" or len(found[0]) > 1):
                self.at = found.end()
                return chr(int(found[0], 8))
        elif char.isascii() and not char.isalnum() and char != "_":
            return char
        raise BadExpression("invalid escape sequence", self.pattern[begin : begin + 2])

    def set(self) -> str:
        begin = self.at
        self.at += 1
        negative = self.pattern.startswith("^", self.at)
        self.at += negative
        parts: list[str] = []
        first = True
        while first or not self.pattern.startswith("]", self.at):
            if self.at >= len(self.pattern):
                raise BadExpression("missing closing ]", self.pattern[begin:])
            parts.append(self.in_set(begin))
            first = False
        self.at += 1
        inside = "".join(parts)
        if not inside:
            return _ANY if negative else _NOTHING
        return f"[{'^' if negative else ''}{inside}]"

    def in_set(self, begin: int) -> str:
        named = _NAME_OF_CLASS.match(self.pattern, self.at)
        if named is not None:
            if named[2] not in _CLASSES:
                raise BadExpression("invalid character class range", named[0])
            self.at = named.end()
            inside = _CLASSES[named[2]]
            return _other_than(inside) if named[1] else inside
        if self.pattern.startswith("\\", self.at) and self.at + 1 < len(self.pattern):
            found = self.class_escape()
            if found is not None:
                return found
        start = self.at
        low = self.one_of_set(begin)
        if self.pattern.startswith("-", self.at) and self.pattern[
            self.at + 1 : self.at + 2
        ] not in (
            "]",
            "",
        ):
            self.at += 1
            high = self.one_of_set(begin)
            if high < low:
                shown = self.pattern[start : self.at]
                raise BadExpression("invalid character class range", shown)
            return f"{re.escape(low)}-{re.escape(high)}"
        return re.escape(low)

    def one_of_set(self, begin: int) -> str:
        if self.at >= len(self.pattern):
            raise BadExpression("missing closing ]", self.pattern[begin:])
        if self.pattern[self.at] == "\\":
            if self.at + 1 >= len(self.pattern):
                raise BadExpression("trailing backslash at end of expression", "")
            return self.character()
        self.at += 1
        return self.pattern[self.at - 1]


def _perl(rest: str) -> str:
    """Return how much Go shows of what it does not know."""
    if rest[:4] in ("(?<=", "(?<!"):
        return rest[:4] if rest[:3] == "(?<" else rest[:3]
    if rest.startswith(("(?P<", "(?<")):
        return rest
    return rest[:3]


def _last_repetition(text: str) -> str:
    found = re.search(r"(?:[*+?]|\{\d+(?:,\d*)?\})\??$", text)
    return found[0] if found else ""


@lru_cache(maxsize=64)
def _other_than(inside: str) -> str:
    """Return the ranges of all characters that *inside* does not have."""
    wanted = re.compile(f"[{inside}]", re.ASCII)
    return _ranges(lambda char: wanted.match(char) is None)


@lru_cache(maxsize=64)
def _property(name: str, shown: str) -> str:
    """Return the ranges of a general category of Unicode."""
    import unicodedata

    if name == "Any":
        return r"\x00-\U0010ffff"
    if not re.fullmatch(r"[CLMNPSZ][a-z]?", name):
        if name in _SCRIPTS:
            return _SCRIPTS[name]
        if re.fullmatch(r"[A-Z][a-z]+(_[A-Z][a-z]+)*", name):
            raise UnknownProperty(f"the script of {shown} in a regular expression")
        raise BadExpression("invalid character class range", shown)
    return _ranges(lambda char: unicodedata.category(char).startswith(name))


# The scripts that somebody may well write, by their main blocks.
_SCRIPTS: Final = {
    "Latin": r"A-Za-z\xaa\xba\xc0-\xd6\xd8-\xf6\xf8-\u02b8\u1e00-\u1eff",
    "Greek": r"\u0370-\u0373\u0375-\u0377\u037a-\u037d\u037f\u0384-\u03e1\u1f00-\u1ffe",
    "Cyrillic": r"\u0400-\u0484\u0487-\u052f\u1c80-\u1c88",
    "Hangul": r"\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3",
    "Han": r"\u2e80-\u2e99\u2f00-\u2fd5\u3005\u3007\u3021-\u3029\u3400-\u4dbf\u4e00-\u9fff",
    "Hiragana": r"\u3041-\u3096\u309d-\u309f",
    "Katakana": r"\u30a1-\u30fa\u30fd-\u30ff",
}


def _ranges(has: Callable[[str], bool]) -> str:
    """Return the ranges of all characters that *has* holds of, for use inside brackets."""
    parts: list[str] = []
    start = -1
    for code in range(0x110001):
        inside = code < 0x110000 and has(chr(code))
        if inside and start < 0:
            start = code
        elif not inside and start >= 0:
            low, high = re.escape(chr(start)), re.escape(chr(code - 1))
            parts.append(low if start == code - 1 else f"{low}-{high}")
            start = -1
    return "".join(parts)
