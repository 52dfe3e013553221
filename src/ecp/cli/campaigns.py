"""`ecp rehearse SCENARIO` with its campaigns, and `ecp replay`: files, processes, progress."""

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from ecp.cli import backends
from ecp.cli.files import sources
from ecp.cli.grounds import ground
from ecp.cli.output import Failure, print_yaml, say
from ecp.kube.yaml import read
from ecp.kube.yamlwriter import dump
from ecp.rehearsal.alike import first_difference
from ecp.rehearsal.campaign import MOST_RUNS, Campaign, Record, Task, Variant, summary
from ecp.rehearsal.differences import Unreadable
from ecp.rehearsal.evidence import Evidence, Many, of_plain, one_after_another
from ecp.rehearsal.outcome import NoResult, Outcome, carried_out, read_result
from ecp.rehearsal.scenario import Scenario, ScenarioRefused, parse
from ecp.rehearsal.variants import variants
from ecp.sim.faults import FaultRefused
from ecp.texts import Language
from ecp.validation import Source

FORMS = ("text", "json", "yaml", "junit", "html")
MOST_JOBS = 256
_NAME = "campaign.json"


def loader(path: str) -> Any:
    """Return what reads the manifests that the scenario file *path* names, relative to it."""
    folder = os.path.dirname(path)
    return lambda named: [
        source._replace(name=named if len(found) == 1 else os.path.basename(source.name))
        for found in [sources([os.path.join(folder, named)])]
        for source in found
    ]


def read_scenario(path: str, language: Language) -> tuple[Source, Scenario]:
    """Return the text and the scenario of a file. Raises Failure."""
    content = _content(path)
    try:
        return Source(content, path), parse(content, path, loader(path), ground(path))
    except ScenarioRefused as error:
        raise Failure(None, 2, message=error.said(language)) from error


def read_grid(grid: str, scenario: Source, language: Language) -> tuple[Variant, ...]:
    """Return the variants of a grid file. Raises Failure."""
    try:
        named = scenario.name
        return variants(Source(_content(grid), grid), scenario, loader(named), ground(named))
    except ScenarioRefused as error:
        raise Failure(None, 2, message=error.said(language)) from error


def _content(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Failure("file.unreadable", 1, path=path, detail=error.strerror) from error


def rehearsed(
    scenario: Scenario, language: Language, *, assumptions: bool | None = False, jobs: int = 1
) -> Outcome:
    """Rehearse a scenario once, and again with other assumptions where that is asked for (None:
    where it takes a few runs). Raises Failure for a fault that cannot be injected."""
    from ecp.rehearsal.assumptions import resting

    try:
        outcome = carried_out(scenario, language)
        return outcome if assumptions is False else resting(outcome, by(jobs), asked=assumptions)
    except FaultRefused as error:
        raise Failure(None, 2, message=error.said(language)) from error


def by(jobs: int) -> Many:
    """Return what carries scenarios out by so many processes."""
    if jobs == 1:
        return one_after_another

    def shared(scenarios: Sequence[Scenario]) -> list[Evidence]:
        if len(scenarios) < 2:
            return one_after_another(scenarios)
        workers = min(jobs, len(scenarios))
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            return list(pool.map(of_plain, [scenario.plain() for scenario in scenarios]))

    return shared


def shown(outcome: Outcome, output: str, language: Language) -> None:
    """Print an outcome in one of FORMS."""
    if output == "json":
        sys.stdout.buffer.write(outcome.to_bytes())
    elif output == "yaml":
        print_yaml(json.loads(outcome.to_bytes()))
    elif output == "text":
        print(outcome.to_text(language), end="")
    else:
        from importlib import import_module

        form = import_module(f"ecp.rehearsal.{output}")
        sys.stdout.buffer.write(form.render(outcome, language).encode())


def scenario_or_manifests(path: str, language: Language, like: Scenario | None = None) -> Scenario:
    """Return the scenario of a file, or manifests played as *like* has it; without it for a day,
    in which a node is lost, and against 99.5 %. Raises Failure."""
    document = read(_content(path), source=path, expand_lists=False)
    first = document[0].object if len(document) == 1 else None
    if isinstance(first, dict) and "scenario" in first:
        return read_scenario(path, language)[1]
    found = tuple(sources([path]))
    if like is not None:
        return like._replace(sources=found)
    return parse(dump({"scenario": path, **_USUAL, "manifests": [path]}), path, lambda _: found)


def scenario_of_tenant(tenant: str, language: Language) -> Scenario:
    """Return a Monday of a tenant that the orchestrator keeps, with a node lost. Raises Failure."""
    try:
        return parse(
            dump({"scenario": tenant, "tenant": tenant, **_USUAL}), tenant, loader(""), ground("")
        )
    except ScenarioRefused as error:
        raise Failure(None, 4, message=error.said(language)) from error


_USUAL: Final = {
    "faults": ["node_down@9h+30m"],
    "hypotheses": ["availability >= 99.5"],
    "for": "24h",
}


@contextmanager
def refusals(language: Language) -> Iterator[None]:
    """Say as a Failure what cannot be carried out or compared."""
    try:
        yield
    except FaultRefused as error:
        raise Failure(None, 2, message=error.said(language)) from error
    except Unreadable as error:
        raise Failure("bisect.unreadable", 2, detail=error) from error


# -- campaigns -------------------------------------------------------------------------------------


def run_campaign(
    campaign: Campaign, folder: str, jobs: int, language: Language, on: str = ""
) -> dict[str, Any]:
    """Carry out what is not in *folder* yet ("" = nothing is kept); return the summary.

    Raises Failure for a folder that has another campaign's runs.
    """
    kept = Kept(Path(folder), campaign) if folder else None
    tasks = list(campaign.tasks())
    records: dict[Task, Record] = {} if kept is None else kept.read(tasks)
    missing = [task for task in tasks if task not in records]
    if records:
        say("campaign.resumed", done=len(records), runs=len(tasks))
    tell = _Progress(len(missing))
    try:
        for task, record in backends.carried_out(campaign, missing, jobs, on):
            records[task] = record
            if kept is not None:
                kept.write(task, record)
            tell.one_more()
    except FaultRefused as error:
        raise Failure(None, 2, message=error.said(language)) from error
    return summary(campaign, [records[task] for task in tasks])


class Kept:
    """A folder of results: `campaign.json` says whose, then one file a run, each written whole."""

    def __init__(self, folder: Path, campaign: Campaign) -> None:
        self.folder = folder
        head = {"kind": "campaign-results", "campaign": campaign.identity}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            there = folder / _NAME
            if there.exists():
                if _json(there) != head:
                    raise Failure("campaign.other", 5, path=folder)
            else:
                _write(there, head)
        except OSError as error:
            raise Failure("campaign.folder", 1, path=folder, detail=error.strerror) from error

    def read(self, tasks: list[Task]) -> dict[Task, Record]:
        """Return the runs that are there; what is no whole record is made again."""
        found = {}
        for task in tasks:
            record = _json(self._path(task))
            same = isinstance(record, dict) and record.get("seed") == task.seed
            if same and record.get("variant") == task.variant:
                found[task] = record
        return found

    def write(self, task: Task, record: Record) -> None:
        """Keep a run: all of its file or nothing. Raises Failure."""
        try:
            _write(self._path(task), record)
        except OSError as error:
            raise Failure("campaign.folder", 1, path=self.folder, detail=error.strerror) from error

    def _path(self, task: Task) -> Path:
        return self.folder / f"{task.key}.json"


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def _write(path: Path, data: Any) -> None:
    beside = path.with_suffix(".tmp")
    beside.write_text(json.dumps(data, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(beside, path)


class _Progress:
    """Tells on a terminal how far it is, and how long the rest will take at this pace."""

    def __init__(self, runs: int) -> None:
        self.runs, self.done, self.began = runs, 0, time.monotonic()
        self.shown = self.began

    def one_more(self) -> None:
        self.done += 1
        now = time.monotonic()
        if now - self.shown < 1 and self.done < self.runs:
            return
        if sys.stderr is None or not sys.stderr.isatty():
            return
        self.shown = now
        left = round((now - self.began) / self.done * (self.runs - self.done))
        say("campaign.progress", done=self.done, runs=self.runs, left=left)


def checked_runs(runs: int, jobs: int) -> None:
    """Refuse numbers that make no campaign. Raises Failure."""
    if not 1 <= runs <= MOST_RUNS:
        raise Failure("campaign.runs", 2, value=runs, most=MOST_RUNS)
    if not 1 <= jobs <= MOST_JOBS:
        raise Failure("campaign.jobs", 2, value=jobs, most=MOST_JOBS)


# -- replay ----------------------------------------------------------------------------------------


def replayed(path: str) -> tuple[str, Any, Any] | None:
    """Repeat the rehearsal of a result file; return the first difference. Raises Failure."""
    try:
        scenario, language, before = read_result(_content(path))
    except NoResult as error:
        raise Failure("replay.no-result", 2, path=path) from error
    rested = before.get("assumptions")
    # As it was: with or without its figures at their bounds.
    asked = False if rested is None else rested.get("asked", bool(rested.get("tried")))
    outcome = rehearsed(scenario, language)
    if rested is not None:
        from ecp.rehearsal.assumptions import resting

        outcome = resting(outcome, one_after_another, asked=asked)
    now = json.loads(outcome.to_bytes())
    return first_difference(before, now)
