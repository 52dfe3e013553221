"""Statistics of what is kept, and business metrics that follow from it. Pure."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from ecp.orchestrator.records import Figure, Minute

BUSINESS: Final = "business"
"""The option of a tenant that says what its requests are worth."""
SOURCE: Final = "ecp-orchestrator"
"""As the integration guide names who pushes."""
UNITS: Final = {
    "cpu_usage": "% of limits",
    "memory_usage": "% of limits",
    "response_time": "ms (p95)",
    "error_rate": "%",
    "request_rate": "requests/s",
}
_DIGITS: Final = 3


def evidence(facts: Mapping[str, Any]) -> str:
    """Return what a tenant's figures are worth, as its ledger says: simulated or measured."""
    return str(facts.get("evidence") or "simulated")


def together(evidences: Sequence[str]) -> str:
    """Return what figures of several tenants are worth; "mixed" where they differ."""
    found = set(evidences) or {"simulated"}
    return found.pop() if len(found) == 1 else "mixed"


def figures(minute: Minute) -> dict[str, float | None]:
    """Return a minute's figures; None for one that nobody knows."""
    whole: Mapping[str, Any] = minute.body["tenant"]
    good, total = whole["good"], whole["total"]
    slots = whole["slots"]
    eligible = slots["up"] + slots["down"]
    return {
        "cpu_usage": _percent(whole.get("cpu_millicores"), whole.get("cpu_limit_millicores")),
        "memory_usage": _percent(whole.get("memory_bytes"), whole.get("memory_limit_bytes")),
        "response_time": (whole.get("latency") or {}).get("p95_ms") if eligible else None,
        "error_rate": _percent(total - good, total),
        "request_rate": total / 60 if eligible else None,
    }


def _percent(part: float | None, whole: float | None) -> float | None:
    return 100 * part / whole if part is not None and whole else None


def statistics(minutes: Sequence[Minute]) -> dict[str, Any]:
    """Return count, mean, least, most and the 95th percentile of each figure over minutes.

    The error rate's mean is that of the requests; a percentile is the nearest rank of the minutes.
    """
    told = [figures(minute) for minute in minutes]
    found: dict[str, Any] = {}
    for name, unit in UNITS.items():
        values = sorted(value for row in told if (value := row[name]) is not None)
        found[name] = {"unit": unit, "count": len(values), **_summary(values)}
    good = sum(minute.body["tenant"]["good"] for minute in minutes)
    total = sum(minute.body["tenant"]["total"] for minute in minutes)
    if total:
        found["error_rate"]["mean"] = round(100 * (total - good) / total, _DIGITS)
    return found


def _summary(values: Sequence[float]) -> dict[str, float | None]:
    if not values:
        return {"mean": None, "min": None, "max": None, "p95": None}
    rank = -(-95 * len(values) // 100)
    return {
        "mean": round(sum(values) / len(values), _DIGITS),
        "min": round(values[0], _DIGITS),
        "max": round(values[-1], _DIGITS),
        "p95": round(values[rank - 1], _DIGITS),
    }


def series(minutes: Sequence[Minute], every: int) -> list[dict[str, Any]]:
    """Return means of each *every* minutes, in order; the last may have fewer."""
    rows = []
    for first in range(0, len(minutes), every):
        part = [figures(minute) for minute in minutes[first : first + every]]
        means = {}
        for name in UNITS:
            values = [value for row in part if (value := row[name]) is not None]
            means[name] = round(sum(values) / len(values), _DIGITS) if values else None
        rows.append({"from": minutes[first].minute, "minutes": len(part), **means})
    return rows


def business(minutes: Sequence[Minute], terms: Mapping[str, Any]) -> dict[str, Any]:
    """Return what some minutes were worth, as it is pushed: numbers, and the currency.

    `revenue` is the good requests' at `revenue_per_request`, rounded to the currency's digits (KRW
    has none); `active_sessions` the mean number in progress by Little's law, from the sessions that
    begin (requests / `requests_per_session`) and how long one lasts (`session_seconds`). What the
    terms leave out is not said.
    """
    seconds = 60 * len(minutes)
    good = sum(minute.body["tenant"]["good"] for minute in minutes)
    total = sum(minute.body["tenant"]["total"] for minute in minutes)
    said: dict[str, Any] = {
        "business_requests": total,
        "business_requests_good": good,
        "interval_seconds": seconds,
    }
    price, currency = terms.get("revenue_per_request"), terms.get("currency")
    if price is not None and currency:
        digits = Decimal(1) if currency == "KRW" else Decimal("0.01")
        worth = (Decimal(str(price)) * good).quantize(digits, ROUND_HALF_EVEN)
        said |= {"revenue": float(worth), "currency": currency}
    each, lasts = terms.get("requests_per_session"), terms.get("session_seconds")
    if each and lasts:
        said["active_sessions"] = round(total / each * lasts / seconds, _DIGITS)
    return said


# What the example clients ask for, and which of the figures it is.
SHORT: Final = {"cpu": "cpu_usage", "memory": "memory_usage", "gpu": "gpu_usage"}
MEASURED: Final = {
    "cpu_usage": "%",
    "memory_usage": "%",
    "gpu_usage": "%",
    "network_in": "bytes/s",
    "network_out": "bytes/s",
    "storage_used": "bytes",
    "request_count": "requests",
    "response_time": "ms",
    "error_rate": "%",
}
"""Figures that somebody else may measure and send, with their units."""


def points(
    minutes: Sequence[Minute], every: int, kept: Sequence[Figure]
) -> dict[str, list[dict[str, Any]]]:
    """Return a point each *every* minutes by short name; GPUs are known from rows that were sent.

    The simulated cluster hands GPUs out whole and measures no use of them.
    """
    rows = series(minutes, every)
    found = {
        short: [
            {"timestamp": row["from"], "value": row[name]}
            for row in rows
            if row.get(name) is not None
        ]
        for short, name in SHORT.items()
    }
    sent = [figure for figure in reversed(kept) if figure.metric_name == SHORT["gpu"]]
    found["gpu"] = [{"timestamp": row.timestamp, "value": row.metric_value} for row in sent]
    return found


def summary(
    metrics: Mapping[str, Sequence[Mapping[str, Any]]], minutes: Sequence[Minute]
) -> dict[str, float | None]:
    """Return avg_* and max_*: of the minutes, and for GPUs of the points."""
    told = statistics(minutes)
    found: dict[str, float | None] = {}
    for short, name in SHORT.items():
        row = told.get(name) or _summary(sorted(point["value"] for point in metrics[short]))
        found |= {f"avg_{short}": row["mean"], f"max_{short}": row["max"]}
    for name in ("response_time", "error_rate", "request_rate"):
        found |= {f"avg_{name}": told[name]["mean"], f"max_{name}": told[name]["max"]}
    return found


def taken(rows: Sequence[Mapping[str, Any]], name: str) -> dict[str, Any]:
    """Return what clusters together have of a resource, and what of it is taken; 0 of nothing."""
    told = [row[name] for row in rows if row.get(name)]
    total = sum(row["allocatable"] for row in told)
    used = sum(row["requested"] for row in told)
    measured = [row["used"] for row in told if row.get("used") is not None]
    return {
        "total": total,
        "used": used,
        "utilization": round(100 * used / total, 2) if total else None,
        "measured": sum(measured) if measured else None,
        "unit": told[0]["unit"] if told else None,
    }
