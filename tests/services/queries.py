"""What the queries of dashboards and alert rules ask for, by metric; and what a scrape has."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import yaml

# What Prometheus adds to each sample that it scrapes.
SCRAPED = frozenset({"job", "instance"})
_SELECTED = re.compile(r"\b(ecp\w*(?::\w+)*|up)\b(?:\{([^}]*)\})?")
_MATCHED = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_GROUPED = re.compile(r"\bby \(([^)]*)\)")
_VARIABLE = re.compile(r"label_values\((.*), (\w+)\)")
_SHOWN = re.compile(r"\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}")
_SAMPLE = re.compile(r'^(\w+)(?:\{((?:\w+="(?:[^"\\]|\\.)*",?)*)\})? ')
_LABEL = re.compile(r'(\w+)="(?:[^"\\]|\\.)*"')


class Query(NamedTuple):
    """An expression, where it stands, and the labels by which its answer is shown."""

    place: str
    expr: str
    shown: frozenset[str] = frozenset()
    gives: str = ""
    """The metric that a recording rule makes of it, "" for none."""


def of_dashboards(folder: Path) -> Iterator[Query]:
    """Yield every query of the dashboards: of panels, and of what people choose by."""
    for file in sorted(folder.glob("*.json")):
        said = json.loads(file.read_text("utf-8"))
        for panel in said["panels"]:
            for target in panel["targets"]:
                shown = frozenset(_SHOWN.findall(target["legendFormat"]))
                yield Query(f"{file.stem}: {panel['title']}", target["expr"], shown)
        for variable in said["templating"]["list"]:
            found = _VARIABLE.fullmatch(variable["definition"])
            assert found is not None, variable
            yield Query(f"{file.stem}: ${variable['name']}", found[1], frozenset({found[2]}))


def of_rules(file: Path) -> Iterator[Query]:
    """Yield every expression of a file of rules."""
    for group in yaml.safe_load(file.read_text("utf-8"))["groups"]:
        for rule in group["rules"]:
            said = " ".join(rule.get("annotations", {}).values())
            shown = frozenset(_SHOWN.findall(said)) - {"value"}
            yield Query(
                rule.get("alert") or rule["record"], rule["expr"], shown, rule.get("record", "")
            )


def scraped(*expositions: str) -> dict[str, set[str]]:
    """Return the labels of each metric that has a sample."""
    found: dict[str, set[str]] = defaultdict(set)
    for line in "\n".join(expositions).splitlines():
        sample = _SAMPLE.match(line)
        if sample is not None:
            found[sample[1]] |= {*_LABEL.findall(sample[2] or ""), *SCRAPED}
    return dict(found)


def complaints(queries: Iterable[Query], there: Mapping[str, Iterable[str]]) -> list[str]:
    """Return what queries ask for that is not *there* (labels by metric), each with its place."""
    known = {name: set(labels) | SCRAPED for name, labels in there.items()}
    known["up"] = set(SCRAPED)
    said = []
    for query in queries:
        grouped = [set(re.split(r"\s*,\s*", one)) for one in _GROUPED.findall(query.expr)]
        left = set.intersection(*grouped) if grouped else None
        for name, matchers in _SELECTED.findall(query.expr):
            if name not in known:
                said.append(f"{query.place}: there is no {name}")
                continue
            labels = {*_MATCHED.findall(matchers), *(one for by in grouped for one in by)}
            labels |= query.shown if left is None else set()
            missing = sorted(labels - known[name])
            if missing:
                said.append(f"{query.place}: {name} has no {', '.join(missing)}")
        if left is not None and query.shown - left:
            said.append(f"{query.place}: shows {', '.join(sorted(query.shown - left))}, not kept")
        if query.gives:
            known[query.gives] = left if left is not None else set()
    return said
