"""The orchestrator's own metrics as Prometheus text."""

from collections.abc import Iterable

from ecp import __version__
from ecp.orchestrator.ports import House
from ecp.orchestrator.records import MODES

_PHASES = ("created", "applying", "progressing", "ready", "stalled", "failed")
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


async def exposition(house: House, requests: dict[tuple[str, int], int]) -> str:
    """Return the metrics; *requests* counts answers by (method, status)."""
    lines = list(_family("ecp_info", "gauge", "Version of the orchestrator."))
    lines.append(f'ecp_info{{version="{__version__}"}} 1')
    lines += _family("ecp_tenants", "gauge", "Tenants by mode and phase of their last release.")
    for mode in MODES:
        storage = await house.storage(mode)
        for phase in _PHASES:
            total = (await storage.tenants(0, 1, phase=phase)).total
            lines.append(f'ecp_tenants{{mode="{mode}",phase="{phase}"}} {total}')
    lines += _family("ecp_sla_uptime_ratio", "gauge", "Up time of the last closed minute.")
    for mode in MODES:
        storage = await house.storage(mode)
        for tenant in (await storage.tenants(0, 1000)).tenants:
            for row in await storage.figures(tenant.tenant_id, "sla", 2):
                if row.metric_name == "uptime_percentage":
                    lines.append(
                        f'ecp_sla_uptime_ratio{{mode="{mode}",tenant="{tenant.tenant_id}"}} '
                        f"{row.metric_value / 100:.6f}"
                    )
                    break
    lines += _family("ecp_http_requests_total", "counter", "Answers by method and status.")
    for (method, status), count in sorted(requests.items()):
        lines.append(f'ecp_http_requests_total{{method="{method}",status="{status}"}} {count}')
    return "\n".join(lines) + "\n"


def _family(name: str, kind: str, words: str) -> Iterable[str]:
    yield f"# HELP {name} {words}"
    yield f"# TYPE {name} {kind}"
