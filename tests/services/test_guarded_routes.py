"""Every call that changes something says whether that is on a cluster: those that do are refused on
a real one that is read-only, or that nobody named. A new call has to be told apart here.
"""

import asyncio
from pathlib import Path
from typing import Any, Final, Literal

import httpx
import pytest

from ecp.orchestrator.app import create_app
from ecp.orchestrator.records import Wish

from .running import Service as Simulator

Kind = Literal["guarded", "never", "records"]
"""guarded: refused unless a real cluster was named; never: refused on any real one; records:
changes what the orchestrator keeps, and nothing that runs."""

API: Final = "/api/v1"
GUARDED: Final[dict[str, Any]] = {
    f"PUT {API}/tenants/{{tenant_id}}": {"service_requirements": {"callbot": 9}},
    f"PATCH {API}/tenants/{{tenant_id}}": {"service_requirements": {"callbot": 9}},
    f"DELETE {API}/tenants/{{tenant_id}}": None,
    f"POST {API}/tenants/{{tenant_id}}/stop": None,
    f"POST {API}/tenants/{{tenant_id}}/start": None,
    f"POST {API}/tenants/{{tenant_id}}/restart": None,
    f"POST {API}/simulator/deploy/{{tenant_id}}": {},
    f"POST {API}/tenants/{{tenant_id}}/releases/{{revision}}/rollback": None,
    f"PUT {API}/tenants/{{tenant_id}}/versions": {"versions": {}, "deploy": True},
}
NEVER: Final = {
    f"POST {API}/simulator/failures/{{tenant_id}}/trigger": {"failure_type": "cpu_spike"},
    f"POST {API}/simulator/failures/{{tenant_id}}/repeating": {
        "failure_type": "pod_kill",
        "every": "10m",
    },
    f"DELETE {API}/simulator/failures/{{tenant_id}}/repeating/{{name}}": None,
    f"DELETE {API}/simulator/failures/{{tenant_id}}": None,
    f"DELETE {API}/simulator/failures/{{tenant_id}}/{{injection_id}}": None,
    f"DELETE {API}/simulator/failures": None,
}
RECORDS: Final = {
    f"POST {API}/tenants/validate-manifest",
    f"POST {API}/tenants/calculate-resources",
    f"POST {API}/tenants/preview-manifest",
    f"POST {API}/tenants/",
    f"POST {API}/tenants/{{tenant_id}}/clone",
    # What the simulator's customers ask for; a real cluster's are nobody's to choose.
    f"PUT {API}/tenants/{{tenant_id}}/demand",
    f"DELETE {API}/tenants/{{tenant_id}}/demand",
    f"POST {API}/tenants/{{tenant_id}}/manifest",
    # A dry run.
    f"POST {API}/tenants/{{tenant_id}}/diff",
    f"POST {API}/simulator/sla/{{tenant_id}}/statements",
    # What is agreed and announced is kept with the tenant: nothing on a cluster follows from it.
    f"POST {API}/simulator/sla/{{tenant_id}}/maintenance",
    f"DELETE {API}/simulator/sla/{{tenant_id}}/maintenance/{{window_id}}",
    f"PUT {API}/simulator/sla/{{tenant_id}}/contract",
    f"POST {API}/tenants/{{tenant_id}}/monitoring",
    f"POST {API}/rehearsals",
    f"POST {API}/rehearsals/check",
    f"POST {API}/rehearsals/{{rehearsal_id}}/again",
    f"DELETE {API}/rehearsals/{{rehearsal_id}}",
    f"POST {API}/rehearsals/{{rehearsal_id}}/cancel",
    f"POST {API}/rehearsals/{{rehearsal_id}}/resume",
    f"PUT {API}/settings",
    f"POST {API}/settings/test-connection",
    # Reads the real one, and makes a simulated one.
    f"POST {API}/twins",
    f"PUT {API}/monitoring/business/{{tenant_id}}",
    f"PUT {API}/alerts/policies/{{tenant_id}}",
    f"POST {API}/alerts/routes",
    f"PUT {API}/alerts/routes/{{route_id}}",
    f"DELETE {API}/alerts/routes/{{route_id}}",
    f"POST {API}/alerts/routes/{{route_id}}/test",
    f"POST {API}/alerts/silences",
    f"DELETE {API}/alerts/silences/{{silence_id}}",
    f"POST {API}/alerts/{{alert_id}}/acknowledge",
    f"POST {API}/tenants/{{tenant_id}}/alerts",
    f"DELETE {API}/tenants/{{tenant_id}}/alerts/{{alert_name}}",
    f"PUT {API}/images/registries/{{name}}",
    f"DELETE {API}/images/registries/{{name}}",
    f"POST {API}/images/{{service}}/versions",
    f"DELETE {API}/images/{{service}}/versions/{{version}}",
    # The demo never leaves the simulator.
    f"POST {API}/demo",
    f"POST {API}/demo/reset",
}
READS: Final = ("get", "head", "parameters")
WEB: Final = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: a, image: nginx, resources: {limits: {cpu: 10m, memory: 16Mi}}}]}
"""


def test_every_call_that_changes_something_is_told_apart(tmp_path: Path) -> None:
    paths = create_app(tmp_path).openapi()["paths"]
    served = {
        f"{method.upper()} {path}" for path, row in paths.items() for method in row
        if method not in READS
    }  # fmt: skip
    told = [*GUARDED, *NEVER, *RECORDS]
    assert len(told) == len(set(told))
    assert served == set(told), "say of a new call whether it changes what runs on a cluster"


def test_a_real_cluster_is_changed_by_no_call_that_does_not_name_it(
    running: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.create("routes", paused=True, authorization_mode="RBAC")
    name = f"127.0.0.1:{running.port}"
    monkeypatch.setenv("ECP_DEPLOYMENT_METHOD", "kubernetes")
    monkeypatch.setenv("ECP_CLUSTER_URL", f"http://{name}/clusters/routes")
    monkeypatch.setenv("ECP_CLUSTER_TOKEN", "admin")
    monkeypatch.setenv("ECP_CLUSTER_READ_ONLY", "no")

    async def work() -> None:
        app = create_app(tmp_path)
        house = app.state.house
        try:
            await house.storage("production")
            wish = Wish(manifest_content=WEB, confirm=name, allow_broken=True)
            await house.workflow.deploy("production", "acme", wish, "en")
            before = running.ok("GET", "/api/v1/clusters/routes")["resource_version"]
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(app), base_url="http://ecp"
            ) as client:
                for read_only in (False, True):
                    monkeypatch.setenv("ECP_CLUSTER_READ_ONLY", "yes" if read_only else "no")
                    house.settle("production", {})
                    confirm = {"confirm": name} if read_only else {}
                    code = "TARGET_READ_ONLY" if read_only else "TARGET_NOT_CONFIRMED"
                    for call, body in GUARDED.items():
                        answer = await _called(client, call, body, confirm)
                        assert answer.json()["title"] == code, (call, answer.text)
                    for call, body in NEVER.items():
                        answer = await _called(client, call, body, {})
                        assert answer.json()["title"] == "TARGET_NOT_DISTURBED", (call, answer.text)
                assert (await client.get(f"{API}/tenants/acme")).json()["wanted"] == "up"
            changed = [row for row in running.changes("routes", before) if "acme" in str(row)]
            assert not changed
        finally:
            await house.close()

    asyncio.run(work())


async def _called(
    client: httpx.AsyncClient, call: str, body: Any, confirm: dict[str, str]
) -> httpx.Response:
    """Call with the word where the call takes it: in its body, else in its query."""
    method, path = call.split(" ")
    filled = path.format(tenant_id="acme", revision=1, injection_id="f1", name="x")
    if path.endswith(("deploy/{tenant_id}", "rollback", "versions")):
        return await client.request(method, filled, json={**(body or {}), **confirm})
    return await client.request(method, filled, json=body, params=confirm)
