"""An outcome as JUnit XML: a case for validation, start-up and each fault, one a hypothesis.

Source: the schema that Jenkins' xUnit plug-in and GitLab read; XML 1.0 for which letters may be.
"""

import re
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from ecp.rehearsal.outcome import Outcome
from ecp.texts import Language

_NO_LETTER: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(outcome: Outcome, language: Language) -> str:
    """Return the outcome as one XML document: the same for the same outcome."""
    found, name = outcome.found, outcome.scenario.name
    told: dict[str, list[str]] = {"validation": [], "deploy": [], "startup": [], "fault": []}
    for kind, about, _, said in outcome.causes(language):
        told.setdefault(kind, []).append(f"{about}: {said}")
    cases = [(step, "\n".join(told[step])) for step in ("validation", "deploy", "startup", "fault")]
    cases += [
        (row.hypothesis.text, "" if row.status == "passed" else row.said(language))
        for row in outcome.verdicts
    ]
    if not outcome.verdicts and found.run is not None:
        cases.append(("sla", "\n".join(told.get("sla", ()))))
    failures = sum(bool(why) for _, why in cases)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="ecp rehearse" tests="{len(cases)}" failures="{failures}" errors="0">',
        f'  <testsuite name={_quoted(name)} tests="{len(cases)}" failures="{failures}" '
        'errors="0" time="0">',
    ]
    for case, why in cases:
        opening = f'    <testcase name={_quoted(case)} classname={_quoted(name)} time="0"'
        if not why:
            lines.append(f"{opening}/>")
            continue
        lines += [
            f"{opening}>",
            f"      <failure message={_quoted(why.splitlines()[0])}>",
            f"{escape(_clean(why))}</failure>",
            "    </testcase>",
        ]
    return "\n".join([*lines, "  </testsuite>", "</testsuites>"]) + "\n"


def _quoted(value: str) -> str:
    return quoteattr(_clean(value))


def _clean(value: str) -> str:
    return _NO_LETTER.sub("\ufffd", value)
