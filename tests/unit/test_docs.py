"""What the documents say is there, and everything that is there is said in them."""

import ast
import configparser
import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from ecp.edge.services import TABLE
from ecp.kube.kinds import KINDS
from ecp.sim.faults import catalogue
from ecp.texts import text
from ecp.validation import validate
from ecp.validation.rules import rules

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
README = {"en": ROOT / "README.md", "ko": ROOT / "README.ko.md"}
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "examples").glob("*.md")])
ENGLISH_ONLY = {"decisions"}  # why things are as they are, for those who work on it
SETTING = re.compile(r"(ECP|K8S)_[A-Z_]+")


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


reference = load("make_reference")
tour = load("tour")
shots = load("shots")


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


# --- the reference ---------------------------------------------------------------------------


@cache
def generated() -> dict[str, str]:
    pages: dict[str, str] = reference.pages()
    return pages


def test_generating_the_reference_anew_changes_nothing() -> None:
    written = {file.name: file.read_text("utf-8") for file in REFERENCE.iterdir()}
    stale = [n for n in sorted(generated().keys() | written.keys())
             if generated().get(n) != written.get(n)]  # fmt: skip
    assert not stale, "run .venv/bin/python tools/make_reference.py"


@cache
def settings_in_the_sources() -> list[str]:
    """Return the names that modules which read the environment have in their hands."""
    found = {part.listens.setting for part in TABLE.values()}
    for file in (ROOT / "src").rglob("*.py"):
        source = file.read_text("utf-8")
        if re.search(r"\benviron\b", source):
            strings = (n.value for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Constant))
            found |= {s for s in strings if isinstance(s, str) and SETTING.fullmatch(s)}
    return sorted(found)


def routes() -> Iterator[str]:
    from ecp.orchestrator import app as orchestrator
    from ecp.simulator import app as simulator

    for app in (simulator.create_app(), orchestrator.create_app()):
        for path, methods in app.openapi()["paths"].items():
            yield from (f"| {method.upper()} | `{path}` |" for method in methods)


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize(
    ("page", "words"),
    [
        pytest.param("rules", lambda: [f"`{rule}`" for rule in rules()], id="every rule"),
        pytest.param("faults", lambda: [f"`{fault}`" for fault in catalogue()], id="every fault"),
        pytest.param("kinds", lambda: [f"| {k.kind} | `{k.api_version}`" for k in KINDS],
                     id="every kind"),
        pytest.param("settings", lambda: [f"`{name}`" for name in settings_in_the_sources()],
                     id="every setting"),
        pytest.param("cli", lambda: [f"## `{path}`" for path, _ in reference.commands("en")],
                     id="every command"),
        pytest.param("api", routes, id="every route"),
    ],
)  # fmt: skip
def test_the_reference_has(page: str, words: object, language: str) -> None:
    said = (REFERENCE / f"{page}{'' if language == 'en' else '.ko'}.md").read_text("utf-8")
    wanted = list(words())  # type: ignore[operator]
    assert wanted
    missing = [word for word in wanted if word not in said]
    assert missing == [], "run tools/make_reference.py; a new setting needs a row in it"


# --- links and pairs -------------------------------------------------------------------------


def without_code(text_: str) -> str:
    return re.sub(r"```.*?```|`[^`\n]*`", "", text_, flags=re.DOTALL)


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as the usual renderers make them."""
    found = set()
    for heading in re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE):
        words = re.sub(r"[^\w\- ]", "", heading.strip().lower())
        found.add(words.replace(" ", "-"))
    return found


def broken_links(page: Path) -> list[str]:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        known = file.exists() and (not anchor or (file.suffix == ".md" and anchor in anchors(file)))
        if not known:
            broken.append(target)
    return broken


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert broken_links(page) == []


def test_a_link_to_nowhere_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One\n[a](no.md) [b](#two) [c](#one) `[d](no.md)`\n", "utf-8")
    assert broken_links(page) == ["no.md", "#two"]


@pytest.mark.parametrize(
    "page",
    [page for page in DOCS.rglob("*.md") if page.parent.name not in ENGLISH_ONLY],
    ids=named,
)
def test_a_page_is_there_in_both_languages_and_each_says_so(page: Path) -> None:
    stem = page.name.removesuffix(".md").removesuffix(".ko")
    other = page.with_name(f"{stem}.md" if page.name.endswith(".ko.md") else f"{stem}.ko.md")
    assert other.is_file()
    if page.parent != REFERENCE:
        assert f"]({other.name})" in page.read_text("utf-8")


@pytest.mark.parametrize("page", [p for p in PAGES if p.name.endswith(".ko.md")], ids=named)
def test_a_korean_page_has_the_parts_of_the_english_one(page: Path) -> None:
    def shape(text_: str) -> list[str]:
        return re.findall(r"^(#+ |```\w*|\|[-|: ]+\|$)", text_, re.MULTILINE)

    english = page.with_name(page.name.replace(".ko.md", ".md"))
    assert shape(page.read_text("utf-8")) == shape(english.read_text("utf-8"))


def test_every_decision_is_in_the_index_and_has_its_parts() -> None:
    index = (DOCS / "decisions" / "README.md").read_text("utf-8")
    for page in sorted((DOCS / "decisions").glob("0*.md")):
        assert f"]({page.name})" in index
        parts = re.findall(r"^## (\w+)$", page.read_text("utf-8"), re.MULTILINE)
        assert parts == ["Status", "Context", "Decision", "Consequences", "Alternatives"], page.name


def test_every_picture_is_shown_in_its_language_and_small() -> None:
    said = {"en": "", "ko": ""}
    for page in PAGES:
        said["ko" if page.name.endswith(".ko.md") else "en"] += page.read_text("utf-8")
    pictures = {file.name: file.stat().st_size for file in shots.DOCS.iterdir()}
    assert set(re.findall(r"images/([\w-]+\.\w+)\)", said["en"] + said["ko"])) == set(pictures)
    assert [name for name in pictures if f"/{name})" not in said[name.split("-")[-2]]] == []
    assert max(pictures.values()) <= shots.MOST_BYTES
    assert sum(pictures.values()) <= shots.MOST_BYTES_TOGETHER


# --- the READMEs -----------------------------------------------------------------------------


def test_both_readmes_have_the_same_tour() -> None:
    english, korean = (tour.commands(page.read_text("utf-8")) for page in README.values())
    assert english == korean


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_port_table_is_the_table_of_services(language: str) -> None:
    said = README[language].read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \|", said, re.MULTILINE)
    here = [(int(port), what, name.strip("`"), run != "—") for port, what, name, run in rows]
    ports = [part.listens for part in TABLE.values()]
    there = [(s.port, text(s.text, language), s.setting, bool(s.process)) for s in ports]
    assert here == there


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_readme_names_no_setting_that_is_not_there(language: str) -> None:
    said = README[language].read_text("utf-8")
    assert {match[0] for match in SETTING.finditer(said)} <= set(settings_in_the_sources())


@pytest.mark.parametrize(
    "page", [p for p in (DOCS / "guides").glob("*.md") if "```console" in p.read_text("utf-8")],
    ids=named,
)  # fmt: skip
def test_what_a_guide_shows_is_printed(page: Path) -> None:
    """Lines of dots stand for lines left out; all others come in this order."""
    for block in re.findall(r"```console\n\$ (.*?)```", page.read_text("utf-8"), re.DOTALL):
        command, *shown = block.splitlines()
        program = command.replace(".venv/bin/ecp", f"{sys.executable} -m ecp.cli.main")
        ran = subprocess.run(
            program, shell=True, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
        )
        printed = iter(ran.stdout.splitlines())
        missing = [line for line in shown if line != "…" and line not in printed]
        assert not missing, f"{command}\n{ran.stdout}{ran.stderr}"


# --- examples --------------------------------------------------------------------------------


@pytest.mark.parametrize("file", sorted((ROOT / "examples").glob("*.yaml")), ids=named)
def test_an_example_is_valid_unless_it_says_that_it_is_not(file: Path) -> None:
    assert validate(file.read_bytes(), source=file.name).valid is ("broken" not in file.name)
    assert f"]({file.name})" in (ROOT / "examples" / "README.md").read_text("utf-8")


# --- architecture ----------------------------------------------------------------------------


def layers(contract: str) -> list[list[str]]:
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter")
    lines = config[f"importlinter:contract:{contract}"]["layers"].split("\n")
    return [sorted(re.findall(r"\w+", line)) for line in lines if line.strip()]


def test_the_doors_are_those_that_the_linter_holds() -> None:
    said = (ROOT / "ARCHITECTURE.md").read_text("utf-8").partition("## Doors")[2]
    blocks = re.findall(r"```\n(.*?)```", said, re.DOTALL)[:2]
    told = [[sorted(re.findall(r"\w+", line)) for line in block.splitlines()] for block in blocks]
    assert told == [layers("floors"), layers("cluster")]


def test_every_room_is_on_the_floor_plan() -> None:
    said = (ROOT / "ARCHITECTURE.md").read_text("utf-8").partition("## Rooms")[2]
    plan = said.partition("## Doors")[0]
    for place in (ROOT / "src/ecp", ROOT / "src/ecp/sim"):
        rooms = [p.stem for p in place.iterdir() if p.name[0] not in "_." and p.stem != "py"]
        missing = [room for room in rooms if not re.search(rf"\b{room}\b", plan)]
        assert not missing
