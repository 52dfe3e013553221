"""The house style, as far as a machine can judge it (STYLE.md says the rest).

Each rule is a function from one file to the lines that break it, so that every rule is also run
on a planted offence: a rule that finds nothing anywhere proves nothing.
"""

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Written in parts, so that this file keeps the rules that it checks.
PACKAGE_HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("ftp", "debian", "org"),
        ("security", "debian", "org"),
        ("snapshot", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
        ("maven", "apache", "org"),
    )
)
MACHINE_FOLDERS = ("work", "root", "home", "Users", "tmp")
UNFINISHED = ("TO" + "DO", "FIX" + "ME", "X" * 3, "NotImplemented" + "Error")
NOT_OURS = (
    r"\.\./sha" + "red",
    r"\bsha" + r"red/(spec|design|data)",
    r"\bCl" + r"aude\b",
    r"\bAnth" + r"ropic\b",
    r"\bAI[- ](help|assist)" + r"(er|ant)\b",
    r"(generated|written|made) (by|with) (an )?" + r"(AI|LLM)\b",
)
NAMELESS = {"utils", "util", "common", "helpers", "helper", "misc", "base_utils"}

# Data that is kept as it was found or recorded, and what people bring along.
DATA = ("tests/golden/", "tests/fidelity/", "examples/", "LICENSE")
# The edge: where a failure of any kind is logged once and answered.
EDGES = {
    "src/ecp/simulator/app.py",
    "src/ecp/simulator/hosting.py",  # the background loop of a cluster: the others go on
    "src/ecp/simulator/directory.py",  # a cluster whose files are damaged: the others serve
    "src/ecp/orchestrator/app.py",
    "src/ecp/cli/main.py",
}
CORE = ("kube", "workloads", "manifests", "validation", "slo", "sim", "rehearsal")
Offences = Iterator[tuple[int, str]]  # line and what is wrong there
Rule = Callable[[str, str], Offences]  # path from the root, content


@cache
def tracked() -> tuple[str, ...]:
    """Return what git tracks or would track, as paths from the root."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(sorted({name for name in listing.split("\0") if (ROOT / name).is_file()}))


@cache
def content(path: str) -> str | None:
    """Return the text of *path*, None for binary content."""
    raw = (ROOT / path).read_bytes()
    try:
        return None if b"\0" in raw else raw.decode()
    except UnicodeDecodeError:
        return None


def is_data(path: str) -> bool:
    return path.startswith(DATA)


def is_core(path: str) -> bool:
    return path.startswith(tuple(f"src/ecp/{room}/" for room in CORE)) and path.endswith(".py")


def matching(text: str, pattern: str, flags: re.RegexFlag = re.NOFLAG) -> Offences:
    for match in re.finditer(pattern, text, flags):
        yield text.count("\n", 0, match.start()) + 1, match[0]


# --- the rules -------------------------------------------------------------------------------


def package_hosts(path: str, text: str) -> Offences:
    """No host of a package registry or mirror: the reader's own configuration decides."""
    if not is_data(path):
        hosts = "|".join(re.escape(host) for host in PACKAGE_HOSTS)
        yield from matching(text, rf"(?<![\w-])(?:{hosts})\b", re.IGNORECASE)


def machine_paths(path: str, text: str) -> Offences:
    """No path of somebody's machine."""
    if not is_data(path):
        folders = "|".join(MACHINE_FOLDERS)
        yield from matching(text, rf"(?<![\w.$}})*~:-])/(?:{folders})/[\w.-]+")


def not_ours(path: str, text: str) -> Offences:
    """Nothing about how or where the project came to be."""
    if not is_data(path):
        for pattern in NOT_OURS:
            yield from matching(text, pattern)


def unfinished(path: str, text: str) -> Offences:
    """What is not done is an issue, never a mark in the code."""
    if path.startswith(("src/", "tools/", "bench/", "web/")):
        yield from matching(text, rf"\b(?:{'|'.join(UNFINISHED)})\b")


def nameless_rooms(path: str, text: str) -> Offences:
    """A name says what is inside; these say that nobody knew."""
    steps = PurePosixPath(path).with_suffix("").parts
    yield from ((1, step) for step in steps if step.lower() in NAMELESS)


def broad_excepts(path: str, text: str) -> Offences:
    """Catch a class you can name, where you can act; the edge catches the rest."""
    if not path.startswith("src/") or not path.endswith(".py") or path in EDGES:
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ExceptHandler) and not passed_on(node):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            for kind in caught:
                name = "everything" if kind is None else ast.unparse(kind)
                if name in {"everything", "Exception", "BaseException"}:
                    yield node.lineno, f"except {name}"


def passed_on(handler: ast.ExceptHandler) -> bool:
    """Tell whether *handler* only tidies up: its last word is to raise the same again."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def undocumented(path: str, text: str) -> Offences:
    """Every module says what it is for; a package without a word is a drawer."""
    if path.startswith("src/") and path.endswith(".py"):
        silent = ast.get_docstring(ast.parse(text)) is None
        if silent and (text.strip() or path.endswith("__init__.py")):
            yield 1, "no module docstring"


def headless_generated(path: str, text: str) -> Offences:
    """A generated file says so, where its format has comments."""
    generated = {"generated", "reference"} & set(PurePosixPath(path).parts[:-1])
    if generated and not path.endswith((".json", ".svg")) and not is_data(path):
        head = "\n".join(text.splitlines()[:5]).lower()
        if "generated, do not edit" not in head:
            yield 1, "not headed 'generated, do not edit'"


def printing_core(path: str, text: str) -> Offences:
    """The core returns; the command line and the services speak."""
    if is_core(path):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"print", "input"}:
                yield node.lineno, f"{ast.unparse(node.func)}()"


def walked_sets(path: str, text: str) -> Offences:
    """The order of a set must reach no result; sort it, or keep a dict."""
    if not is_core(path):
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.For | ast.comprehension):
            walked = node.iter
            fresh = isinstance(walked, ast.Call) and ast.unparse(walked.func) in {
                "set",
                "frozenset",
            }
            if fresh or isinstance(walked, ast.Set | ast.SetComp):
                yield walked.lineno, f"iterates {ast.unparse(walked)[:40]}"


_ASKING_LINK = re.compile(r"""<Link[^>]*?\bto=\{?["'`][^"'`]*\?\w+=|\bto\(["'`][^"'`]*\?\w+=""")


_CLASS = re.compile(r"\[(?:\\.|[^\]\\])*\]")
_POSSESSIVE_GROUP = re.compile(r"(?<!\\)\)(?:[*+?]|\{\d*,?\d*\})\+|\(\?>")


def possessive_groups(path: str, text: str) -> Offences:
    """Only one class repeats possessively: Python before 3.11.5 (Debian 12 has 3.11.2) matches
    groups that do so wrongly (python/cpython#106052, #101955)."""
    if path.startswith("src/") and path.endswith(".py"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found = _POSSESSIVE_GROUP.search(_CLASS.sub("[]", node.value))
                if found is not None:
                    yield node.lineno, found[0]


def asking_links(path: str, text: str) -> Offences:
    """What a link asks stands in `search`: behind its path the router appends what it keeps."""
    if path.startswith("web/") and path.endswith(".tsx"):
        for found in _ASKING_LINK.finditer(text):
            yield text.count("\n", 0, found.start()) + 1, found[0]


RULES: tuple[Rule, ...] = (
    asking_links,
    possessive_groups,
    package_hosts,
    machine_paths,
    not_ours,
    unfinished,
    nameless_rooms,
    broad_excepts,
    undocumented,
    headless_generated,
    printing_core,
    walked_sets,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_tracked_file_keeps(rule: Rule) -> None:
    offences = [
        f"{path}:{line}: {what}"
        for path in tracked()
        for line, what in rule(path, content(path) or "")
    ]
    assert not offences, f"{rule.__doc__}\n" + "\n".join(offences)


CORE_FILE = "src/ecp/sim/planted.py"


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        pytest.param(
            possessive_groups, CORE_FILE, 'P = re.compile(r"(a|b)*' + '+c")\n', id="a greedy group"
        ),
        pytest.param(
            asking_links, "web/a.tsx", '<Link\n to={"/validate?sample=own" as never}>', id="asks"
        ),
        pytest.param(
            package_hosts,
            "Makefile",
            f"pip install -i https://{PACKAGE_HOSTS[0]}/simple x",
            id="an index in a recipe",
        ),
        pytest.param(
            package_hosts,
            "web/package-lock.json",
            f'"resolved": "https://registry.{PACKAGE_HOSTS[2]}/x.tgz"',
            id="a host below a registry's domain in a lock file",
        ),
        pytest.param(
            machine_paths, "docs/a.md", f"open `/{MACHINE_FOLDERS[2]}/kim/ecp`", id="a home folder"
        ),
        pytest.param(
            machine_paths,
            CORE_FILE,
            f'p = "/{MACHINE_FOLDERS[0]}/main"',
            id="a folder of one machine",
        ),
        pytest.param(not_ours, "docs/a.md", "see ../sha" + "red/spec", id="a page not here"),
        pytest.param(unfinished, CORE_FILE, "# " + UNFINISHED[0] + ": later", id="a mark left"),
        pytest.param(nameless_rooms, "src/ecp/sim/utils.py", "", id="a drawer as a module"),
        pytest.param(nameless_rooms, "src/ecp/common/x.py", "", id="a drawer as a package"),
        pytest.param(
            broad_excepts,
            CORE_FILE,
            "try:\n    f()\nexcept Exception:\n    pass\n",
            id="all caught",
        ),
        pytest.param(
            broad_excepts, CORE_FILE, "try:\n    f()\nexcept:\n    pass\n", id="all caught, unsaid"
        ),
        pytest.param(
            broad_excepts,
            CORE_FILE,
            "try:\n    f()\nexcept (OSError, BaseException):\n    pass\n",
            id="all caught among others",
        ),
        pytest.param(undocumented, CORE_FILE, "x = 1\n", id="a module without a word"),
        pytest.param(undocumented, "src/ecp/sim/__init__.py", "", id="a package without a word"),
        pytest.param(
            headless_generated, "docs/reference/rules.md", "# Rules\n", id="generated, unsaid"
        ),
        pytest.param(printing_core, CORE_FILE, 'print("here")\n', id="a print left over"),
        pytest.param(walked_sets, CORE_FILE, "for x in set(names):\n    f(x)\n", id="a set walked"),
        pytest.param(
            walked_sets, CORE_FILE, "y = [f(x) for x in {a, b}]\n", id="a set walked in a list"
        ),
    ],
)
def test_the_rule_sees(rule: Rule, path: str, text: str) -> None:
    assert list(rule(path, text))


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        pytest.param(
            package_hosts,
            "tests/golden/manifests/shop.yaml",
            f"image: mirror.{PACKAGE_HOSTS[0]}/x",
            id="data is kept as found",
        ),
        pytest.param(
            package_hosts, "docs/a.md", "registry.k8s.io/pause:3.10", id="an image is data"
        ),
        pytest.param(
            machine_paths, "docs/a.md", "~/work/x, ./tmp/y, http://h/home/z", id="a relative path"
        ),
        pytest.param(broad_excepts, min(EDGES), "try:\n    f()\nexcept Exception:\n    g()\n",
                     id="the edge catches the rest"),
        pytest.param(
            broad_excepts,
            CORE_FILE,
            "try:\n    f()\nexcept BaseException:\n    undo()\n    raise\n",
            id="tidied up and passed on",
        ),
        pytest.param(walked_sets, CORE_FILE, "for x in sorted({a, b}):\n    f(x)\n", id="sorted"),
        pytest.param(
            headless_generated,
            "docs/reference/rules.md",
            "<!-- generated, do not edit: make reference -->\n",
            id="generated, and says so",
        ),
    ],
)  # fmt: skip
def test_the_rule_lets_pass(rule: Rule, path: str, text: str) -> None:
    assert not list(rule(path, text))
