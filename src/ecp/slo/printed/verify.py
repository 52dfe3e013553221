"""Compute a statement again from its inputs, and say which printed figure is not what it should be.

Usage: python verify.py [FOLDER]    (the unpacked evidence pack; default: where this file is)

It needs Python 3.11 and its standard library, and nothing of the program that wrote the statement:
states are letters of a string here, and everything is counted in it. Exit code 0: every figure was
computed again and is the same; 1: some are not (each is named); 2: a file cannot be read.
"""

import csv
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from typing import Any

SLOT, MINUTE, MILLION = 5, 12, 1_000_000
Body = dict[str, Any]
Row = dict[str, str]
Span = list[int]  # [first, after)
Seen = tuple[int, int, int, int, int, int, int]
Incident = tuple[int, int, int | None, str | None, bool]
STEPS = (60, 300, 900, 3600, 10_800, 21_600, 43_200, 86_400)


def floored(part: int, whole: int, places: int) -> str:
    scaled = part * 10**places // whole
    text = f"{abs(scaled):0{places + 1}d}"
    return ("-" if scaled < 0 else "") + text[:-places] + "." + text[-places:]


def percent(part: int, whole: int) -> float | None:
    return float(floored(100 * part, whole, 3)) if whole else None


def instant(slot: int) -> str:
    return datetime.fromtimestamp(slot * SLOT, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ceil(second: int) -> int:
    return -(-second // SLOT)


def united(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for first, after in sorted(spans):
        if found and first <= found[-1][1]:
            found[-1][1] = max(found[-1][1], after)
        elif first < after:
            found.append([first, after])
    return found


def common(one: Span, other: Span) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


class Service:
    """One service's minutes as a string of states, one letter a slot, from slot `first` on."""

    def __init__(self, rows: list[Row], facts: Body) -> None:
        window, self.goal = facts["window"], facts["objective"]
        self.a, self.b = window["start"], window["end"]
        self.full_end, self.calendar = window["full_end"], window["type"] == "calendar"
        born = facts["birth"]
        self.start = min(max(self.a, self.b if born is None else born), self.b)
        known: list[str] = []
        at: int | None = None
        self.asked: list[tuple[int, int, int]] = []
        self.causes: list[tuple[str, str, int, int]] = []
        self.excess = 0
        self.calls = [0, 0, 0]
        for row in rows:
            slot, states = int(row["slot"]), row["states"]
            if len(states) != MINUTE or set(states) - set("UDMNO"):
                raise ValueError(f"minute {slot} has the states {states!r}")
            if at is None:
                self.first = at = slot
            if slot < at:
                raise ValueError(f"minute {slot} stands after a later one")
            known.append("N" * (slot - at) + states)
            at = slot + MINUTE
            good, total, excess = (int(row[name]) for name in ("good", "total", "excess"))
            if not 0 <= good <= total:
                raise ValueError(f"minute {slot} has {good} good of {total} requests")
            if total:
                since = MINUTE if born is None else min(max(born - slot, 0), MINUTE)
                there = [i for i in range(since, MINUTE) if states[i] in "UD"]
                self.asked.append((slot + (there[0] if there else 0), good, total))
            if self.a <= slot < self.b:
                self.excess += excess
                for number, name in enumerate(("calls", "answered", "cut")):
                    self.calls[number] += int(row[name])
            for cause in filter(None, row["causes"].split(";")):
                kind, name, begin, end = cause.split("|")
                name = re.sub("%([0-9A-F]{2})", lambda found: chr(int(found[1], 16)), name)
                self.causes.append((kind, name, slot + int(begin), slot + int(end)))
        if at is None:
            raise ValueError("a service without a minute")
        # Nothing before the birth and nothing after the window is looked at.
        zero = min(self.first, self.start)
        text = "N" * (self.first - zero) + "".join(known)
        text += "N" * (self.b - zero - len(text))
        begin = zero if born is None else min(max(zero, born), self.b)
        if born is None:
            begin = self.b
        self.zero: int = begin
        self.seen: str = text[begin - zero : self.b - zero]

    def judged(self, states: str) -> str:
        policy: str = self.goal["unknown"]
        letters = {"bad": "D", "good": "U", "exclude": "N"}
        return states.replace("N", letters[policy])

    def window(self) -> str:
        return self.seen[self.start - self.zero :]


def account(slots: str, left_out: int, goal: Body, policy: str) -> Seen:
    """Seconds: up, down, maintenance, unknown, off duty, excluded, all."""
    up, down, maint, unknown, off = (slots.count(letter) for letter in "UDMNO")
    up_seen = up + (unknown if policy == "good" else 0)
    up_seen += maint if goal["maintenance"] == "count_as_up" else 0
    down_seen = down + (unknown if policy == "bad" else 0) - left_out
    found = (up_seen, down_seen, maint, unknown, off, left_out, len(slots))
    a, b, c, d, e, f, g = (SLOT * number for number in found)
    return a, b, c, d, e, f, g


def allowed(seen: Seen, service: Service, policy: str) -> int:
    """Millionths of a second of the time budget."""
    up, down, maint, unknown, off, excluded, _ = seen
    base = up + down
    if service.calendar:
        unborn = service.start - service.a
        base = (service.full_end - service.a - unborn) * SLOT - off - excluded
        if service.goal["maintenance"] == "exclude":
            base -= maint
        if policy == "exclude":
            base -= unknown
    return int((MILLION - service.goal["target_ppm"]) * base)


def incidents(service: Service) -> list[Incident]:
    """(start, detected, end, closed_by, unknown) of everything that was seen."""
    goal = service.goal
    found: list[Incident] = []
    opened: int | None = None
    down = ups = lost = up_from = 0
    for offset, letter in enumerate(service.judged(service.seen)):
        slot = service.zero + offset
        if opened is None:
            down = down + 1 if letter == "D" else 0
            if down == goal["opens_after"]:
                opened, ups, lost = slot - down + 1, 0, 0
            continue
        if letter == "D":
            ups = lost = 0
        elif letter == "N":
            lost += 1
        elif letter == "U":
            ups, lost = ups + 1, 0
            if ups == 1:
                up_from = slot
            if ups == goal["closes_after"]:
                found.append((opened, opened + goal["opens_after"], up_from, "recovery", False))
                opened, down = None, 0
        else:
            by = "maintenance" if letter == "M" else "off_duty"
            end = up_from if ups else slot
            found.append((opened, opened + goal["opens_after"], end, by, False))
            opened, down = None, 0
    if opened is not None:
        unknown = lost >= goal["unknown_after"]
        found.append((opened, opened + goal["opens_after"], None, None, unknown))
    return found


def linked(service: Service, start: int, end: int | None, by: str | None) -> list[Body]:
    found = set()
    for kind, name, first, after in service.causes:
        until = end
        if until is not None and by == kind == "maintenance":
            until += service.goal["closes_after"]
        if after >= start and (until is None or first < until):
            found.add((kind, name))
    return [{"kind": kind, "id": name} for kind, name in sorted(found)]


def failures(service: Service, seen: Seen) -> Body:
    body: Body = {}
    every: list[Incident] = []
    for start, detected, end, by, unknown in incidents(service):
        if start < service.b and (end is None or end > service.start):
            every.append((start, detected, end, by, unknown))
    counted = [row for row in every if row[0] >= service.start]
    closed = [SLOT * (row[2] - row[0]) for row in counted if row[2] is not None]
    states = service.judged(service.window())
    for start, _, end, _, _ in every:
        first = max(start, service.start) - service.start
        after = (service.b if end is None else min(end, service.b)) - service.start
        states = states[:first] + "i" * (after - first) + states[after:]
    micro = [len(run) for run in re.findall("D+", states)]
    body["failure_count"] = len(counted)
    body["recovery_time_avg"] = sum(closed) / len(closed) if closed else None
    body["mtbf_seconds"] = seen[0] / len(counted) if counted else None
    delays = [SLOT * (row[1] - row[0]) for row in counted]
    body["mttd_seconds"] = sum(delays) / len(delays) if delays else None
    body["open_incidents"] = sum(row[2] is None for row in every)
    body["overlapping_incidents"] = len(every)
    body["incident_seconds"] = SLOT * states.count("i")
    body["micro_outages"] = {"count": len(micro), "seconds": SLOT * sum(micro)}
    body["incidents"] = [
        {
            "started_at": instant(start),
            "detected_at": instant(detected),
            "ended_at": None if end is None else instant(end),
            "duration_seconds": None if end is None else SLOT * (end - start),
            "age_seconds": SLOT * (service.b - start) if end is None else None,
            "state": "closed" if end is not None else "unknown" if unknown else "open",
            "closed_by": by,
            "counted": start >= service.start,
            "causes": linked(service, start, end, by),
        }
        for start, detected, end, by, unknown in every
    ]
    return body


def left_out(service: Service, corrections: list[Span]) -> tuple[int, int, int]:
    """(slots, good, total) of the down slots that corrections leave out."""
    slots = good = total = 0
    for first, after in corrections:
        first, after = max(first, service.start), min(after, service.b)
        for run in re.finditer("D+", service.seen):
            a, b = max(first, service.zero + run.start()), min(after, service.zero + run.end())
            if a < b:
                slots += b - a
                for slot, well, there in service.asked:
                    if a <= slot < b:
                        good, total = good + well, total + there
    return slots, good, total


def voice(calls: int, answered: int, cut: int) -> Body:
    """How telephone calls were taken; nobody waits, so who is answered is answered at once."""
    rate = percent(answered, calls)
    met = 100 * answered >= 80 * calls
    level = {"target_percent": 80, "within_seconds": 20, "percent": rate, "met": met}
    return {
        "calls": calls,
        "answered": answered,
        "answer_rate": rate,
        "cut_off": cut,
        "service_level": level,
    }


def response_time(buckets: dict[int, int]) -> Body:
    """Percentiles: the middles 2w^i / (w + 1) us of buckets (w^(i-1), w^i] with w = 1.010025."""
    answers = sum(buckets.values())
    body: Body = {"answers": answers, "within_percent": 1.0}
    for name, share in (("p50_ms", 50), ("p95_ms", 95), ("p99_ms", 99)):
        seen = 0
        for bucket in sorted(buckets):
            seen += buckets[bucket]
            if 100 * seen >= share * answers:
                high, low = 2000 * 1_010_025**bucket, MILLION**bucket * 2_010_025
                body[name] = float(floored(high, low, 3))
                break
    return body


def summed(facts: Body) -> Iterator[Body]:
    """The services of which sums alone were told, from those."""
    goal = facts["objective"]
    for name, row in facts.get("sums", {}).items():
        up = row["up"] + (row["unknown"] if goal["unknown"] == "good" else 0)
        up += row["maint"] if goal["maintenance"] == "count_as_up" else 0
        down = row["down"] + (row["unknown"] if goal["unknown"] == "bad" else 0)
        times = {int(bucket): answers for bucket, answers in row["latency"].items()}
        yield {
            "service": name,
            "uptime_percentage": percent(up, up + down),
            "requests": {"good": row["good"], "total": row["total"]},
            "downtime_seconds": down * SLOT,
            "unknown_seconds": row["unknown"] * SLOT,
            "off_duty_seconds": row["off"] * SLOT,
            **({"response_time": response_time(times)} if times else {}),
        }


def figures(service: Service, corrections: list[Span], times: dict[int, int]) -> tuple[Body, Seen]:
    goal, window = service.goal, service.window()
    out, out_good, out_total = left_out(service, corrections)
    good = total = 0
    for slot, well, there in service.asked:
        if service.start <= slot < service.b and service.seen[slot - service.zero] in "UD":
            good, total = good + well, total + there
    seen = account(window, out, goal, goal["unknown"])
    raw = account(window, 0, goal, goal["unknown"])
    eligible = seen[0] + seen[1]

    def availability(well: int, there: int, kept: Seen) -> float | None:
        if kept[0] + kept[1] and there:
            return percent(well, there)
        return percent(kept[0], kept[0] + kept[1])

    adjusted_good, adjusted_total = good - out_good, total - out_total
    uptime = percent(seen[0], eligible)
    by_requests = availability(adjusted_good, adjusted_total, seen)
    raw_requests = availability(good, total, raw)
    occurrences = goal["governing"] == "occurrences"
    budget = allowed(seen, service, goal["unknown"])
    left = budget - seen[1] * MILLION
    governing = occurrences and adjusted_total > 0
    spare = MILLION - goal["target_ppm"]
    body: Body = {
        "current_sla": by_requests if occurrences else uptime,
        "target_sla": goal["target_ppm"] / 10_000,
        "uptime_percentage": uptime,
        "availability": by_requests,
        "availability_basis": "requests" if adjusted_total and eligible else "time",
        "sla_raw": raw_requests if occurrences else percent(raw[0], raw[0] + raw[1]),
        "requests": {
            "good": good,
            "total": total,
            "excess": service.excess,
            "excess_percent": percent(service.excess, total + service.excess),
        },
        "eligible_seconds": eligible,
        "uptime_seconds": seen[0],
        "downtime_seconds": seen[1],
        "downtime_minutes": float(floored(seen[1], 60, 4)),
        "maintenance_seconds": seen[2],
        "unknown_seconds": seen[3],
        "off_duty_seconds": seen[4],
        "excluded_seconds": seen[5],
        "observed_seconds": seen[6],
        "provisional": service.b - service.start < service.full_end - service.a,
        "coverage": float(floored(seen[6] - seen[3], seen[6], 3)) if seen[6] else None,
        "error_budget": {
            "allowed_seconds": budget / MILLION,
            "consumed_seconds": seen[1],
            "remaining_seconds": left / MILLION,
            "remaining_pct": percent(left, budget),
            "burn": float(floored(seen[1] * MILLION, eligible * spare, 4)) if eligible else None,
        },
        "bounds": {},
    }
    body["sla_adjusted"] = body["current_sla"]
    smallest, pot, gone = SLOT, budget, seen[1]
    if governing:
        smallest, pot, gone = 1, spare * adjusted_total, adjusted_total - adjusted_good
        body["error_budget"].update(
            allowed_requests=pot / MILLION,
            consumed_requests=gone,
            remaining_requests=(pot - gone * MILLION) / MILLION,
            remaining_requests_pct=percent(pot - gone * MILLION, pot),
            requests_basis="so far",
        )
    for name, policy in (("unknown_all_up", "good"), ("unknown_all_down", "bad")):
        bound = account(window, out, goal, policy)
        there = allowed(bound, service, policy)
        body["bounds"][name] = {
            "uptime_percentage": percent(bound[0], bound[0] + bound[1]),
            "downtime_seconds": bound[1],
            "allowed_seconds": there / MILLION,
            "remaining_seconds": (there - bound[1] * MILLION) / MILLION,
        }
    if service.calls[0]:
        body["voice"] = voice(*service.calls)
    if sum(times.values()) > good:
        raise ValueError(f"{sum(times.values())} answers were timed of {good} good requests")
    if times:
        body["response_time"] = response_time(times)
    body["status"] = status(seen, goal, pot, gone, smallest)
    body.update(failures(service, seen))
    return body, seen


def status(seen: Seen, goal: Body, pot: int, gone: int, smallest: int) -> str:
    if not seen[0] + seen[1]:
        return "no_data"
    if pot < smallest * MILLION:
        return "insufficient_data"
    if pot < gone * MILLION:
        return "breached"
    if (seen[6] - seen[3]) * MILLION < goal["coverage_ppm"] * seen[6]:
        return "insufficient_data"
    left = pot - gone * MILLION
    return "at_risk" if left * MILLION <= goal["at_risk_ppm"] * pot else "meeting"


def judgement(one: Body, terms: Body) -> str:
    if one["retroactive"]:
        return "correction" if one["approved_by"] and one["reason"] else "refused"
    if not one["approved_by"]:
        return "not_approved"
    early = one["start"] - one["created"] >= terms["notice_seconds"]
    return "planned" if early else "late_notice"


def covering(facts: Body, name: str, word: str) -> list[Span]:
    """Slots [first, after) of a service's windows that are judged so, united."""
    return united(
        [ceil(one["start"]), ceil(one["end"])]
        for one in facts["windows"]
        if (not one["services"] or name in one["services"])
        and judgement(one, facts["terms"]) == word
    )


def beyond(facts: Body, name: str) -> list[Span]:
    """Slots beyond the monthly cap."""
    cap = facts["terms"]["monthly_cap_seconds"]
    found: list[Span] = []
    if cap is None:
        return found
    for first, after in ([a // SLOT, b // SLOT] for a, b in facts["terms"]["months"]):
        left = cap // SLOT
        for a, b in covering(facts, name, "planned"):
            a, b = max(a, first), min(b, after)
            if a < b:
                taken = min(left, b - a)
                left -= taken
                found.append([a + taken, b])
    return united(found)


def exclusions(facts: Body) -> list[Body]:
    window, rows = facts["window"], []
    for one in facts["windows"]:
        if one["start"] >= window["full_end"] * SLOT or one["end"] <= window["start"] * SLOT:
            continue
        word = judgement(one, facts["terms"])
        first = max(ceil(one["start"]), window["start"])
        inside = [first, max(first, min(ceil(one["end"]), window["full_end"]))]
        scope = one["services"][0] if one["services"] else ""
        over = sum(common(inside, span) for span in beyond(facts, scope))
        rows.append(
            {
                "id": one["id"],
                "services": one["services"],
                "from": instant(one["start"] // SLOT),
                "to": instant(one["end"] // SLOT),
                "reason": one["reason"],
                "approved_by": one["approved_by"],
                "announced_at": instant(one["created"] // SLOT),
                "notice_seconds": one["start"] - one["created"],
                "retroactive": one["retroactive"],
                "judgement": word,
                "counts": word in ("planned", "correction"),
                "seconds": SLOT * (inside[1] - inside[0]),
                "beyond_cap_seconds": SLOT * over if word == "planned" else 0,
            }
        )
    return rows


def chart(service: Service, corrections: list[Span], budget: int) -> Body:
    length = (service.full_end - service.start) * SLOT
    step = next((s for s in STEPS if s * 64 >= length), STEPS[-1]) // SLOT
    states = list(service.judged(service.window()))
    for first, after in corrections:
        for slot in range(max(first, service.start), min(after, service.b)):
            if service.seen[slot - service.zero] == "D":
                states[slot - service.start] = "x"
    text, points = "".join(states), []
    for at in [*range(service.start, service.b, step), service.b]:
        gone = text.count("D", 0, at - service.start)
        points.append([instant(at), (budget - gone * SLOT * MILLION) / MILLION])
    return {"step_seconds": step * SLOT, "remaining_seconds": points}


def credit(facts: Body, seen: Seen, closed: bool) -> Body:
    terms, eligible, lines, chosen = facts["credits"], seen[0] + seen[1], [], None
    for floor, share in terms["tiers_ppm"]:
        reached = bool(eligible) and MILLION * seen[0] >= floor * eligible
        lines.append(
            {
                "floor_ppm": floor,
                "credit_percent": share,
                "up_millionths": MILLION * seen[0],
                "needed_millionths": floor * eligible,
                "reached": reached,
                "applies": reached and chosen is None,
            }
        )
        if reached and chosen is None:
            chosen = min(share, terms["cap"])
    known = (seen[6] - seen[3]) * MILLION
    amount = None
    if terms["fee"] is not None and chosen is not None:
        fee = Decimal(terms["fee"])
        unit = Decimal(1).scaleb(min(0, int(fee.as_tuple().exponent)))
        amount = format((fee * chosen / 100).quantize(unit, ROUND_DOWN), "f")
    return {
        "lines": lines,
        "cap_percent": terms["cap"],
        "percent": chosen,
        "manual_review": not eligible or known < terms["coverage_ppm"] * seen[6],
        "final": closed and facts["window"]["label"] == "calendar-month",
        "fee": terms["fee"],
        "currency": terms["currency"],
        "amount": amount,
        "claim_within_days": terms["claim_days"],
        "source": terms["source"],
    }


def computed(facts: Body, rows: list[Row], timed: list[Row], digest: str) -> Body:
    """The whole statement, computed from the inputs."""
    window = facts["window"]
    closed = window["end"] == window["full_end"]
    by_name: dict[str, list[Row]] = {name: [] for name in ["", *facts["services"]]}
    for row in rows:
        by_name[row["service"]].append(row)
    times: dict[str, dict[int, int]] = {name: {} for name in by_name}
    for row in timed:
        times[row["service"]][int(row["bucket"])] = int(row["answers"])
    services = {name: Service(found, facts) for name, found in by_name.items()}
    corrections = {name: covering(facts, name, "correction") for name in services}
    found = {name: figures(one, corrections[name], times[name]) for name, one in services.items()}
    composite, seen = found[""]
    excluded = exclusions(facts)
    late = 0
    for one in facts["windows"]:
        touches = one["start"] < window["full_end"] * SLOT and one["end"] > window["start"] * SLOT
        if touches and judgement(one, facts["terms"]) == "correction":
            late += one["created"] >= window["full_end"] * SLOT
    whole = services[""]
    return {
        "statement": 1,
        "tenant_id": facts["tenant_id"],
        "period": {
            "label": window["label"],
            "type": window["type"],
            "from": instant(window["start"]),
            "known_until": instant(window["end"]),
            "until": instant(window["full_end"]),
            "timezone": window["timezone"],
            "closed": closed,
        },
        "evidence": facts["evidence"],
        "revision": 1 + late,
        "release_revision": facts["release_revision"],
        "objective": facts["objective"],
        "composite": composite,
        "services": [{"service": name, **found[name][0]} for name in facts["services"]],
        **({"service_sums": list(summed(facts))} if facts.get("sums") else {}),
        **({"causes": facts["causes"]} if facts.get("causes") else {}),
        "exclusions": excluded,
        "maintenance_terms": {
            name: facts["terms"][name] for name in ("notice_seconds", "monthly_cap_seconds")
        },
        "service_hours": facts["service_hours"],
        "holidays": facts["holidays"],
        "demand_holidays": facts["demand_holidays"],
        "budget_chart": chart(whole, corrections[""], allowed(seen, whole, whole.goal["unknown"])),
        "credits": credit(facts, seen, closed),
        "input_hash": "sha256:" + digest,
    }


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(path, value) of every figure."""
    if isinstance(value, dict) and value:
        for name in value:
            yield from leaves(value[name], f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value:
        for number, one in enumerate(value):
            name = one.get("service") if isinstance(one, dict) else None
            yield from leaves(one, f"{path}[{name or number}]")
    else:
        yield path, value


def plain(value: Any) -> str:
    """A figure as the CSV has it."""
    if value is None or value == [] or value == {}:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value[:1] in "=+-@\t\r":
        return "'" + value
    return str(value)


def differences(printed: Body, again: Body) -> Iterator[tuple[str, Any, Any]]:
    """(path, printed, computed) where they differ; a figure that is missing is None."""
    ours, theirs = dict(leaves(again)), dict(leaves(printed))
    for path in {**ours, **theirs}:
        one, other = theirs.get(path, "missing"), ours.get(path, "missing")
        if json.dumps(one) != json.dumps(other):
            yield path, one, other


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def main(folder: Path) -> int:
    try:
        inputs = (folder / "inputs.json").read_bytes()
        minutes = (folder / "minutes.csv").read_bytes()
        latency = (folder / "latency.csv").read_bytes()
        printed = json.loads((folder / "report.json").read_text("utf-8"))
        table = list(csv.reader((folder / "report.csv").read_text("utf-8-sig").splitlines()))[1:]
        digest = hashlib.sha256(inputs + minutes + latency).hexdigest()
        rows = list(csv.DictReader(minutes.decode("utf-8").splitlines()))
        timed = list(csv.DictReader(latency.decode("utf-8").splitlines()))
        again = computed(json.loads(inputs), rows, timed, digest)
    except (OSError, ValueError, KeyError, IndexError) as error:
        say(f"cannot be computed: {error!r}")
        return 2
    wrong = [("report.json", *row) for row in differences(printed, again)]
    shown = {row[0]: row[-1] for row in table}
    ours = {path: plain(value) for path, value in leaves(again)}
    wrong += [
        ("report.csv", path, shown.get(path, "missing"), ours.get(path, "missing"))
        for path in {**ours, **shown}
        if shown.get(path) != ours.get(path)
    ]
    for name, path, one, other in wrong:
        say(f"{name}: {path} is printed as {one}, computed as {other}")
    say(f"{len(ours)} figures computed again, {len(wrong)} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent))
