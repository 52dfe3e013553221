"""Grafana's dashboards as a table: what is shown of what is measured (tools/make_deploy.py writes).

Every query names metrics that /metrics of a service really has, or a rule of the installation
records; a test compares.
"""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

_COLUMNS: Final = 24
_HIGH: Final = 8
_SOURCE: Final = {"type": "prometheus", "uid": "ecp-prometheus"}
_OF_TENANT: Final = 'cluster=~"$cluster",tenant=~"$tenant"'


class Panel(NamedTuple):
    """A panel: its title, unit of Grafana, queries by legend, and how wide it is (of 24)."""

    title: str
    unit: str
    queries: tuple[tuple[str, str], ...]
    wide: int = 12
    kind: str = "timeseries"


class Dashboard(NamedTuple):
    """A dashboard: its name, and the variables that people choose by, each with its query."""

    uid: str
    title: str
    variables: tuple[tuple[str, str], ...]
    panels: tuple[Panel, ...]


_CLUSTER: Final = ("cluster", "label_values(ecp_cluster_time_seconds, cluster)")
_TENANT: Final = ("tenant", 'label_values(ecp_sla_slots_total{cluster=~"$cluster"}, tenant)')

DASHBOARDS: Final = (
    Dashboard(
        "ecp-tenants",
        "ECP tenants",
        (_CLUSTER, _TENANT),
        (
            Panel(
                "Up time, last 24 h",
                "percentunit",
                (("{{tenant}} ({{cluster}})", f"ecp_sla_ratio{{{_OF_TENANT}}}"),),
                kind="stat",
            ),
            Panel(
                "Share of time down (budget of 99.5 %: 0.005)",
                "percentunit",
                (
                    ("1 h {{tenant}}", f"ecp:sla_slots_down:ratio1h{{{_OF_TENANT}}}"),
                    ("6 h {{tenant}}", f"ecp:sla_slots_down:ratio6h{{{_OF_TENANT}}}"),
                    ("3 d {{tenant}}", f"ecp:sla_slots_down:ratio3d{{{_OF_TENANT}}}"),
                ),
            ),
            Panel(
                "Requests, by outcome",
                "reqps",
                (
                    (
                        "{{tenant}} {{result}}",
                        "sum by (tenant, result) "
                        f'(rate(ecp_requests_total{{{_OF_TENANT},service=""}}[5m]))',
                    ),
                ),
            ),
            Panel(
                "Requests that come, by service",
                "reqps",
                (("{{service}}", f"ecp_request_rate{{{_OF_TENANT}}}"),),
            ),
            Panel(
                "Response time, 95th percentile",
                "s",
                (("{{service}}", f"ecp_response_time_seconds{{{_OF_TENANT}}}"),),
            ),
            Panel(
                "Requests that fail",
                "percentunit",
                (("{{service}}", f"ecp_error_ratio{{{_OF_TENANT}}}"),),
            ),
            Panel(
                "Pods: wanted and answering",
                "short",
                (
                    ("{{service}} wanted", f'ecp_workload_pods{{{_OF_TENANT},state="wanted"}}'),
                    (
                        "{{service}} answering",
                        f'ecp_workload_pods{{{_OF_TENANT},state="answering"}}',
                    ),
                ),
            ),
            Panel(
                "Requests that wait",
                "short",
                (("{{service}}", f"ecp_workload_queue{{{_OF_TENANT}}}"),),
            ),
            Panel(
                "CPU in use", "cores", (("{{service}}", f"ecp_workload_cpu_cores{{{_OF_TENANT}}}"),)
            ),
            Panel(
                "Memory in use",
                "bytes",
                (("{{service}}", f"ecp_workload_memory_bytes{{{_OF_TENANT}}}"),),
            ),
            Panel(
                "What other systems say",
                "short",
                (("{{tenant}} {{name}} ({{source}})", f"ecp_external_metric{{{_OF_TENANT}}}"),),
                wide=24,
            ),
        ),
    ),
    Dashboard(
        "ecp-installation",
        "ECP installation",
        (_CLUSTER,),
        (
            Panel("Services that answer", "short", (("{{job}}", "up"),), kind="stat"),
            Panel(
                "Answers of the orchestrator",
                "reqps",
                (
                    (
                        "{{method}} {{status}}",
                        "sum by (method, status) (rate(ecp_http_requests_total[5m]))",
                    ),
                ),
            ),
            Panel(
                "Tenants, by phase of their last release",
                "short",
                (("{{mode}} {{phase}}", "ecp_tenants"),),
            ),
            Panel(
                "Faults that last",
                "short",
                (("{{cluster}}", 'ecp_faults_running{cluster=~"$cluster"}'),),
            ),
            Panel(
                "Objects",
                "short",
                (("{{cluster}} {{resource}}", 'ecp_cluster_objects{cluster=~"$cluster"}'),),
            ),
            Panel(
                "Changes",
                "ops",
                (("{{cluster}}", 'rate(ecp_cluster_changes_total{cluster=~"$cluster"}[5m])'),),
            ),
            Panel(
                "Pace: simulated seconds a second",
                "short",
                (("{{cluster}}", 'ecp_cluster_speed{cluster=~"$cluster"}'),),
            ),
            Panel(
                "Simulated time",
                "dateTimeAsIso",
                (("{{cluster}}", '1000 * ecp_cluster_time_seconds{cluster=~"$cluster"}'),),
                kind="stat",
            ),
        ),
    ),
)


def written(dashboard: Dashboard) -> str:
    """Return a dashboard as Grafana reads it from a file."""
    panels, x, y = [], 0, 0
    for number, panel in enumerate(dashboard.panels, 1):
        if x + panel.wide > _COLUMNS:
            x, y = 0, y + _HIGH
        panels.append(_panel(panel, number, x, y))
        x += panel.wide
    said = {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "tags": ["ecp"],
        "timezone": "browser",
        "refresh": "15s",
        "schemaVersion": 39,
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [_variable(*variable) for variable in dashboard.variables]},
        "panels": panels,
    }
    return json.dumps(said, indent=2) + "\n"


def _panel(panel: Panel, number: int, x: int, y: int) -> dict[str, Any]:
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "datasource": _SOURCE,
        "gridPos": {"x": x, "y": y, "w": panel.wide, "h": _HIGH},
        "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
        "targets": [
            {
                "refId": chr(ord("A") + i),
                "datasource": _SOURCE,
                "expr": expr,
                "legendFormat": legend,
            }
            for i, (legend, expr) in enumerate(panel.queries)
        ],
    }


def _variable(name: str, query: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": "query",
        "datasource": _SOURCE,
        "query": {"query": query, "refId": name},
        "definition": query,
        "includeAll": True,
        "multi": True,
        "current": {"text": "All", "value": "$__all"},
        "refresh": 2,
        "sort": 1,
    }
