"""A statement in words: titles, pairs and tables in one language, for HTML and PDF alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import floor
from typing import Any
from zoneinfo import ZoneInfo

from ecp.slo.answering import TARGET_PERCENT, WITHIN_SECONDS
from ecp.slo.figures import floored
from ecp.slo.sketch import ACCURACY_PERCENT, SHARES
from ecp.texts import Language, text

DASH = "–"
_NARROW = "\u00a0"
"""Between a number and its sign: no line breaks there."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Labels with values, two pairs beside each other."""

    title: str
    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under heads; `shares` of the width by column; without rows `empty` is said."""

    title: str
    heads: Sequence[str]
    shares: Sequence[int]
    rows: Sequence[Sequence[str]]
    empty: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A line of what was left: points (instant in words, seconds), the word for minutes."""

    title: str
    points: Sequence[tuple[str, float]]
    unit: str
    note: str


@dataclass(frozen=True, slots=True)
class Document:
    """All of it; `approvals` are the heads of the boxes to sign in."""

    language: Language
    title: str
    subtitle: str
    approvals: Sequence[str]
    banner: str
    parts: Sequence[Pairs | Table | Chart]
    footer: str


def document(found: Mapping[str, Any], language: Language) -> Document:
    """The statement in a language; instants in the zone of its period."""
    words = _Words(found, language)
    return Document(
        language,
        words.said("title"),
        f"{found['tenant_id']} · {words.period()}",
        [words.said(f"approval.{name}") for name in ("prepared", "reviewed", "approved")],
        words.said(f"evidence.{found['evidence']}"),
        list(words.parts()),
        f"{words.said('revision-of', revision=found['revision'])} · {found['input_hash']}",
    )


class _Words:
    def __init__(self, found: Mapping[str, Any], language: Language) -> None:
        self.found, self.language = found, language
        self.zone = ZoneInfo(found["period"]["timezone"])

    def said(self, key: str, **values: Any) -> str:
        return text(f"statement.{key}", self.language, **values)

    def parts(self) -> Iterator[Pairs | Table | Chart]:
        found = self.found
        yield Pairs(self.said("part.summary"), list(self._summary()))
        yield self._levels()
        yield self._times()
        if found.get("service_sums"):
            yield self._sums()
        calls = self._calls()
        if calls.rows:
            yield calls
        points = found["budget_chart"]["remaining_seconds"]
        yield Chart(
            self.said("part.chart"),
            [(self.at(at), left) for at, left in points],
            self.said("minutes"),
            self.said("chart-note", allowed=self.length(self._budget()["allowed_seconds"])),
        )
        yield self._incidents()
        yield self._exclusions()
        yield self._credits()
        yield Pairs(self.said("part.basis"), list(self._basis()))

    # -- parts ------------------------------------------------------------------------------------

    def _summary(self) -> Iterator[tuple[str, str]]:
        whole = self.found["composite"]
        budget = self._budget()
        yield self.figure("status"), self.said(f"status.{whole['status']}")
        yield self.figure("target_sla"), self.share(whole["target_sla"])
        yield self.figure("sla_adjusted"), self.share(whole["sla_adjusted"])
        yield self.figure("sla_raw"), self.share(whole["sla_raw"])
        yield self.figure("downtime_seconds"), self.length(whole["downtime_seconds"])
        yield self.figure("remaining_seconds"), self._left(budget)
        yield self.figure("failure_count"), str(whole["failure_count"])
        yield self.figure("coverage"), self.share_of_one(whole["coverage"])
        yield self.said("row.known-until"), self.at(self.found["period"]["known_until"])
        yield self.said("row.state"), self._state()

    def _left(self, budget: Mapping[str, Any]) -> str:
        left = budget["remaining_seconds"]
        if left >= 0:
            return self.length(left)
        return self.said("overspent", length=self.length(-left))

    def _state(self) -> str:
        if not self.found["period"]["closed"]:
            return self.said("so-far")
        return self.said("provisional" if self.found["composite"]["provisional"] else "closed")

    def _services(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        yield self.said("composite"), self.found["composite"]
        for row in self.found["services"]:
            yield row["service"], row

    def _levels(self) -> Table:
        rows = []
        for name, row in self._services():
            asked = row["requests"]
            excess = self.count(asked["excess"])
            if asked["excess"]:
                excess += f" ({self.share(asked['excess_percent'])})"
            rows.append(
                (
                    name,
                    self.share(row["sla_adjusted"]),
                    self.share(row["sla_raw"]),
                    self.share(row["availability"]),
                    f"{self.count(asked['good'])} / {self.count(asked['total'])}",
                    excess,
                    self.said(f"status.{row['status']}"),
                )
            )
        names = ("service", "sla_adjusted", "sla_raw", "availability", "requests", "excess")
        heads = [self.figure(name) for name in (*names, "status")]
        return Table(self.said("part.levels"), heads, (20, 11, 11, 11, 21, 13, 13), rows)

    def _times(self) -> Table:
        rows = []
        for name, row in self._services():
            short, budget = row["micro_outages"], row["error_budget"]
            rows.append(
                (
                    name,
                    self.length(row["uptime_seconds"]),
                    self.length(row["downtime_seconds"]),
                    self.length(row["maintenance_seconds"]),
                    self.length(row["unknown_seconds"]),
                    self.length(row["off_duty_seconds"]),
                    self.length(row["excluded_seconds"]),
                    f"{row['failure_count']} / {self.length(row['recovery_time_avg'])}",
                    f"{short['count']} / {self.length(short['seconds'])}",
                    self.length(budget["remaining_seconds"]),
                    self.share_of_one(row["coverage"]),
                )
            )
        spent = ("service", "up", "down", "maintenance", "unknown", "off_duty", "excluded")
        names = (*spent, "failures", "micro", "left", "coverage")
        heads = [self.said(f"head.{name}") for name in names]
        shares = (13, 10, 8, 8, 8, 9, 8, 10, 9, 9, 8)
        return Table(self.said("part.times"), heads, shares, rows, note=self.said("times-note"))

    def _sums(self) -> Table:
        rows = []
        for row in self.found["service_sums"]:
            asked, timed = row["requests"], row.get("response_time")
            rows.append(
                (
                    row["service"],
                    self.share(row["uptime_percentage"]),
                    f"{self.count(asked['good'])} / {self.count(asked['total'])}",
                    self.length(row["downtime_seconds"]),
                    self.length(row["unknown_seconds"]),
                    self.length(row["off_duty_seconds"]),
                    DASH if timed is None else self.spent(timed["p95_ms"]),
                )
            )
        heads = [self.said("head.service"), self.figure("uptime_percentage")]
        heads += [self.figure("requests")]
        heads += [self.said(f"head.{name}") for name in ("down", "unknown", "off_duty", "p95_ms")]
        note = self.said("sums-note")
        return Table(self.said("part.sums"), heads, (20, 12, 24, 11, 11, 11, 11), rows, note=note)

    def _calls(self) -> Table:
        rows = []
        for name, row in self._services():
            voice, timed = row.get("voice"), row.get("response_time")
            if voice is None and timed is None:
                continue
            said = [DASH] * 4
            if voice is not None:
                level = voice["service_level"]
                met = self.said("met" if level["met"] else "not-met")
                said = [
                    f"{self.count(voice['answered'])} / {self.count(voice['calls'])}",
                    self.share(voice["answer_rate"]),
                    f"{self.share(level['percent'])} {met}",
                    self.count(voice["cut_off"]),
                ]
            taken = [DASH if timed is None else self.spent(timed[each]) for each, _ in SHARES]
            rows.append((name, *said, *taken))
        goal = {"target": TARGET_PERCENT, "seconds": WITHIN_SECONDS}
        spoken = ("calls", "answer_rate", "service_level", "cut_off")
        names = ("service", *spoken, *(name for name, _ in SHARES))
        return Table(
            self.said("part.calls"),
            [self.said(f"head.{name}", **goal) for name in names],
            (18, 18, 12, 18, 10, 8, 8, 8),
            rows,
            note=self.said("calls-note", within=f"{ACCURACY_PERCENT:g}", **goal),
        )

    def _incidents(self) -> Table:
        rows = []
        for name, row in self._services():
            for one in row["incidents"]:
                causes = ", ".join(self._cause(cause) for cause in one["causes"]) or DASH
                by = one["closed_by"]
                end = self.said("open") if one["ended_at"] is None else self.at(one["ended_at"])
                lasted = one["duration_seconds"] or one["age_seconds"]
                closed = "" if by is None else self.said(f"closed.{by}")
                rows.append(
                    (name, self.at(one["started_at"]), end, self.length(lasted), causes, closed)
                )
        names = ("service", "start", "end", "duration", "causes", "closed")
        return Table(
            self.said("part.incidents"),
            [self.said(f"head.{name}") for name in names],
            (13, 16, 16, 12, 31, 12),
            rows,
            self.said("no-incidents"),
        )

    def _cause(self, cause: Mapping[str, str]) -> str:
        kind = cause["kind"]
        title = self.found.get("causes", {}).get(cause["id"], {}).get(self.language)
        if title:
            return f"{title}, {cause['id']}"
        if kind not in ("fault", "load", "rollout", "maintenance", "release"):
            return f"{kind} {cause['id']}"
        return text(f"slo.cause.{kind}", self.language, id=cause["id"]).strip()

    def _exclusions(self) -> Table:
        rows = []
        for one in self.found["exclusions"]:
            counted = self.said(f"judgement.{one['judgement']}")
            if one["beyond_cap_seconds"]:
                counted += self.said("beyond", length=self.length(one["beyond_cap_seconds"]))
            scope = ", ".join(one["services"]) or self.said("composite")
            notice = one["notice_seconds"]
            rows.append(
                (
                    f"{one['id']} {scope}",
                    f"{self.at(one['from'])} ~ {self.at(one['to'])}",
                    one["reason"] or DASH,
                    one["approved_by"] or DASH,
                    self.said("after-the-fact") if notice < 0 else self.length(notice),
                    self.length(one["seconds"]),
                    counted,
                )
            )
        names = ("window", "when", "reason", "approver", "notice", "seconds", "judged")
        terms = self.found["maintenance_terms"]
        cap = terms["monthly_cap_seconds"]
        note = self.said(
            "exclusions-note",
            notice=self.length(terms["notice_seconds"]),
            cap=self.said("no-cap") if cap is None else self.length(cap),
        )
        return Table(
            self.said("part.exclusions"),
            [self.said(f"head.{name}") for name in names],
            (13, 20, 20, 12, 11, 10, 14),
            rows,
            self.said("no-exclusions"),
            note,
        )

    def _credits(self) -> Table:
        found = self.found["credits"]
        rows = []
        for line in found["lines"]:
            seconds = floored(line["needed_millionths"], 1_000_000, 3)
            compared = f"{line['up_millionths'] // 1_000_000:,} s / {float(seconds):,.3f} s"
            floor = floored(line["floor_ppm"], 10_000, 2)
            rows.append(
                (
                    f"≥ {floor} %",
                    f"{line['credit_percent']} %",
                    compared,
                    self.said("yes" if line["reached"] else "no"),
                    self.said("applies") if line["applies"] else "",
                )
            )
        percent = DASH if found["percent"] is None else f"{found['percent']} %"
        amount = self.said("no-fee")
        if found["amount"] is not None:
            amount = f"{_grouped(found['amount'])} / {_grouped(found['fee'])} {found['currency']}"
        review = self.said("manual-review") if found["manual_review"] else ""
        final = "" if found["final"] else self.said("credits-so-far")
        source = found["source"]
        note = " ".join(
            part
            for part in (
                self.said("credit", percent=percent, cap=found["cap_percent"], amount=amount),
                final,
                review,
                self.said("claim", days=found["claim_within_days"]),
                self.said("source", source=self.said("assumed") if source == "assumed" else source),
            )
            if part
        )
        names = ("floor", "credit", "compared", "reached", "applies")
        return Table(
            self.said("part.credits"),
            [self.said(f"head.{name}") for name in names],
            (18, 14, 36, 16, 16),
            rows,
            note=note,
        )

    def _basis(self) -> Iterator[tuple[str, str]]:
        found, goal = self.found, self.found["objective"]
        hours = ", ".join(f"{name} {when}" for name, when in found["service_hours"].items())
        yield self.said("row.evidence"), self.said(f"evidence.{found['evidence']}")
        yield self.said("row.hours"), hours or self.said("always")
        yield self.said("row.holidays"), ", ".join(found["holidays"]) or self.said("no-holidays")
        days = [f"{row['date']} {row[self.language]}" for row in found["demand_holidays"]]
        yield self.said("row.demand-holidays"), ", ".join(days) or self.said("no-demand-holidays")
        yield (
            self.said("row.objective"),
            self.said(
                "objective",
                version=goal["version"],
                governing=self.said(f"governing.{goal['governing']}"),
                slice=goal["slice_seconds"],
            ),
        )
        yield (
            self.said("row.policies"),
            self.said(
                "policies",
                unknown=self.said(f"unknown.{goal['unknown']}"),
                maintenance=self.said(f"maintenance.{goal['maintenance']}"),
            ),
        )
        bounds = found["composite"]["bounds"]
        yield (
            self.said("row.bounds"),
            self.said(
                "bounds",
                best=self.share(bounds["unknown_all_up"]["uptime_percentage"]),
                worst=self.share(bounds["unknown_all_down"]["uptime_percentage"]),
            ),
        )
        yield (
            self.said("row.revision"),
            self.said("revisions", revision=found["revision"], release=found["release_revision"]),
        )
        yield self.said("row.input-hash"), found["input_hash"]

    # -- words ------------------------------------------------------------------------------------

    def _budget(self) -> Mapping[str, Any]:
        budget: Mapping[str, Any] = self.found["composite"]["error_budget"]
        return budget

    def figure(self, name: str) -> str:
        return self.said(f"figure.{name}")

    def period(self) -> str:
        period = self.found["period"]
        return f"{self.at(period['from'])} ~ {self.at(period['until'])} ({period['timezone']})"

    def at(self, instant: str) -> str:
        local = datetime.fromisoformat(instant).astimezone(self.zone)
        return local.strftime("%Y-%m-%d %H:%M" if not local.second else "%Y-%m-%d %H:%M:%S")

    def share(self, value: float | None) -> str:
        return DASH if value is None else f"{value:.3f}{_NARROW}%"

    def share_of_one(self, value: float | None) -> str:
        return DASH if value is None else f"{value * 100:.1f}{_NARROW}%"

    def spent(self, ms: float) -> str:
        return f"{ms:,.0f}{_NARROW}ms" if ms < 10_000 else f"{ms / 1000:,.1f}{_NARROW}s"

    def count(self, value: int) -> str:
        return f"{value:,}"

    def length(self, seconds: float | None) -> str:
        """Days, hours, minutes, seconds; what is less than a second is rounded down, as all is."""
        if seconds is None:
            return DASH
        sign = "-" if seconds < 0 else ""
        left = abs(floor(seconds))
        parts = []
        for unit, size in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)):
            number, left = divmod(left, size)
            if number:
                parts.append(self.said(f"unit.{unit}", number=number))
        return sign + " ".join(parts) if parts else self.said("unit.s", number=0)


def _grouped(amount: str) -> str:
    whole, dot, part = amount.partition(".")
    return f"{int(whole):,}{dot}{part}"
