"""One scenario, rehearsed once: verdict, evidence, a file from which it can be repeated."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ecp import __version__
from ecp.rehearsal import report
from ecp.rehearsal.failures import failures
from ecp.rehearsal.hypotheses import Hypothesis, Verdict, parse
from ecp.rehearsal.measures import Curves, Measures, judged
from ecp.rehearsal.omitted import omissions, omitted, restings
from ecp.rehearsal.rehearse import FAILED, INVALID, PASSED, VERSION, Rehearsal, rehearse
from ecp.rehearsal.run import Run
from ecp.rehearsal.scenario import PASSED as EXPECTED
from ecp.rehearsal.scenario import Scenario, check_playable, from_plain
from ecp.rehearsal.sheets import sheets
from ecp.sim.faults import FaultRefused
from ecp.slo.contract import ANSWERED_WITHIN, TIMEZONE
from ecp.texts import Language, text

NotCarriedOut = FaultRefused
"""What a scenario that cannot be carried out raises: a fault that finds no target at its time."""

KIND = "rehearsal"
_MOST = 8  # causes that a report for a terminal names


class NoResult(ValueError):
    """The file is no result of a rehearsal, or one of another version."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a scenario. `measures` is None when validation stopped it; `assumptions` None
    where nobody asked what it rests on (`ecp.rehearsal.assumptions`)."""

    scenario: Scenario
    found: Rehearsal
    measures: Measures | None
    verdicts: tuple[Verdict, ...]
    curves: Curves
    assumptions: Mapping[str, Any] | None = None

    @property
    def exit_code(self) -> int:
        """0 all held, 3 invalid manifests, 6 a hypothesis or the start-up failed, a fault inert.

        Without hypotheses the target of the scenario is the claim: by traffic, where there is
        demand, else by probes.
        """
        found = self.found
        if not found.validation.valid:
            return INVALID
        held = all(verdict.status == "passed" for verdict in self.verdicts)
        if not self.verdicts:
            return found.exit_code
        return PASSED if held and found.started and found.proven else FAILED

    @property
    def passed(self) -> bool:
        """Whether all held."""
        return self.exit_code == PASSED

    def said(self, language: Language) -> str:
        """Return the one verdict of the scenario in words, with its exit code."""
        return text(
            "scenario.verdict",
            language,
            verdict=text(f"scenario.word.{'passed' if self.passed else 'failed'}", language),
            expected=text(f"scenario.word.{self.scenario.expect}", language),
            code=self.exit_code,
        )

    def judged_by(self, language: Language) -> str:
        """Return the promise that its slots were judged by, in words; "" where nobody asked."""
        scenario = self.scenario
        if scenario.demand is None:
            return ""
        contract = scenario.demand.contract
        hours, limit = contract.get("service_hours"), contract.get(ANSWERED_WITHIN)
        rows: list[tuple[str, dict[str, Any]]] = [
            ("target", {"percent": f"{scenario.target_ppm / 10_000:g}"})
        ]
        if hours:
            told = hours if isinstance(hours, str) else ", ".join(
                f"{name} {when}" for name, when in sorted(hours.items())
            )  # fmt: skip
            zone = contract.get("timezone") or TIMEZONE
            rows.append(("service_hours", {"hours": told, "timezone": zone}))
        else:
            rows.append(("round-the-clock", {}))
        if limit is not None:
            rows.append((ANSWERED_WITHIN, {"limit": f"{limit:,}"}))
        said = [text(f"scenario.judged-by.{key}", language, **values) for key, values in rows]
        return text("scenario.judged-by", language, terms=", ".join(said))

    def causes(self, language: Language) -> list[tuple[str, str, str, str]]:
        """Return why its steps failed (`report.causes`); the probes' level only if it is judged."""
        rows = report.causes(self.found, language)
        return [row for row in rows if row[0] != "sla" or not self.verdicts]

    @property
    def as_expected(self) -> bool:
        """Whether it came out as the scenario expects."""
        return self.passed == (self.scenario.expect == EXPECTED)

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data: the scenario as it was read, too."""
        language = self.found.language
        body: dict[str, Any] = {
            "kind": KIND,
            "version": VERSION,
            "engine": __version__,
            "language": language,
            "input": self.scenario.plain(),
            "verdict": {
                "passed": self.passed,
                "exit_code": self.exit_code,
                "expected": self.scenario.expect,
                "as_expected": self.as_expected,
                "causes": [
                    {"kind": kind, "object": about, "id": cause, "text": said}
                    for kind, about, cause, said in self.causes(language)
                ],
            },
            "hypotheses": [
                {
                    "text": row.hypothesis.text,
                    "status": row.status,
                    "value": row.value,
                    "evidence": row.said(language),
                }
                for row in self.verdicts
            ],
        }
        if self.measures is not None:
            body["levels"] = [
                {
                    "workload": level.name or None,
                    "evidence": level.evidence,
                    "sla": level.report.to_json(),
                }
                for level in self.measures.levels
            ]
            body["series"] = self.measures.series(self.curves)
            body["not_modelled"] = omissions(language)
        if self.assumptions is not None:
            body["assumptions"] = dict(self.assumptions)
        body["rehearsal"] = self.found.to_json(judged=False)
        return body

    def to_bytes(self) -> bytes:
        """Return the JSON as bytes: the same for the same scenario, seed and version."""
        return json.dumps(self.to_json(), ensure_ascii=False, indent=2).encode() + b"\n"

    def to_text(self, language: Language | None = None) -> str:
        """Return the report for a terminal: the steps, what was claimed, the one verdict."""
        spoken: Language = language or self.found.language
        lines = [self.scenario.called(spoken), "", report.steps(self.found, spoken).rstrip("\n")]
        if self.verdicts:
            lines += ["", text("scenario.hypotheses", spoken)]
            lines += [f"  {told}"] if (told := self.judged_by(spoken)) else []
        for row in self.verdicts:
            mark = text(f"hypothesis.status.{row.status}", spoken)
            lines.append(f"  {mark}  {row.hypothesis.text}: {row.said(spoken)}")
        lines += ["", *self._failures(spoken)]
        for kind, about, _, said in self.causes(spoken)[:_MOST]:
            if kind != "validation":  # told above, with its place
                lines.append(f"- {about}: {said}")
        if self.assumptions is not None:
            lines += [*restings(self.assumptions, spoken), ""]
        if self.measures is not None and self.measures.ledger is not None:
            lines += [*omitted(spoken), ""]
        lines.append(self.said(spoken))
        return "\n".join(lines) + "\n"

    def _failures(self, language: Language) -> list[str]:
        """Return lines about failures that traffic met; those of probes are among the steps."""
        if self.measures is None or self.measures.ledger is None:
            return []
        rows = failures(self.measures, language)
        lines = []
        for row in rows[:_MOST]:
            end = row.end or text("rehearsal.still-open", language)
            said = text("rehearsal.incident", language, begin=row.begin, end=end, length=row.length)
            lines += [f"  {said}  {', '.join(row.causes)}", *(f"    {why}" for why in row.why)]
        if len(rows) > _MOST:
            lines.append(f"  {text('rehearsal.more', language, count=len(rows) - _MOST)}")
        return [text("scenario.html.incidents", language), *lines, ""] if lines else []


def carried_out(
    scenario: Scenario, language: Language = "en", go: Callable[[Run], object] = Run.proceed
) -> Outcome:
    """Rehearse a scenario; *go* lets its run go on until it is over.

    Raises FaultRefused for a fault that finds no target at its time.
    """
    curves, figures = Curves(), sheets(scenario.assumed)
    found = rehearse(
        scenario.sources,
        for_ns=scenario.length,
        faults=scenario.faults,
        seed=scenario.seed,
        model=scenario.model,
        target_ppm=scenario.target_ppm,
        language=language,
        demand=scenario.demand,
        later=[(step.after, step.sources) for step in scenario.changes],
        watch=curves.watch,
        spec=scenario.land.spec,
        cluster=scenario.land.cluster(scenario.seed, figures),
        sheets=figures,
        go=go,
    )
    if found.run is None:
        return Outcome(scenario, found, None, (), curves)
    measures = Measures(found, found.run)
    return Outcome(scenario, found, measures, tuple(judged(claims(scenario), measures)), curves)


def claims(scenario: Scenario) -> tuple[Hypothesis, ...]:
    """Return what a scenario claims: with demand and no hypothesis, its target by the traffic."""
    if scenario.hypotheses or scenario.demand is None:
        return scenario.hypotheses
    whole, part = divmod(scenario.target_ppm, 10_000)
    return (parse(f"availability >= {f'{whole}.{part:04d}'.rstrip('0').rstrip('.')}"),)


# -- again -----------------------------------------------------------------------------------------


def read_result(content: bytes) -> tuple[Scenario, Language, dict[str, Any]]:
    """Return the scenario, language and content of a result file. Raises NoResult."""
    try:
        body = json.loads(content)
        if body["kind"] != KIND or body["version"] != VERSION:
            raise NoResult(f"{body['kind']} {body['version']}")
        language: Language = "ko" if body["language"] == "ko" else "en"
        scenario = from_plain(body["input"])
        check_playable(scenario)
        return scenario, language, body
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise NoResult(str(error)) from error
