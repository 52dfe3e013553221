"""`ecp bisect` and `ecp advise`: what breaks a scenario, and the cheapest that holds it."""

import os
from typing import Annotated

import typer

from ecp.cli.options import LANGUAGE, Text, said
from ecp.cli.output import Failure, printed

Jobs = Annotated[int, typer.Option("--jobs", help=said("cli.rehearse-jobs"))]


def bisect(
    good: Annotated[str, typer.Argument(metavar="GOOD", help=said("cli.bisect-good"))],
    bad: Annotated[str, typer.Argument(metavar="BAD", help=said("cli.bisect-bad"))],
    jobs: Jobs = 1,
    output: Text = "text",
) -> None:
    from ecp.cli.campaigns import by, checked_runs, refusals, scenario_or_manifests
    from ecp.rehearsal.bisecting import NothingToBisect
    from ecp.rehearsal.bisecting import bisect as run
    from ecp.rehearsal.seeking_text import of_bisect

    checked_runs(1, jobs)
    well = scenario_or_manifests(good, LANGUAGE)
    ill = scenario_or_manifests(bad, LANGUAGE, like=well)
    try:
        with refusals(LANGUAGE):
            found = run(well, ill, by(jobs))
    except NothingToBisect as error:
        causes = "" if error.evidence is None else "; ".join(error.evidence.causes)
        raise Failure(f"bisect.{error.key}", 5, good=good, bad=bad, causes=causes) from error
    body = found.to_json()
    if not printed(body, output):
        print("\n".join(of_bisect(body, LANGUAGE)))


def advise(
    subject: Annotated[
        str, typer.Argument(metavar="SCENARIO|TENANT", help=said("cli.advise-subject"))
    ],
    sla: Annotated[
        float | None, typer.Option("--sla", metavar="PERCENT", help=said("cli.advise-sla"))
    ] = None,
    seeds: Annotated[int, typer.Option("--seeds", help=said("cli.advise-seeds"))] = 1,
    jobs: Jobs = 1,
    output: Text = "text",
) -> None:
    from ecp.cli.campaigns import by, checked_runs, read_scenario, refusals, scenario_of_tenant
    from ecp.rehearsal.advising import MOST_RUNS
    from ecp.rehearsal.advising import advise as run
    from ecp.rehearsal.hypotheses import parse
    from ecp.rehearsal.seeking_text import of_advice

    checked_runs(seeds, jobs)
    if seeds * 10 > MOST_RUNS:
        raise Failure("advise.seeds", 2, most=MOST_RUNS // 10)
    if sla is not None and not 0 < sla < 100:
        raise Failure("scenario.target", 2)
    if os.path.exists(subject):
        scenario = read_scenario(subject, LANGUAGE)[1]
    else:
        scenario = scenario_of_tenant(subject, LANGUAGE)
    if sla is not None:
        claims = [row for row in scenario.hypotheses if (row.measure, row.subject) != _WHOLE]
        target = parse(f"availability >= {round(sla, 4):g}")
        scenario = scenario._replace(hypotheses=(target, *claims), target_ppm=target.bound)
    with refusals(LANGUAGE):
        found = run(scenario, seeds=seeds, many=by(jobs))
    body = found.to_json()
    if not printed(body, output):
        print("\n".join(of_advice(body, LANGUAGE)))
    if not found.holds:
        raise typer.Exit(6)


_WHOLE = ("availability", "")
