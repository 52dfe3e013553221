"""One port, one contract: the simulated cluster, and a real one by kubeconfig or by URL and token.

The simulator's façade stands for the real cluster, with RBAC on: who brings no token is nobody.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import yaml

from ecp.kube.kinds import CONFIGMAPS, DEPLOYMENTS
from ecp.orchestrator.adapters import kubeconfig
from ecp.orchestrator.adapters.address import Address
from ecp.orchestrator.adapters.kubeconfig import Access
from ecp.orchestrator.adapters.kubernetes import KubernetesCluster
from ecp.orchestrator.adapters.real import RealCluster, Unmeasured
from ecp.orchestrator.adapters.simulator import Simulator
from ecp.orchestrator.ports import ClusterRefused, ClusterUnreachable, NotServed
from ecp.orchestrator.records import Ref, Target

from .running import Service

NAME, TOKEN = "guarded", "admin"
HOME = {"apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": "own", "labels": {"ecp.ai/tenant-id": "own"}}}  # fmt: skip
POD = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "a", "image": "a"}]}}


def config_map(name: str = "a", **data: str) -> dict[str, Any]:
    meta = {"name": name, "namespace": "own"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}


def deployment(**spec: Any) -> dict[str, Any]:
    wanted = {"selector": {"matchLabels": {"a": "b"}}, "template": POD, **spec}
    meta = {"name": "web", "namespace": "own"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": wanted}


MAP = Ref("v1", "ConfigMap", "own", "a")


class Port(NamedTuple):
    """A way to the cluster, made anew in each event loop."""

    name: str
    open: Callable[[], tuple[KubernetesCluster, Callable[[], Awaitable[None]]]]

    def run(self, work: Callable[[KubernetesCluster], Awaitable[Any]]) -> Any:
        async def whole() -> Any:
            cluster, close = self.open()
            try:
                return await work(cluster)
            finally:
                await close()

        return asyncio.run(whole())


def real(access: Callable[[], Access], *, read_only: bool = False, name: str = "k") -> Port:
    def opened() -> tuple[KubernetesCluster, Callable[[], Awaitable[None]]]:
        cluster = RealCluster(access, Target("kubernetes", "real", read_only), connect_s=3)
        return cluster, cluster.close

    return Port(name, opened)


@pytest.fixture(scope="module")
def server(running: Service) -> str:
    """The URL of a simulator that has a cluster with RBAC on."""
    url = f"http://127.0.0.1:{running.port}"
    running.create(NAME, authorization_mode="RBAC")
    return url


@pytest.fixture(params=["simulator", "kubeconfig", "url"])
def port(request: pytest.FixtureRequest, server: str, tmp_path: Path) -> Port:
    where = f"{server}/clusters/{NAME}"
    if request.param == "url":
        return real(lambda: kubeconfig.of_url(where, TOKEN, ""))
    if request.param == "kubeconfig":
        path = tmp_path / "config"
        path.write_text(
            yaml.safe_dump(
                {
                    "current-context": "real",
                    "contexts": [{"name": "real", "context": {"cluster": "c", "user": "u"}}],
                    "clusters": [{"name": "c", "cluster": {"server": where}}],
                    "users": [{"name": "u", "user": {"token": TOKEN}}],
                }
            )
        )
        return real(lambda: kubeconfig.of_kubeconfig(str(path), ""))

    def opened() -> tuple[KubernetesCluster, Callable[[], Awaitable[None]]]:
        client = httpx.AsyncClient(trust_env=False)
        return Simulator(client, Address([server]), NAME).kubernetes, client.aclose

    return Port("simulator", opened)


@pytest.fixture(autouse=True)
def emptied(port: Port) -> None:
    """Each test finds the tenant's namespace, and nothing in it."""

    async def begin(cluster: KubernetesCluster) -> None:
        await cluster.apply(HOME)
        for ref in (MAP, MAP._replace(name="b"), Ref("apps/v1", "Deployment", "own", "web")):
            await cluster.remove(ref)

    port.run(begin)


def test_what_is_applied_is_there_and_is_looked_at(port: Port) -> None:
    async def work(cluster: KubernetesCluster) -> None:
        assert await cluster.found(MAP) is None
        await cluster.apply(config_map(k="1"))
        await cluster.apply(config_map(k="2"))
        there = await cluster.found(MAP)
        assert there is not None
        assert there["data"] == {"k": "2"}
        view = await cluster.look("own", (CONFIGMAPS, DEPLOYMENTS))
        assert [o["metadata"]["name"] for o in view.list(CONFIGMAPS) if o["kind"]] == [
            "a", "kube-root-ca.crt",
        ]  # fmt: skip
        assert view.get(CONFIGMAPS, "own", "a") is not None
        assert view.list(DEPLOYMENTS) == []
        assert await cluster.look("nobody", (CONFIGMAPS,)) is not None

    port.run(work)


def test_a_dry_run_has_the_servers_defaults_and_changes_nothing(port: Port) -> None:
    async def work(cluster: KubernetesCluster) -> None:
        tried = await cluster.tried(deployment())
        assert tried["spec"]["replicas"] == 1
        assert await cluster.found(Ref("apps/v1", "Deployment", "own", "web")) is None

    port.run(work)


def test_what_the_server_refuses_says_why(port: Port) -> None:
    async def work(cluster: KubernetesCluster) -> None:
        for method in (cluster.apply, cluster.tried):
            with pytest.raises(
                ClusterRefused, match=r"spec\.replicas: Invalid value: -1"
            ) as caught:
                await method(deployment(replicas=-1))
            assert caught.value.code == 422

    port.run(work)


def test_a_kind_that_is_not_served(port: Port) -> None:
    async def work(cluster: KubernetesCluster) -> None:
        strange = {**config_map(), "apiVersion": "example.com/v1", "kind": "Strange"}
        for work in (cluster.apply(strange), cluster.tried(strange),
                     cluster.found(MAP._replace(kind="Strange"))):  # fmt: skip
            with pytest.raises(NotServed):
                await work

    port.run(work)


def test_what_is_removed_is_gone(port: Port) -> None:
    async def work(cluster: KubernetesCluster) -> None:
        await cluster.apply(config_map("b"))
        assert await cluster.remove(MAP._replace(name="b")) is True
        assert await cluster.remove(MAP._replace(name="b")) is False

    port.run(work)


def test_nodes_and_a_namespace_that_stays(port: Port) -> None:
    async def work(cluster: KubernetesCluster) -> None:
        assert '"kind":"Node"' in await cluster.room()
        assert await cluster.leaving("own") is False
        assert await cluster.leaving("nobody") is False

    port.run(work)


# -- what only a real one has ---------------------------------------------------------------------

CLUSTER_ROLE = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
                "metadata": {"name": "wide"}, "rules": []}  # fmt: skip
FOREIGN = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system"}}


@pytest.mark.parametrize("port", ["url"], indirect=True)
def test_a_real_one_is_guarded(port: Port, server: str) -> None:
    where = f"{server}/clusters/{NAME}"

    async def work(cluster: KubernetesCluster) -> None:
        for refused in (
            cluster.apply(CLUSTER_ROLE),
            cluster.tried(CLUSTER_ROLE),
            cluster.remove(Ref("v1", "Node", "", "cpu-1")),
            cluster.apply(FOREIGN),
            cluster.remove(Ref("v1", "Namespace", "", "kube-system")),
        ):
            with pytest.raises(ClusterRefused) as caught:
                await refused
            assert caught.value.code == 403
        # Nobody could deploy into it a second time, or delete it.
        bare = {**FOREIGN, "metadata": {"name": "bare"}}
        for refused in (cluster.tried(bare), cluster.apply(bare)):
            with pytest.raises(ClusterRefused, match="would not be ECP's"):
                await refused
        assert await cluster.found(Ref("v1", "Namespace", "", "bare")) is None

    port.run(work)

    async def looking(cluster: KubernetesCluster) -> None:
        for refused in (cluster.apply(config_map()), cluster.remove(MAP)):
            with pytest.raises(ClusterRefused, match="read-only"):
                await refused
        assert (await cluster.tried(config_map(k="1")))["data"] == {"k": "1"}
        await cluster.look("own", (CONFIGMAPS,))

    real(lambda: kubeconfig.of_url(where, TOKEN, ""), read_only=True).run(looking)


@pytest.mark.parametrize("port", ["url"], indirect=True)
def test_who_may_not_is_told_so_and_a_new_token_is_read(port: Port, server: str) -> None:
    where, tokens = f"{server}/clusters/{NAME}", iter(["old", TOKEN])

    async def refused(cluster: KubernetesCluster) -> None:
        with pytest.raises(ClusterRefused) as caught:
            await cluster.apply(config_map())
        assert caught.value.code in (401, 403)

    real(lambda: kubeconfig.of_url(where, "", "")).run(refused)

    async def renewed(cluster: KubernetesCluster) -> None:
        await cluster.apply(config_map(k="1"))

    real(lambda: kubeconfig.of_url(where, next(tokens), "")).run(renewed)

    async def nobody(cluster: KubernetesCluster) -> None:
        with pytest.raises(ClusterUnreachable):
            await cluster.found(MAP)

    real(lambda: kubeconfig.of_url("http://127.0.0.1:9", TOKEN, "")).run(nobody)


@pytest.mark.parametrize("port", ["url"], indirect=True)
def test_nobody_measures_a_real_one_yet(port: Port) -> None:
    async def work(cluster: KubernetesCluster) -> None:
        assert isinstance(cluster, RealCluster)
        tenants = Unmeasured(cluster)
        assert (await tenants.health())["version"].startswith("v1.36")
        clock = await tenants.clock()
        assert abs(clock.now_ns - time.time_ns()) < 60e9
        assert clock.incarnation
        with pytest.raises(ClusterRefused) as caught:
            await tenants.sla("own", "24h")
        assert caught.value.code == 501

    port.run(work)
