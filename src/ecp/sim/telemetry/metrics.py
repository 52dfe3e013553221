"""METRICS: one row a metric that is exposed: name, type, help, labels."""

from typing import Literal, NamedTuple


class Metric(NamedTuple):
    """One family of the Prometheus exposition. Base units: seconds, bytes, cores, ratios."""

    name: str
    type: Literal["counter", "gauge"]
    help: str
    labels: tuple[str, ...]


_WHOSE = ("cluster", "tenant", "service")

METRICS = (
    Metric(
        "ecp_sla_slots_total",
        "counter",
        "Five-second slots by state; service '' is the tenant as a whole.",
        (*_WHOSE, "state"),
    ),
    Metric(
        "ecp_requests_total",
        "counter",
        "Requests by result; those of service '' are the customers' own.",
        (*_WHOSE, "result"),
    ),
    Metric(
        "ecp_response_time_seconds", "gauge", "95th percentile of the response time now.", _WHOSE
    ),
    Metric("ecp_error_ratio", "gauge", "Share of requests that fail now, 0 to 1.", _WHOSE),
    Metric("ecp_request_rate", "gauge", "Requests per second now.", _WHOSE),
    Metric("ecp_workload_pods", "gauge", "Pods of a workload.", (*_WHOSE, "state")),
    Metric("ecp_workload_cpu_cores", "gauge", "CPU that a workload's pods use.", _WHOSE),
    Metric("ecp_workload_memory_bytes", "gauge", "Memory that a workload's pods use.", _WHOSE),
    Metric("ecp_workload_queue", "gauge", "Requests that wait for a workload.", _WHOSE),
    Metric("ecp_sla_ratio", "gauge", "Up time over the last 24 h, 0 to 1.", ("cluster", "tenant")),
    Metric(
        "ecp_external_metric",
        "gauge",
        "What others said of a tenant.",
        ("cluster", "tenant", "name", "source"),
    ),
    Metric(
        "ecp_followed_tenants",
        "gauge",
        "Tenants that are followed: the first 1000 have series, and of the first 2000 services.",
        ("cluster",),
    ),
    Metric("ecp_faults_running", "gauge", "Faults that last.", ("cluster",)),
    Metric(
        "ecp_cluster_time_seconds", "gauge", "The cluster's time since the epoch.", ("cluster",)
    ),
    Metric("ecp_cluster_speed", "gauge", "Simulated seconds per second; 0 = paused.", ("cluster",)),
    Metric("ecp_cluster_objects", "gauge", "Objects by resource.", ("cluster", "resource")),
    Metric(
        "ecp_cluster_changes_total", "counter", "Changes of the cluster's objects.", ("cluster",)
    ),
)

BY_NAME = {metric.name: metric for metric in METRICS}


def exposition(samples: dict[str, list[tuple[tuple[str, ...], float]]]) -> str:
    """Return Prometheus text: one HELP and TYPE a family, then its samples.

    *samples* are (label values, value) by metric name. Raises KeyError for one that is no row.
    """
    lines = []
    for name in samples:
        BY_NAME[name]
    for metric in METRICS:
        rows = samples.get(metric.name)
        if not rows:
            continue
        lines.append(f"# HELP {metric.name} {metric.help}")
        lines.append(f"# TYPE {metric.name} {metric.type}")
        for values, value in rows:
            labels = labelled(metric.labels, values)
            lines.append(f"{metric.name}{{{labels}}} {_number(value)}")
    return "\n".join(lines) + "\n"


def labelled(names: tuple[str, ...], values: tuple[str, ...]) -> str:
    """Return labels as they stand between the braces."""
    return ",".join(f'{n}="{_escaped(text)}"' for n, text in zip(names, values, strict=True))


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
