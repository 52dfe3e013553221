"""The orchestrator's own metrics as Prometheus text.

Their number is bounded: labels are words of ours, and tenants, of which the first MOST_TENANTS are
told apart and the others counted.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ecp import __version__
from ecp.kube.times import nanoseconds
from ecp.orchestrator.ports import House, Storage
from ecp.orchestrator.records import MODES, OPEN, SEVERITIES, Mode

_PHASES = ("created", "applying", "progressing", "ready", "stalled", "failed")
_TOLD = ("pending", "sending", "sent", "failed", "dropped", "uncertain")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_PROBED: Final = {
    "slots": "Slots of the prober of a real cluster: looked, nobody reached, missed.",
    "probes": "Probes of entries of a real cluster by what they told: up, down, unknown.",
}
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MOST_TENANTS: Final = 1000
"""Of a mode, told apart by a label."""

Sample = tuple[Mapping[str, str], float]


async def exposition(house: House, requests: Mapping[tuple[str, int], int]) -> str:
    """Return the metrics; *requests* counts answers by (method, status)."""
    stores = {mode: await house.storage(mode) for mode in MODES}
    lines = _family("ecp_info", "gauge", "Version of the orchestrator.", _version())
    lines += _family(
        "ecp_tenants",
        "gauge",
        "Tenants by mode and phase of their last release.",
        [row for mode, storage in stores.items() for row in await _tenants(mode, storage)],
    )
    told = {mode: await storage.alerts.newest_minutes() for mode, storage in stores.items()}
    lines += _family(
        "ecp_sla_uptime_ratio",
        "gauge",
        "Up time of the last closed minute.",
        _minutes(told, "uptime", 1),
    )
    lines += _family(
        "ecp_kept_until_seconds",
        "gauge",
        "Start of the last minute that is kept, in the cluster's time since the epoch.",
        _minutes(told, "newest", 1_000_000_000),
    )
    lines += _family(
        "ecp_kept_tenants",
        "gauge",
        f"Tenants of which minutes are kept; the first {MOST_TENANTS} are told apart.",
        [({"mode": mode}, len(rows)) for mode, rows in told.items()],
    )
    lines += _family(
        "ecp_records_kept_total",
        "counter",
        "Minutes' records that were kept, by the way that they came: rest, redis, websocket.",
        [({"mode": mode, "by": way}, n) for (mode, way), n in sorted(house.collected.items())],
    )
    for family, words in _PROBED.items():
        lines += _family(
            f"ecp_prober_{family}_total",
            "counter",
            words,
            [
                ({"outcome": word.removeprefix(f"{family}_")}, n)
                for word, n in house.probed.items()
                if word.startswith(f"{family}_")
            ],
        )
    counts = {mode: await storage.alerts.counts() for mode, storage in stores.items()}
    lines += _family(
        "ecp_alerts",
        "gauge",
        "Alerts that are not over.",
        [
            (
                {"mode": mode, "severity": severity, "state": state},
                found["alerts"].get((severity, state), 0),
            )
            for mode, found in counts.items()
            for severity in SEVERITIES
            for state in OPEN
        ],
    )
    lines += _family(
        "ecp_alert_deliveries",
        "gauge",
        "Messages of alerts by what became of them.",
        [
            ({"mode": mode, "state": state}, found["deliveries"].get((state,), 0))
            for mode, found in counts.items()
            for state in _TOLD
        ],
    )
    lines += _family(
        "ecp_http_requests_total", "counter", "Answers by method and status.", _requests(requests)
    )
    return "\n".join(lines) + "\n"


def _version() -> list[Sample]:
    return [({"version": __version__}, 1)]


async def _tenants(mode: Mode, storage: Storage) -> list[Sample]:
    return [
        ({"mode": mode, "phase": phase}, (await storage.tenants(0, 1, phase=phase)).total)
        for phase in _PHASES
    ]


def _minutes(
    told: Mapping[Mode, Mapping[str, Mapping[str, Any]]], field: str, unit: int
) -> Iterator[Sample]:
    """Yield what was said with each tenant's newest minute; instants in *unit* nanoseconds."""
    for mode, rows in told.items():
        for tenant in sorted(rows)[:MOST_TENANTS]:
            value = rows[tenant].get(field)
            if isinstance(value, str):
                value = nanoseconds(value) / unit
            if value is not None:
                yield {"mode": mode, "tenant": tenant}, value


def _requests(requests: Mapping[tuple[str, int], int]) -> list[Sample]:
    sums: dict[tuple[str, int], int] = {}
    for (method, status), count in requests.items():
        # A caller may invent methods.
        key = (method if method in _METHODS else "other", status)
        sums[key] = sums.get(key, 0) + count
    return [
        ({"method": method, "status": str(status)}, count)
        for (method, status), count in sorted(sums.items())
    ]


def _family(name: str, kind: str, words: str, samples: Iterable[Sample]) -> list[str]:
    lines = [f"# HELP {name} {words}", f"# TYPE {name} {kind}"]
    for labels, value in samples:
        spelled = ",".join(f'{label}="{word}"' for label, word in labels.items())
        shown = str(int(value)) if value == int(value) else f"{value:.6f}"
        lines.append(f"{name}{{{spelled}}} {shown}")
    return lines
