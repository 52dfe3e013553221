"""A rehearsal as text for people, in Korean or English: the steps, what was found, the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

from ecp.kube import durations
from ecp.kube.times import rfc3339
from ecp.rehearsal.run import CAUSE, Run
from ecp.rehearsal.service_levels import Level, Why, period, reasons
from ecp.rehearsal.troubles import cause_text, reason_text, remedy_text
from ecp.sim.engine.engine import SECOND
from ecp.sim.faults import Injected
from ecp.slo.incidents import Incident
from ecp.slo.slots import SLOT_SECONDS
from ecp.texts import Language, text
from ecp.validation.report import summary_line, text_report
from ecp.validation.rules import message_text

if TYPE_CHECKING:
    from ecp.rehearsal.rehearse import Rehearsal

_INDENT = 10
_MOST = 8  # rows of one kind before "and n more"


def render(found: Rehearsal, language: Language) -> str:
    """Return the whole report, lines of text, newline at the end."""
    return "\n".join(_Writer(found, language).lines()) + "\n"


def steps(found: Rehearsal, language: Language) -> str:
    """Return the report without a verdict, where a scenario's claims give it; newline at the end.

    The service level by probes stands in it unjudged: a claim may be of what was asked instead.
    """
    return "\n".join(_Writer(found, language, judges=False).steps()) + "\n"


def notes(found: Rehearsal) -> list[tuple[str, dict[str, Any]]]:
    """Return what else the reader should know, as message keys with their values."""
    run = found.run
    if run is None:
        return []
    rows: list[tuple[str, dict[str, Any]]] = []
    if run.autoscalers and run.demand is None:
        names = ", ".join(ref.name for ref in run.autoscalers)
        rows.append(("rehearsal.note.autoscalers", {"names": names}))
    if run.early:
        told = ", ".join(f"{ref.name} {lasted(gap)}" for ref, gap in run.early)
        rows.append(("rehearsal.note.early", {"services": told}))
    if run.outside:
        rows.append(("rehearsal.note.outside", {"calls": ", ".join(dict.fromkeys(run.outside))}))
    if found.bundle is None:
        rows.append(("rehearsal.note.nothing-probed", {}))
    elif found.bundle.report.status == "insufficient_data":
        rows.append(("rehearsal.note.short", {"length": period(found.length)}))
    return rows


def causes(found: Rehearsal, language: Language) -> list[tuple[str, str, str, str]]:
    """Return why a rehearsal did not pass: (kind, object, id of the cause, sentence)."""
    run = found.run
    if run is None:
        return [
            ("validation", str(finding.object), finding.rule, finding.message)
            for finding in found.validation.errors
        ]
    rows = [
        ("deploy", refusal.ref.word, str(refusal.code), refusal.message)
        for refusal in run.deployed.refused
    ]
    rows += [
        ("startup", trouble.ref.word, trouble.cause, cause_text(trouble, language))
        for trouble in run.troubles
    ]
    for fault in run.injected:
        if not fault.took:
            said = text("rehearsal.fault-failed", language)
            if fault.problem is not None:
                said = text(fault.problem["text"], language, **fault.problem["values"])
            rows.append(("fault", fault.id, fault.name, said))
    if found.bundle is not None and not found.bundle.met:
        told = [trouble.ref.word for trouble in run.troubles]
        for level in found.workloads:
            if level.report.ratios.totals.down and level.name not in told:
                why = reasons(level.blocks, level.report.start, level.report.end)
                said = "; ".join(_why_texts(why, language)[:2])
                rows.append(("sla", level.name, why[0].cause, said))
    return rows


def _why_texts(rows: Sequence[Why], language: Language) -> list[str]:
    """Say what made slots down: a line for each reason and cause, with how long each Service."""
    groups: dict[tuple[str, str], dict[str, int]] = {}
    for row in rows:
        services = groups.setdefault((row.reason, row.cause), {})
        services[row.service] = services.get(row.service, 0) + row.seconds
    lines = []
    for (reason, cause), services in groups.items():
        told = [f"{name} {_length(seconds)}" for name, seconds in services.items()]
        if len(told) > _MOST:
            more = text("rehearsal.more", language, count=len(told) - _MOST)
            told = [*told[:_MOST], more]
        values = {
            "reason": reason_text(reason, language),
            "services": ", ".join(told),
        }
        if cause:
            values["cause"] = cause_name(cause, language)
        lines.append(text("rehearsal.why-from" if cause else "rehearsal.why", language, **values))
    return lines


def single_replicas(found: Rehearsal, fault: Injected) -> list[str]:
    """Return the workloads that lost time to a fault because nothing else could answer."""
    run = found.run
    if run is None:
        return []
    names = []
    for level in found.workloads:
        if not level.lost_to(fault.id):
            continue
        for ref in run.start.workloads:
            workload = run.cluster.read.get(*ref) if ref.word == level.name else None
            if workload is not None and (workload.get("spec") or {}).get("replicas", 1) == 1:
                names.append(ref.name)
    return names


def cause_name(cause: str, language: Language) -> str:
    """Name the id of a cause: the release has no number."""
    return text("rehearsal.the-release", language) if cause == CAUSE else cause


class _Writer:
    """Writes one report; `_t` is a text of it in its language."""

    def __init__(self, found: Rehearsal, language: Language, *, judges: bool = True) -> None:
        self.found = found
        self.language = language
        self.judges = judges

    def _t(self, key: str, **values: Any) -> str:
        return text(f"rehearsal.{key}", self.language, **values)

    def lines(self) -> Iterator[str]:
        yield from self.steps()
        yield ""
        yield from self._verdict()

    def steps(self) -> Iterator[str]:
        found = self.found
        yield self._t("head", length=period(found.length), model=found.model, seed=found.seed)
        yield ""
        yield from self._validation()
        run = found.run
        if run is not None:
            yield from self._deploy(run)
            yield from self._startup(run)
            yield from self._faults(run)
            yield from self._levels(run)
            yield from self._calls(run)
            yield from self._notes(run)

    # -- pieces -----------------------------------------------------------------------------------

    def _step(self, key: str, passed: bool | None, said: str) -> str:
        mark = "" if passed is None else self._t("passed" if passed else "failed")
        return f"{padded(self._t(f'step.{key}'), _INDENT)}{padded(mark, 8)}{said}".rstrip()

    def _row(self, said: str) -> str:
        return f"{' ' * _INDENT}{said}"

    def _validation(self) -> Iterator[str]:
        report = self.found.validation
        yield self._step("validate", report.valid, summary_line(report, self.language))
        if not report.valid:
            # Without its own summary line, which stands above.
            for line in text_report(report, self.language).splitlines()[:-1]:
                yield self._row(line)
            return
        broken = [finding for finding in report.findings if finding.severity == "broken"]
        for finding in broken[:_MOST]:
            where = f"{finding.source or '-'}:{finding.position.line}"
            said = message_text(finding, self.language)
            yield self._row(f"{where}: {finding.rule} {finding.object}: {said}")
        if len(broken) > _MOST:
            yield self._row(self._t("more", count=len(broken) - _MOST))

    def _deploy(self, run: Run) -> Iterator[str]:
        deployed = run.deployed
        spaces = sorted({ref.namespace for ref in deployed.applied if ref.namespace})
        yield self._step(
            "deploy",
            not deployed.refused,
            self._t("deployed", count=len(deployed.applied), namespaces=", ".join(spaces) or "-"),
        )
        for refusal in deployed.refused:
            yield self._row(
                self._t(
                    "refused", object=refusal.ref.word, code=refusal.code, message=refusal.message
                )
            )
        if deployed.skipped:
            names = ", ".join(f"{row.kind}/{row.name}" for row in deployed.skipped)
            yield self._row(self._t("not-simulated", names=names))

    def _startup(self, run: Run) -> Iterator[str]:
        start = run.start
        if start.confirmed is not None:
            took = durations.spell(start.confirmed - start.began)
            said = self._t(
                "started",
                after=took,
                workloads=len(start.workloads),
                services=len(start.services),
                entries=sum(served is not None for _, served in run.entries),
            )
        else:
            said = self._t(
                "not-started",
                deadline=durations.spell(run.deadline - start.began),
                there=sum(ref in start.at for ref in start.workloads),
                workloads=len(start.workloads),
            )
        yield self._step("start", start.confirmed is not None, said)
        rows = []
        for ref in start.workloads:
            at = start.at.get(ref)
            after = self._t("never") if at is None else lasted(at - start.began)
            services = ", ".join(
                service.name for service in start.services if ref in run.workloads_behind(service)
            )
            rows.append((ref.word, after, services))
        yield from self._table(rows)
        for trouble in run.troubles:
            said = cause_text(trouble, self.language)
            yield self._row(f"✗ {trouble.ref.word}: {said}")
            remedy = remedy_text(trouble, self.language)
            yield self._row(f"  {self._t('remedy', remedy=remedy)}")

    def _faults(self, run: Run) -> Iterator[str]:
        for words, fault in run.asked:
            yield from self._fault(words, fault, run)
        for word in run.idle:
            yield self._row(f"{word}: {self._t('fault-failed')}")

    def _fault(self, words: str, fault: Injected, run: Run) -> Iterator[str]:
        language = self.language
        said = f"{fault.id} {words}  {fault.row.called(language)}"
        if fault.targets:
            said += f" → {', '.join(fault.targets)}"
        yield self._step("fault", None, said)
        if fault.problem is not None:
            key, values = fault.problem["text"], fault.problem["values"]
            yield self._row(text(key, language, **values))
            return
        started = fault.started
        if started is None:
            return
        seen = [
            text(f"fault.seen.{what}", language, after=lasted(at - started))
            for what, at in fault.seen.items()
        ]
        verdict = text(f"fault.verdict.{fault.verdict(run.cluster.now)}", language)
        said = "; ".join(seen) or self._t("unseen")
        yield self._row(self._t("proof", verdict=verdict, seen=said))
        hit = ", ".join(f"{name}" for _, _, name in fault.workloads) or "-"
        yield self._row(self._t("hit", pods=len(fault.pods), workloads=hit))
        if fault.stopped and fault.ended is not None:
            yield self._row(self._t("stopped-early", after=lasted(fault.ended - started)))
        for row in fault.steady.get("during", ()):
            if row["met"] is False:
                yield self._row(
                    self._t("unsteady", metric=row["metric"], worst=f"{row['observed']:g}",
                            bound=f"{row['value']:g}")
                )  # fmt: skip
        recovery = fault.recovery
        if not fault.workloads:
            return
        if recovery is None:
            yield self._row(self._t("not-recovered"))
        else:
            yield self._row(self._t("recovered", after=lasted(recovery)))
        lost = [
            f"{level.name} {_length(seconds)}"
            for level in self.found.workloads
            if (seconds := level.lost_to(fault.id))
        ]
        if lost:
            yield self._row(self._t("lost", lost=", ".join(lost)))
        else:
            yield self._row(self._t("lost-nothing"))
        if lost and fault.row.effect == "hang" and "probe-failed" not in fault.seen:
            yield self._row(self._t("remedy", remedy=text("startup.remedy.hung", language)))
        alone = single_replicas(self.found, fault)
        if alone:
            yield self._row(self._t("advice.one-replica", workloads=", ".join(alone)))

    def _levels(self, run: Run) -> Iterator[str]:
        found, bundle = self.found, self.found.bundle
        target = f"{found.target_ppm / 10_000:g} %"
        if bundle is None:
            yield self._step("sla", None, self._t("nothing-probed"))
            return
        yield self._step(
            "sla",
            bundle.met if self.judges else None,
            self._t(
                "sla" if self.judges else "sla-probed",
                length=period(run.length),
                target=target,
                start=rfc3339(run.born * SLOT_SECONDS * SECOND),
            ),
        )
        rows = [self._level_row(bundle, self._t("bundle"))]
        rows += [self._level_row(level, level.name) for level in found.workloads]
        yield from self._table(rows)
        for incident in bundle.report.failures.incidents:
            yield from self._incident(bundle, incident)
        micro = bundle.report.failures
        if micro.micro_outages:
            yield self._row(
                self._t(
                    "micro", count=micro.micro_outages, length=_length(micro.micro_outage_seconds)
                )
            )
            for line in _why_texts(bundle.why_apart(), self.language):
                yield self._row(f"  {line}")

    def _level_row(self, level: Level, name: str) -> tuple[str, ...]:
        ratios = level.report.ratios
        down = ratios.totals.down * SLOT_SECONDS
        failures = level.report.failures
        return (
            name,
            f"{ratios.current_sla} %",
            self._t("down", length=_length(down)) if down else "",
            self._t("failures", count=len(failures.counted)) if failures.counted else "",
            self._t(f"status.{level.report.status}") if self.judges else "",
        )

    def _incident(self, bundle: Level, incident: Incident) -> Iterator[str]:
        begin = rfc3339(incident.start * SLOT_SECONDS * SECOND)[11:19]
        if incident.end is None:
            end, length = "…", self._t("still-open")
        else:
            end = rfc3339(incident.end * SLOT_SECONDS * SECOND)[11:19]
            length = _length(incident.seconds or 0)
        yield self._row(self._t("incident", begin=begin, end=end, length=length))
        for line in _why_texts(bundle.why(incident), self.language):
            yield self._row(f"  {line}")

    def _calls(self, run: Run) -> Iterator[str]:
        """Tell the calls that would fail and that no trouble told of."""
        told = {(row.ref, row.values.get("host")) for row in run.troubles}
        calls = [call for call in run.calls if (call.caller, call.host) not in told]
        if not calls:
            return
        yield self._step("calls", None, self._t("refused-calls", count=len(calls)))
        for call in calls:
            port = f":{call.port}" if call.port is not None else ""
            why = text(f"network.{call.cause}", self.language, **call.values)
            row = self._t(
                "call",
                workload=call.caller.name,
                env=call.env,
                host=f"{call.host}{port}",
                why=why,
            )
            yield self._row(f"{row} {self._t('spared')}" if call.spared else row)

    def _notes(self, run: Run) -> Iterator[str]:
        rows = [
            self._t(
                "not-probed",
                service=row.ref.name,
                why=self._t(f"excluded.{row.why}", **row.values),
            )
            for row in run.deployed.excluded
        ]
        rows += [text(key, self.language, **values) for key, values in notes(self.found)]
        if rows:
            yield self._step("notes", None, rows[0])
            for row in rows[1:]:
                yield self._row(row)

    def _verdict(self) -> Iterator[str]:
        code = self.found.exit_code
        yield self._step("verdict", code == 0, self._t(f"verdict.{code}"))
        for kind, about, _, said in causes(self.found, self.language)[:_MOST]:
            if kind != "validation":
                yield self._row(f"- {about}: {said}")

    def _table(self, rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
        if not rows:
            return
        widths = [max(width(row[column]) for row in rows) for column in range(len(rows[0]))]
        for row in rows:
            cells = (padded(cell, wide) for cell, wide in zip(row, widths, strict=True))
            yield self._row("  ".join(cells).rstrip())


def width(said: str) -> int:
    """Return how many columns of a terminal a text takes: Korean letters take two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in said)


def padded(said: str, columns: int) -> str:
    """Return *said* filled with blanks to so many columns."""
    return said + " " * max(0, columns - width(said))


def lasted(nanoseconds: int) -> str:
    """Return a length of time, to a tenth of a second."""
    return durations.spell(round(nanoseconds, -8))


def _length(seconds: int) -> str:
    return period(seconds * SECOND)
