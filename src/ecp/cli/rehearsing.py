"""`ecp rehearse` and `ecp replay`."""

import json
import sys
from typing import Annotated

import typer

from ecp.cli.options import LANGUAGE, form, said
from ecp.cli.output import Failure, print_yaml, printed

_LONGEST_NS = 366 * 86_400_000_000_000
_LENGTH, _MODEL = "24h", "default"
_ONCE = ("junit", "html")


def rehearse(
    scenario: Annotated[
        str, typer.Argument(metavar="[SCENARIO]", help=said("cli.rehearse-scenario"))
    ] = "",
    filename: Annotated[
        list[str] | None, typer.Option("-f", "--filename", help=said("cli.files"))
    ] = None,
    length: Annotated[str, typer.Option("--for", help=said("cli.rehearse-for"))] = _LENGTH,
    fault: Annotated[
        list[str] | None, typer.Option("--fault", help=said("cli.rehearse-fault"))
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help=said("cli.rehearse-seed"))] = None,
    model: Annotated[str, typer.Option("--model", help=said("cli.model"))] = _MODEL,
    runs: Annotated[int, typer.Option("--runs", help=said("cli.rehearse-runs"))] = 1,
    grid: Annotated[
        str, typer.Option("--grid", metavar="FILE", help=said("cli.rehearse-grid"))
    ] = "",
    results: Annotated[
        str, typer.Option("--results", metavar="FOLDER", help=said("cli.rehearse-results"))
    ] = "",
    jobs: Annotated[int, typer.Option("--jobs", help=said("cli.rehearse-jobs"))] = 1,
    on: Annotated[
        str, typer.Option("--on", metavar="tcp://HOST:PORT", help=said("cli.rehearse-on"))
    ] = "",
    assumptions: Annotated[
        bool | None,
        typer.Option("--assumptions/--no-assumptions", help=said("cli.rehearse-assumptions")),
    ] = None,
    output: Annotated[str, form("text", "json", "yaml", *_ONCE)] = "text",
) -> None:
    if bool(scenario) == bool(filename):
        raise Failure("cli.rehearse-what", 2)
    if not scenario:
        alone = {"--runs": runs != 1, "--grid": grid, "--results": results, "-o": output in _ONCE,
                 "--assumptions": assumptions is not None, "--on": on}  # fmt: skip
        for option in (option for option, given in alone.items() if given):
            raise Failure("cli.rehearse-not-with", 2, option=option)
        code = _manifests(filename or [], length, fault or [], seed or 0, model, output)
        raise typer.Exit(code)
    within = {"--for": length != _LENGTH, "--fault": fault, "--model": model != _MODEL}
    for option in (option for option, given in within.items() if given):
        raise Failure("cli.rehearse-within", 2, option=option)
    many = (runs, grid, results, jobs, on)
    raise typer.Exit(_scenario(scenario, seed, many, output, assumptions))


def _scenario(
    path: str,
    seed: int | None,
    many: tuple[int, str, str, int, str],
    output: str,
    assumptions: bool | None,
) -> int:
    from ecp.cli.campaigns import (
        checked_runs,
        read_grid,
        read_scenario,
        rehearsed,
        run_campaign,
        shown,
    )
    from ecp.rehearsal.campaign import BASE, Campaign, Variant
    from ecp.rehearsal.campaign_text import render

    runs, grid, results, jobs, on = many
    checked_runs(runs, jobs)
    source, scenario = read_scenario(path, LANGUAGE)
    if seed is not None:
        scenario = scenario._replace(seed=checked_seed(seed))
    if runs == 1 and not grid and not results and not on:
        outcome = rehearsed(scenario, LANGUAGE, assumptions=assumptions, jobs=jobs)
        shown(outcome, output, LANGUAGE)
        return outcome.exit_code
    if output in _ONCE:
        raise Failure("campaign.form", 2, output=output)
    variants = read_grid(grid, source, LANGUAGE) if grid else (Variant(BASE, scenario),)
    # One range of seeds for all: common random numbers.
    variants = tuple(
        variant._replace(scenario=variant.scenario._replace(seed=scenario.seed))
        for variant in variants
    )
    found = run_campaign(Campaign(variants, runs), results, jobs, LANGUAGE, on)
    if not printed(found, output):
        print(render(found, LANGUAGE), end="")
    return 6 if any(row["failed"]["hits"] for row in found["variants"]) else 0


def checked_seed(seed: int) -> int:
    """Return a seed that is one. Raises Failure."""
    if not 0 <= seed < 1 << 63:
        raise Failure("scenario.seed", 2)
    return seed


def _manifests(
    filename: list[str], length: str, fault: list[str], seed: int, model: str, output: str
) -> int:
    from ecp.cli.files import sources
    from ecp.kube.durations import InvalidDuration, parse
    from ecp.rehearsal.rehearse import rehearse as run
    from ecp.sim.clusters import MODELS
    from ecp.sim.faults import FaultRefused

    if model not in MODELS:
        raise Failure("cluster.unknown-model", 2, model=model, known=", ".join(MODELS))
    try:
        for_ns = parse(length)
    except InvalidDuration as error:
        raise Failure("duration.bad", 2, value=length) from error
    if for_ns > _LONGEST_NS:
        raise Failure("cli.rehearse-too-long", 2, value=length, longest="366d")
    try:
        found = run(
            sources(filename), for_ns=for_ns, faults=fault, seed=seed, model=model,
            language=LANGUAGE,
        )  # fmt: skip
    except FaultRefused as error:
        raise Failure(None, 2, message=error.said(LANGUAGE)) from error
    if output == "json":
        sys.stdout.buffer.write(found.to_bytes())
    elif output == "yaml":
        print_yaml(json.loads(found.to_bytes()))
    else:
        print(found.to_text(), end="")
    return found.exit_code


def replay(
    result: Annotated[str, typer.Argument(metavar="FILE", help=said("cli.replay-file"))],
) -> None:
    from ecp.cli.campaigns import replayed

    difference = replayed(result)
    if difference is None:
        print(said("replay.same"))
        return
    path, before, now = difference
    shown = [json.dumps(value, ensure_ascii=False) for value in (before, now)]
    print(said("replay.differs", path=path, before=shown[0], now=shown[1]))
    raise typer.Exit(5)
