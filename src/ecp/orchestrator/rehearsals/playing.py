"""A worker process: reads scenarios, carries out runs, says what campaigns come to.

Started with `python -m`; what it is asked is a dict whose `work` names one of the functions below.
It tells the share that is done as often as it likes.
"""

import os
from collections.abc import Callable, Mapping
from typing import Any, Final

from ecp.edge.workers import serve

_SLICES: Final = 50
Tell = Callable[[float], None]


def read(asked: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    """Return the variants of a scenario as plain data, or why it is none.

    asked  scenario, grid (texts; "" = none), files (texts by name), tenants and clusters that were
           fetched, by name
    """
    from ecp.rehearsal.campaign import BASE, Variant
    from ecp.rehearsal.grounds import BadGround, Ground, Kept
    from ecp.rehearsal.run import Demand
    from ecp.rehearsal.scenario import ScenarioRefused, parse
    from ecp.rehearsal.variants import variants
    from ecp.validation import Source

    def content(name: str) -> bytes:
        if name not in asked["files"]:
            raise BadGround("no-file", name=name)
        found: str = asked["files"][name]
        return found.encode()

    def live(name: str) -> bytes:
        if name not in asked["clusters"]:
            raise BadGround("not-here", name=name)
        found: bytes = asked["clusters"][name]
        return found

    def tenant(name: str) -> Kept:
        row = asked["tenants"].get(name)
        if row is None:
            raise BadGround("tenant-unknown", name=name)
        if not row["manifest"]:
            raise BadGround("tenant-bare", name=name)
        named = ("namespace", "units", "load", "shape", "contract")
        demand = Demand(failures=False, **{field: row[field] for field in named})
        return Kept((Source(row["manifest"], f"{name}.yaml"),), demand, row["target_ppm"])

    def load(name: str) -> list[Source]:
        return [Source(content(name), name)]

    ground = Ground(content, live, tenant)
    source = Source(asked["scenario"], "scenario.yaml")
    try:
        scenario = parse(source.text, source.name, load, ground)
        found: tuple[Variant, ...] = (Variant(BASE, scenario),)
        if asked["grid"]:
            found = variants(Source(asked["grid"], "grid.yaml"), source, load, ground)
    except ScenarioRefused as error:
        return {"refused": {"key": error.key, "values": error.values, "where": error.where}}
    except BadGround as error:
        key = f"scenario.{error.key}"
        return {"refused": {"key": key, "values": error.values, "where": source.name}}
    seed = scenario.seed if asked["seed"] is None else asked["seed"]
    return {
        "name": scenario.name,
        "variants": [
            {"name": row.name, "scenario": row.scenario._replace(seed=seed).plain()}
            for row in found
        ],
    }


def play(asked: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    """Carry out one scenario; return verdict and reports by form and language.

    The digest is that of the JSON report: equal ones are the same, byte for byte.
    """
    import hashlib
    import json

    from ecp.rehearsal import html, junit
    from ecp.rehearsal.assumptions import resting
    from ecp.rehearsal.course import course
    from ecp.rehearsal.evidence import one_after_another
    from ecp.rehearsal.outcome import NotCarriedOut, carried_out
    from ecp.rehearsal.scenario import from_plain

    def paced(run: Any) -> None:
        step = max(run.length // _SLICES, 1)
        until = run.cluster.now
        while not run.proceed(until):
            until = run.cluster.now + step
            if run.born:
                tell(min(1.0, (run.cluster.now - run.born * 5_000_000_000) / run.length))

    language = asked["language"]
    try:
        outcome = carried_out(from_plain(asked["scenario"]), language, paced)
        outcome = resting(outcome, one_after_another, asked=asked["assumptions"])
    except NotCarriedOut as error:
        return {"failed": {"key": error.key, "values": dict(error.values)}}
    reports = {("json", ""): outcome.to_bytes()}
    for spoken in ("en", "ko"):
        reports["text", spoken] = outcome.to_text(spoken).encode()
        reports["html", spoken] = html.render(outcome, spoken).encode()
        reports["junit", spoken] = junit.render(outcome, spoken).encode()
        if (found := course(outcome, spoken)) is not None:
            reports["course", spoken] = json.dumps(found, ensure_ascii=False).encode()
    verdict = {
        "passed": outcome.passed,
        "exit_code": outcome.exit_code,
        "as_expected": outcome.as_expected,
        "digest": "sha256:" + hashlib.sha256(reports["json", ""]).hexdigest(),
    }
    return {"verdict": verdict, "reports": reports}


def record(asked: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    """Carry out one run of a campaign; return its record."""
    from ecp.rehearsal.campaign import Task, one_run
    from ecp.rehearsal.outcome import NotCarriedOut

    try:
        return {"record": one_run(Task(*asked["task"]), asked["scenario"])}
    except NotCarriedOut as error:
        return {"failed": {"key": error.key, "values": dict(error.values)}}


def summarize(asked: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    """Return what a campaign comes to, from all its records in the order of its tasks."""
    import json

    from ecp.rehearsal.campaign import Campaign, Variant, summary
    from ecp.rehearsal.campaign_text import render
    from ecp.rehearsal.scenario import from_plain

    variants = [Variant(row["name"], from_plain(row["scenario"])) for row in asked["variants"]]
    found = summary(Campaign(tuple(variants), asked["runs"]), asked["records"])
    reports = {("json", ""): json.dumps(found, ensure_ascii=False, indent=2).encode() + b"\n"}
    for spoken in ("en", "ko"):
        reports["text", spoken] = render(found, spoken).encode()
    failed = [row["failed"]["hits"] for row in found["variants"]]
    verdict = {"passed": not any(failed), "exit_code": 6 if any(failed) else 0,
               "digest": found["digest"]}  # fmt: skip
    return {"verdict": verdict, "reports": reports}


_WORK: Final = {"read": read, "play": play, "record": record, "summarize": summarize}


def main() -> None:
    """Work until there is no more to do."""
    # Who waits for an answer goes first: a rehearsal has time.
    os.nice(5)
    serve(lambda asked, tell: _WORK[asked["work"]](asked, tell))


if __name__ == "__main__":
    main()
