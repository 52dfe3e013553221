"""A real cluster is measured from outside: what answers is up, what does not is down, and what
nobody could look at is unknown.

Real HTTP servers stand behind the Services; the simulator's façade is the API server. Slots are
walked by their numbers, so that every figure is exact.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from ecp.edge.problems import Problem
from ecp.orchestrator.adapters.measuring import Measured
from ecp.orchestrator.bootstrap import Bootstrap
from ecp.orchestrator.exposition import exposition
from ecp.orchestrator.records import WINDOWS, Ref, Wish
from ecp.orchestrator.settings import usecases as settings
from ecp.orchestrator.sla import usecases
from ecp.orchestrator.sla.collector import Collector
from ecp.orchestrator.streams.model import Expired
from ecp.orchestrator.streams.usecases import Frames
from ecp.orchestrator.tenants import running
from ecp.slo.rollup import MINUTE_SLOTS
from ecp.slo.slots import NANOSECONDS, SLOT_SECONDS, slot_of_ns
from ecp.slo.windows import instant

from .running import Service as Simulator

MANIFEST = """\
apiVersion: v1
kind: Service
metadata: {{name: web, annotations: {{ecp.ai/probe: '{probe}'}}}}
spec: {{selector: {{app: web}}, ports: [{{port: 80, targetPort: 8080}}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      containers:
      - {{name: a, image: nginx, ports: [{{containerPort: 8080}}],
          resources: {{requests: {{cpu: 10m, memory: 16Mi}}, limits: {{cpu: 100m, memory: 64Mi}}}}}}
"""


class Server:
    """A server on a port of its own that can be killed and started again: the service itself, or
    (with *to*) the wire to another port."""

    def __init__(self, to: int | None = None) -> None:
        self.to = to
        self.port = 0
        self.status = b"200 OK"
        self._server: asyncio.Server | None = None
        self._busy: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def kill(self) -> None:
        """Let nobody in any more, and cut off who is in."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for task in list(self._busy):
            task.cancel()
        await asyncio.gather(*self._busy, return_exceptions=True)

    async def _take(self, reader: Any, writer: Any) -> None:
        task = asyncio.create_task(
            self._answer(reader, writer) if self.to is None else self._pass(reader, writer)
        )
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)

    async def _answer(self, reader: Any, writer: Any) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            head = b"HTTP/1.1 %s\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            writer.write(head % self.status)
            await writer.drain()
        finally:
            await _closed(writer)

    async def _pass(self, reader: Any, writer: Any) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.to)
        except OSError:
            await _closed(writer)
            return
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_flow(reader, back))
                group.create_task(_flow(there, writer))
        except* OSError:
            pass
        finally:
            await _closed(back)
            await _closed(writer)


async def _flow(source: Any, sink: Any) -> None:
    while data := await source.read(65536):
        sink.write(data)
        await sink.drain()
    sink.close()


async def _closed(writer: Any) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@pytest.fixture(scope="module")
def server(running: Simulator) -> Simulator:
    running.create("guarded", authorization_mode="RBAC")
    return running


class Scene:
    """A tenant that was deployed to a real cluster, its service, and the prober's network."""

    def __init__(self, house: Bootstrap, tenant: str, service: Server, wires: list[Server]) -> None:
        self.house, self.tenant, self.service, self.wires = house, tenant, service, wires
        measured = house.simulator("production")
        assert isinstance(measured, Measured)
        self.measured = measured
        now = slot_of_ns(house.now())
        self.slot = self.began = now - now % MINUTE_SLOTS + MINUTE_SLOTS

    async def walk(self, slots: int) -> None:
        for _ in range(slots):
            await self.measured.look(self.slot)
            self.slot += 1

    async def judged(self) -> dict[str, Any]:
        storage = await self.house.storage("production")
        tenant = await storage.tenant(self.tenant)
        release = await storage.last_release(self.tenant)
        assert tenant is not None
        assert release is not None
        return await self.house.workflow.judge("production", tenant, release, "en")

    async def report(self, period: str) -> dict[str, Any]:
        # The last minute closes with the slot after it.
        await self.measured.look(self.slot)
        await Collector(self.house, self.house.holder).pull("production")
        return await usecases.analysis(self.house, "production", self.tenant, period)


@asynccontextmanager
async def scene(
    server: Simulator, folder: Path, tenant: str, monkeypatch: pytest.MonkeyPatch, replicas: int = 1
) -> AsyncIterator[Scene]:
    service, api = Server(), Server(server.port)
    await service.start()
    await api.start()
    road = Server(service.port)
    await road.start()
    await service.kill()
    monkeypatch.setenv("ECP_DEPLOYMENT_METHOD", "kubernetes")
    monkeypatch.setenv("ECP_CLUSTER_URL", f"http://127.0.0.1:{api.port}/clusters/guarded")
    monkeypatch.setenv("ECP_CLUSTER_TOKEN", "admin")
    monkeypatch.setenv("ECP_CLUSTER_READ_ONLY", "no")
    house = Bootstrap(folder)
    try:
        await house.storage("production")
        manifest = MANIFEST.format(
            probe=f"http://127.0.0.1:{road.port}/ready",
            replicas=replicas,
        )
        wish = Wish(manifest_content=manifest, confirm=f"127.0.0.1:{api.port}")
        await house.workflow.deploy("production", tenant, wish, "en")
        yield Scene(house, tenant, service, [api, road])
    finally:
        for one in (road, api, service):
            await one.kill()
        await house.close()


def test_what_is_measured_is_exact(
    server: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody answers at first. Then 36 slots: the service is killed for 4, the prober's network for
    8, of which 2 are carried."""

    async def work() -> None:
        async with scene(server, tmp_path, "acme", monkeypatch) as at:
            server.clock("guarded", "step", duration="60s")
            # A start-up is confirmed by an entry request as well, asked here and now.
            judged = await at.judged()
            assert judged["conditions"]["workloads_available"]["met"]
            assert not judged["conditions"]["entry_requests_served"]["met"]
            assert not judged["started"]
            await at.service.start()
            judged = await at.judged()
            assert judged["started"], judged["problems"]

            await at.walk(16)
            await at.service.kill()
            # The wire goes on, and nobody is at its end.
            await at.walk(4)
            await at.service.start()
            await at.walk(4)
            for wire in at.wires:
                await wire.kill()
            await at.walk(8)
            for wire in at.wires:
                await wire.start()
            await at.walk(4)
            found = await at.report("3m")
            assert found["evidence"] == "measured"
            assert found["clock"]["basis"] == "wall"
            assert (found["uptime_seconds"], found["downtime_seconds"]) == (26 * 5, 4 * 5)
            assert (found["unknown_seconds"], found["observed_seconds"]) == (6 * 5, 36 * 5)
            assert found["uptime_percentage"] == 86.666  # of 30, never rounded up
            (incident,) = found["incidents"]
            assert incident["duration_seconds"] == 20
            assert [cause["kind"] for cause in incident["causes"]] == ["observed"]
            assert "service/web" in incident["causes"][0]["id"]
            sums = await usecases.levels(at.house, "production", "acme", month=None, period="3m")
            assert sums["evidence"] == "measured"
            assert sums["composite"]["downtime_seconds"] == 20
            body, _ = await usecases.statement(
                at.house, "production", "acme", month=None, period="3m", form="json", language="en"
            )
            assert b'"evidence": "measured"' in body or b'"evidence":"measured"' in body
            storage = await at.house.storage("production")
            rows = await storage.figures("acme", "sla", 10)
            assert {row.data_source for row in rows} == {"prober"}

            # A process that begins anew knows that the tenant's clock had begun.
            again = at.house.simulator("production")
            await again.untrack("acme")
            await at.walk(12)
            await again.look(at.slot)
            (row,) = (await again.minutes("acme", 0, 10))["minutes"][-1:]
            assert row["tenant"]["counts_from"] == 0

            _tell_the_hour(at, monkeypatch)
            await _shown_live(at)
            await _explained(at)
            await _maintained(at)
            await _guarded(at, monkeypatch)

    asyncio.run(work())


def _tell_the_hour(at: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on it is the beginning of the slot that is looked at next."""
    for place, name in ((at.house, "now"), (at.measured, "_now")):
        monkeypatch.setattr(place, name, lambda: at.slot * SLOT_SECONDS * NANOSECONDS)


async def _shown_live(at: Scene) -> None:
    """A frame has what was measured, says who measured it, and null for what nobody did."""
    body, _ = await Frames(at.house).after("production", "acme", at.slot - 3)
    assert (body["evidence"], body["clock"]["basis"]) == ("measured", "wall")
    assert body["sequence"] == at.slot + 1
    assert body["recent"]["slots"]["up"] == 4
    metrics = body["metrics"]
    assert metrics["error_rate"] == 0
    assert metrics["response_time"] > 0
    assert metrics["network_rps"] is None
    assert metrics["memory"] > 0
    assert body["sources"] == {
        "cpu": "metrics.k8s.io", "memory": "metrics.k8s.io", "network_rps": None,
        "response_time": "prober", "error_rate": "prober",
    }  # fmt: skip
    assert body["sla_data"]["uptime_percentage"] is not None
    (row,) = body["workloads"]
    assert (row["name"], row["ready"], row["desired"]) == ("web", 1, 1)
    told = await exposition(at.house, {})
    for word in ("up", "down", "unknown"):
        line = f'ecp_prober_probes_total{{outcome="{word}"}} '
        assert f"{line}{at.measured.probed[f'probes_{word}']}\n" in told
    with pytest.raises(Expired):
        await Frames(at.house).after("production", "acme", at.slot - 1000)


async def _explained(at: Scene) -> None:
    """A slot is explained by what was written down then; what nobody saw is told as unknown."""
    down = await usecases.asked(at.house, "production", "acme", "why", instant(at.began + 17))
    assert (down["state"], down["evidence"], down["requests"]) == ("down", "measured", None)
    assert down["cause"]["id"].startswith("service/web: ")
    assert any("customApiEndpoint" in row for row in down["unknown"])
    up = await usecases.asked(at.house, "production", "acme", "why", instant(at.began + 3))
    assert (up["state"], up["cause"], up["links"]) == ("up", None, [])
    never = await at.measured.why("acme", instant(at.began - 100), "ko")
    assert never["state"] == "unknown"
    assert "측정하지 않아" in never["sentence"]
    for slot in (instant(at.slot + 100), "yesterday"):
        with pytest.raises(Problem) as caught:
            await usecases.asked(at.house, "production", "acme", "why", slot)
        assert caught.value.status == 422


async def _maintained(at: Scene) -> None:
    """A window that was announced as agreed is maintenance, one that was not counts as it is."""
    house = at.house
    terms = {"maintenance": {"notice_seconds": 60, "monthly_cap_seconds": 3600}}
    for wrong in ({"service_hours": {"web": "late"}}, {"maintenance": {"notice": 5}}):
        with pytest.raises(Problem) as caught:
            await usecases.agree(house, "production", "acme", wrong)
        assert caught.value.code == "CONTRACT_REFUSED"
    await usecases.agree(house, "production", "acme", terms)

    async def announce(start: int, end: int) -> dict[str, Any]:
        body = {"start": instant(start), "end": instant(end), "reason": "new disks",
                "approved_by": "kim"}  # fmt: skip
        return await usecases.maintenance(house, "production", "acme", "POST", body=body)

    before = (await at.report("1h"))["downtime_seconds"]
    at.slot += 1
    late = await announce(at.slot + 1, at.slot + 2)
    planned = await announce(at.slot + 12, at.slot + 20)
    assert [row["judgement"] for row in (late, planned)] == ["late_notice", "planned"]
    with pytest.raises(Problem) as caught:
        await announce(at.slot - 5, at.slot + 5)
    assert caught.value.code == "INVALID_WINDOW"
    await at.walk(12)
    await at.service.kill()
    await at.walk(10)
    await at.service.start()
    await at.walk(12)
    found = await at.report("1h")
    # Eight of the ten slots are the window's.
    assert found["maintenance_seconds"] == 8 * 5
    assert found["downtime_seconds"] - before == 2 * 5
    listed = await usecases.maintenance(house, "production", "acme", "GET")
    assert [row["id"] for row in listed["windows"]] == [late["id"], planned["id"]]
    with pytest.raises(Problem) as caught:
        await usecases.maintenance(house, "production", "acme", "DELETE", planned["id"])
    assert caught.value.code == "WINDOW_OVER"
    coming = await announce(at.slot + 100, at.slot + 101)
    gone = await usecases.maintenance(house, "production", "acme", "DELETE", coming["id"])
    assert gone == {"id": coming["id"], "removed": True}
    body, _ = await usecases.statement(
        house, "production", "acme", month=None, period="1h", form="json", language="en"
    )
    assert b"new disks" in body
    copy = await running.clone(house, "production", "acme", {"tenant_id": "other"})
    assert WINDOWS not in copy.options


async def _guarded(at: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs on a real cluster is changed by who names it, and its access is tried for real."""
    house, name = at.house, at.house.target("production").name
    for change in (running.stop, running.start, running.restart):
        with pytest.raises(Problem) as caught:
            await change(house, "production", at.tenant)
        assert caught.value.code == "TARGET_NOT_CONFIRMED"
    await running.stop(house, "production", at.tenant, name)
    web = Ref("apps/v1", "Deployment", "acme-ecp-ai", "web")
    there = await house.cluster("production").found(web)
    assert there is not None
    assert there["spec"]["replicas"] == 0

    (row,) = await settings.target_tried(house, {}, "en")
    assert row["ok"], row
    assert row["answered_by"].startswith(f"{name} (Kubernetes v1.36")
    monkeypatch.setenv("ECP_CLUSTER_TOKEN", "nobody")
    (row,) = await settings.target_tried(house, {}, "en")
    assert (row["ok"], row["status"]) == (False, 401)
    await at.wires[0].kill()
    (row,) = await settings.target_tried(house, {}, "en")
    assert (row["ok"], row["status"]) == (False, None)
