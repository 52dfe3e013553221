"""Everything assembled: settings, stores, clusters, the main job, the collector."""

import asyncio
import logging
import os
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ecp.edge.services import data_dir, simulator_url
from ecp.orchestrator.ports import (
    ClusterPort,
    Feed,
    LiveFeed,
    NoAccess,
    Storage,
    StorageFailed,
    Surveying,
    TenantPort,
)
from ecp.orchestrator.records import MODES, Judged, Mode, Reached, Target, ToJudge

if TYPE_CHECKING:
    import httpx

    from ecp.orchestrator.adapters.address import Address
    from ecp.orchestrator.adapters.database import Database
    from ecp.orchestrator.adapters.judges import Judges
    from ecp.orchestrator.adapters.kubeconfig import Access
    from ecp.orchestrator.adapters.measuring import Measured
    from ecp.orchestrator.adapters.notifying import Notifier
    from ecp.orchestrator.adapters.real import RealCluster
    from ecp.orchestrator.adapters.simulator import Simulator
    from ecp.orchestrator.adapters.stage import Stage
    from ecp.orchestrator.adapters.surveying import Surveyor
    from ecp.orchestrator.adapters.twinning import Twins
    from ecp.orchestrator.alerts.watching import Watch
    from ecp.orchestrator.demo.making import Maker
    from ecp.orchestrator.rehearsals.usecases import Desk
    from ecp.orchestrator.sla.collector import Collector
    from ecp.orchestrator.workflows import MainJob

log = logging.getLogger("ecp.orchestrator")

DEMO_CLUSTER = "demo"
DEMO_MODEL = "demo"
_ASK_S = 5.0
_RESETTLE_S = 2.0
"""Of several processes on one database each reads its settings this often."""
_INTERVAL_S = 5.0
_MOST_BYTES = 64 * 1024
# A connection over a network that works stands within this.
_CONNECT_S = 3.0
# It calls nobody and asks for nothing: the sentences for that are read as well.
_FIRST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec: {containers: [{name: a, image: a, env: [{name: A_URL, value: 'http://nobody:80'}]}]}
"""


def database_url(mode: Mode, folder: Path) -> str:
    """Return where a mode's records are: ECP_DATABASE_URL (ECP_DEMO_DATABASE_URL), else SQLite."""
    variable = "ECP_DATABASE_URL" if mode == "production" else "ECP_DEMO_DATABASE_URL"
    chosen = os.environ.get(variable, "")
    return chosen or f"sqlite:///{folder / f'{mode}.db'}"


def upgrades() -> bool:
    """Tell whether a database's tables are brought to this version by whoever opens it."""
    return os.environ.get("ECP_DATABASE_UPGRADE", "").strip().lower() not in ("no", "false", "0")


def simulator_urls(stored: str | None = None) -> list[str]:
    """Return where the simulator may answer, in the order to try.

    What the environment says goes before the stored setting `deploymentEndpoint`, and that before
    the simulator's local port. Source: the guide's environment variables and requirement C02.
    """
    named = ("K8S_SIMULATOR_URL", "K8S_SIMULATOR_EXTERNAL_URL", "ECP_SIMULATOR_URL")
    said = [url for name in named[:2] if (url := os.environ.get(name, "").rstrip("/"))]
    if said:
        return list(dict.fromkeys(said))
    if stored and not os.environ.get(named[2]):
        return [stored.rstrip("/")]
    return [simulator_url()]


class Wished(NamedTuple):
    """The real cluster that is wished for, as settings and environment say. Source: the table of
    settings in docs/reference; what is secret is in a kubeconfig, or in a variable or file."""

    kubeconfig: str
    context: str
    url: str
    read_only: bool
    metrics: str = ""

    def access(self) -> "Access":
        """Return how it is reached. Raises NoAccess."""
        from ecp.orchestrator.adapters import kubeconfig

        if self.url:
            token = secret("ECP_CLUSTER_TOKEN")
            return kubeconfig.of_url(self.url, token, os.environ.get("ECP_CLUSTER_CA_FILE", ""))
        return kubeconfig.of_kubeconfig(self.kubeconfig, self.context)

    def target(self) -> Target:
        """Return whom that is; without a name where it is not said rightly."""
        try:
            name = self.access().name
        except NoAccess as error:
            return Target("kubernetes", "", self.read_only, error.key, error.values)
        return Target("kubernetes", name, self.read_only)


def real_target(settings: Mapping[str, Any]) -> Wished | None:
    """Return the real cluster that the settings wish for, None for the simulated one."""
    method = os.environ.get("ECP_DEPLOYMENT_METHOD", "") or settings.get("deploymentMethod")
    return _wished(settings) if method == "kubernetes" else None


def _wished(settings: Mapping[str, Any]) -> Wished:
    def said(variable: str, name: str) -> str:
        return os.environ.get(variable, "") or str(settings.get(name) or "")

    read_only = os.environ.get("ECP_CLUSTER_READ_ONLY", "")
    url = said("ECP_CLUSTER_URL", "clusterUrl")
    kubeconfig = said("ECP_KUBECONFIG", "kubeconfig") or os.environ.get("KUBECONFIG", "")
    return Wished(
        kubeconfig or "~/.kube/config",
        said("ECP_KUBE_CONTEXT", "kubeContext"),
        url,
        read_only.lower() not in ("no", "false", "0")
        if read_only
        else bool(settings.get("clusterReadOnly", True)),
        # Its default is the simulator's: only what somebody chose is a Prometheus.
        str(settings.get("customApiEndpoint") or ""),
    )


def _original(settings: Mapping[str, Any]) -> "tuple[Callable[[], Access], Target]":
    """Return how the real cluster of settings is reached, whatever they deploy to; what somebody
    names as `context` goes before all else."""
    wished = _wished(settings)
    if settings.get("context"):
        wished = wished._replace(context=str(settings["context"]), url="")
    return wished.access, wished.target()


def secret(variable: str) -> str:
    """Return a secret of the environment: itself, or what the file that *variable*_FILE names has.

    Raises NoAccess where there is no such file.
    """
    path = os.environ.get(f"{variable}_FILE", "")
    if os.environ.get(variable) or not path:
        return os.environ.get(variable, "")
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise NoAccess("target.no-file", what=variable, path=path, detail=str(error)) from error


def _cluster_of(mode: Mode) -> str:
    if mode == "demo":
        return DEMO_CLUSTER
    return os.environ.get("ECP_CLUSTER", "") or "default"


def _get_ready() -> None:
    """Load what judges manifests and start-ups, and what it reads at its first use."""
    from ecp.kube.schema import DEFAULT_VERSION
    from ecp.orchestrator.releases.usecases import tiers
    from ecp.orchestrator.tenants.judging import judge
    from ecp.texts import is_key

    is_key("")  # all texts are read at the first question
    tiers()
    import_module("ecp.rehearsal.judging")
    judge(ToJudge(_FIRST, "default", DEFAULT_VERSION, strict=True, language="en"))


class Bootstrap:
    """Fulfils `ports.House`. Stores and adapters are made when they are first used."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = (folder or data_dir()) / "orchestrator"
        self.holder = str(uuid.uuid4())
        self._addresses: dict[Mode, Address] = {}
        self._databases: dict[Mode, Database] = {}
        self._opening = asyncio.Lock()
        self._opened: dict[Mode, asyncio.Task[Storage]] = {}
        self._preparing = asyncio.Lock()
        self._client: httpx.AsyncClient | None = None
        self._simulators: dict[Mode, Simulator] = {}
        self._settled: dict[Mode, Mapping[str, Any]] = {}
        self._wished: dict[Mode, Wished | None] = {}
        self._real: dict[Mode, tuple[RealCluster, Measured]] = {}
        self._surveyors: dict[Mode, Surveyor] = {}
        self._made: list[RealCluster | Measured] = []
        self._locks: dict[tuple[Mode, str], asyncio.Lock] = {}
        self._job: MainJob | None = None
        self._collector: Collector | None = None
        self._background: list[asyncio.Task[None]] = []
        self._judges: Judges | None = None
        self._stage: Stage | None = None
        self._desk: Desk | None = None
        self._watch: Watch | None = None
        self._notifier: Notifier | None = None
        self._demo: Maker | None = None

    # -- what the features ask for ----------------------------------------------------------------

    @property
    def workflow(self) -> "MainJob":
        if self._job is None:
            from ecp.orchestrator.workflows import MainJob

            self._job = MainJob(self)
        return self._job

    @property
    def stage(self) -> "Stage":
        if self._stage is None:
            from ecp.orchestrator.adapters.stage import Stage

            self._stage = Stage()
        return self._stage

    @property
    def rehearsals(self) -> "Desk":
        if self._desk is None:
            from ecp.orchestrator.rehearsals.usecases import Desk

            self._desk = Desk(self)
        return self._desk

    @property
    def watch(self) -> "Watch":
        if self._watch is None:
            from ecp.orchestrator.alerts.watching import Watch

            self._watch = Watch(self, self.holder)
        return self._watch

    @property
    def demo(self) -> "Maker":
        if self._demo is None:
            from ecp.orchestrator.demo.making import Maker

            self._demo = Maker(self, self._simulator("demo"))
        return self._demo

    @property
    def notifier(self) -> "Notifier":
        if self._notifier is None:
            from ecp.orchestrator.adapters.notifying import Notifier

            self._notifier = Notifier(self._http)
        return self._notifier

    async def reach(self, url: str) -> Reached:
        from ecp.orchestrator.adapters.address import reach

        return await reach(self._http(), url, within_s=_ASK_S, most=_MOST_BYTES)

    @property
    def twinning(self) -> "Twins":
        from ecp.orchestrator.adapters.twinning import Twins

        return Twins(self._http(), self._address("production"), _original, connect_s=_CONNECT_S)

    async def try_target(self, settings: Mapping[str, Any]) -> tuple[str, str] | None:
        wished = real_target(settings)
        if wished is None:
            return None
        from ecp.orchestrator.adapters.real import RealCluster

        name = wished.access().name
        cluster = RealCluster(wished.access, wished.target(), connect_s=_CONNECT_S)
        try:
            return name, await cluster.allowed()
        finally:
            await cluster.close()

    def settle(self, mode: Mode, settings: Mapping[str, Any]) -> None:
        self._settled[mode] = settings
        self._address(mode).use(simulator_urls(settings.get("deploymentEndpoint")))
        # The demo never leaves the simulator.
        wished = real_target(settings) if mode == "production" else None
        if wished != self._wished.get(mode):
            self._wished[mode] = wished
            self._real.pop(mode, None)

    def interval(self, mode: Mode) -> float:
        return float(self._settled.get(mode, {}).get("dataCollectionInterval", _INTERVAL_S))

    async def resettle(self) -> None:
        """Let what is stored hold, whoever stored it. Raises StorageFailed."""
        for mode, database in list(self._databases.items()):
            held = self._settled.get(mode)
            stored = await database.settings()
            # What was settled while it was read is newer.
            if self._settled.get(mode) is held and stored != held:
                self.settle(mode, stored)

    def target(self, mode: Mode) -> Target:
        real = self._real_cluster(mode)
        if real is not None:
            return real[0].target
        return Target("k8s-simulator", self._simulator(mode).cluster)

    async def secret_key(self) -> bytes:
        """Return the installation's own key, made at its first use. Raises StorageFailed."""
        from ecp.orchestrator.adapters.sealing import key_in

        try:
            return await asyncio.to_thread(key_in, self.folder)
        except OSError as error:
            raise StorageFailed(str(error)) from error

    async def judge(self, asked: ToJudge) -> Judged:
        return await (await self._ready_to_judge()).judge(asked)

    async def _ready_to_judge(self) -> "Judges":
        """Load what judging needs beside the loop, once, however many ask for the first time."""
        async with self._preparing:
            if self._judges is None:
                await asyncio.to_thread(_get_ready)
                from ecp.orchestrator.adapters.judges import Judges

                self._judges = Judges()
        return self._judges

    async def storage(self, mode: Mode) -> Storage:
        found = self._databases.get(mode)
        if found is not None:
            return found
        task = self._opened.get(mode)
        if task is None or task.done():
            task = self._opened[mode] = asyncio.create_task(self._open(mode))
        # Who waits no longer leaves the opening alone: half a connection would belong to nobody.
        return await asyncio.shield(task)

    async def _open(self, mode: Mode) -> Storage:
        async with self._opening:
            # A second of work: beside the loop, so that health is answered meanwhile.
            await asyncio.to_thread(self._load)
            from ecp.orchestrator.adapters.database import Database
            from ecp.orchestrator.adapters.sealing import Seals

            try:
                self.folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StorageFailed(str(error)) from error
            database = Database(database_url(mode, self.folder), Seals(self.folder))
            await database.open(upgrades=upgrades())
            try:
                self.settle(mode, await database.settings())
            except BaseException:
                await database.close()
                raise
            self._databases[mode] = database
            return database

    def simulator(self, mode: Mode) -> TenantPort:
        real = self._real_cluster(mode)
        return self._simulator(mode) if real is None else real[1]

    def feed(self, mode: Mode) -> Feed | None:
        from ecp.orchestrator.adapters.feeds import chosen_feed

        return chosen_feed(_cluster_of(mode))

    def live(self, mode: Mode) -> LiveFeed | None:
        from ecp.orchestrator.adapters.live import chosen_live

        return None if self._real_cluster(mode) else chosen_live(_cluster_of(mode))

    def named_feeds(self, mode: Mode) -> Mapping[str, Feed]:
        from ecp.orchestrator.adapters.feeds import named_feeds

        return named_feeds(_cluster_of(mode))

    @property
    def collected(self) -> Mapping[tuple[Mode, str], int]:
        return {} if self._collector is None else self._collector.taken

    @property
    def probed(self) -> Mapping[str, int]:
        real = self._real_cluster("production")
        return {} if real is None else real[1].probed

    def cluster(self, mode: Mode) -> ClusterPort:
        real = self._real_cluster(mode)
        return self._simulator(mode).kubernetes if real is None else real[0]

    def surveying(self, mode: Mode) -> Surveying:
        from ecp.orchestrator.adapters.surveying import Surveyor
        from ecp.orchestrator.resources import model

        real = self._real_cluster(mode)
        cluster = self._simulator(mode).kubernetes if real is None else real[0]
        known = self._surveyors.get(mode)
        if known is None or known.cluster is not cluster:
            known = self._surveyors[mode] = Surveyor(
                cluster, keep=model.condensed, bare=model.BARE, narrowed=model.NARROWED
            )
        return known

    def _real_cluster(self, mode: Mode) -> "tuple[RealCluster, Measured] | None":
        """Return the real cluster that the settings name, None for the simulated one."""
        wished = self._wished.get(mode)
        if wished is None:
            return None
        if mode not in self._real:
            from ecp.orchestrator.adapters.measuring import Measured
            from ecp.orchestrator.adapters.real import RealCluster

            cluster = RealCluster(wished.access, wished.target(), connect_s=_CONNECT_S)
            measured = Measured(
                cluster,
                partial(self.storage, mode),
                self.holder,
                now=self.now,
                metrics=wished.metrics,
            )
            self._real[mode] = cluster, measured
            self._made += [cluster, measured]
        return self._real[mode]

    def _simulator(self, mode: Mode) -> "Simulator":
        if mode not in self._simulators:
            from ecp.orchestrator.adapters.simulator import Simulator

            cluster = _cluster_of(mode)
            creates = None if mode == "production" else DEMO_MODEL
            self._simulators[mode] = Simulator(self._http(), self._address(mode), cluster, creates)
        return self._simulators[mode]

    def _address(self, mode: Mode) -> "Address":
        if mode not in self._addresses:
            from ecp.orchestrator.adapters.address import Address

            self._addresses[mode] = Address(simulator_urls())
        return self._addresses[mode]

    def _load(self) -> None:
        """Import what most calls need, and make the client: its settings alone take a while."""
        for module in ("address", "database", "judges", "simulator"):
            import_module(f"ecp.orchestrator.adapters.{module}")
        import_module("anyio._backends._asyncio")  # what the client picks at its first call
        self._http()

    def _http(self) -> "httpx.AsyncClient":
        if self._client is None:
            import httpx

            limits = httpx.Limits(max_connections=64, max_keepalive_connections=32)
            timeout = httpx.Timeout(60, connect=_CONNECT_S)
            self._client = httpx.AsyncClient(timeout=timeout, limits=limits, trust_env=False)
        return self._client

    def now(self) -> int:
        """Return wall time (ns)."""
        return time.time_ns()

    @asynccontextmanager
    async def locked(self, mode: Mode, tenant_id: str) -> AsyncIterator[None]:
        """One at a time for one tenant."""
        lock = self._locks.setdefault((mode, tenant_id), asyncio.Lock())
        async with lock:
            storage = await self.storage(mode)
            if not storage.shared:
                yield
                return
            from ecp.orchestrator.adapters.leases import held

            async with held(storage, f"tenant:{tenant_id}", self.holder, self.now):
                yield

    # -- life -------------------------------------------------------------------------------------

    def start(self) -> None:
        """Go on with what was left, in the background: health does not wait for it."""
        self._background = [asyncio.create_task(self._resume())]

    async def _resume(self) -> None:
        from ecp.orchestrator.burning import Burning
        from ecp.orchestrator.monitoring.watching import Pusher
        from ecp.orchestrator.sla.collector import Collector
        from ecp.orchestrator.tenants.watching import Watcher

        while True:
            try:
                await self.rehearsals.recover()
                await self.workflow.resume()
                break
            except StorageFailed as error:
                log.warning("releases wait for the database: %s", error)
                await asyncio.sleep(_ASK_S)
        # What the first judgements will need, while nobody waits for it.
        await self._ready_to_judge()
        self._collector = Collector(self, self.holder)
        await self.demo.start()
        await asyncio.gather(
            self._collector.run(),
            self.watch.run(),
            Watcher(self, self.holder).run(),
            Burning(self, self.workflow, self.holder).run(),
            self.workflow.followers.run(),
            Pusher(self, self.holder).run(),
            self._probe(),
            self._resettle(),
        )

    async def _resettle(self) -> None:
        """Follow, for ever, what other processes on the same records set."""
        while True:
            await asyncio.sleep(_RESETTLE_S)
            if any(database.shared for database in self._databases.values()):
                try:
                    await self.resettle()
                except StorageFailed as error:
                    log.info("settings wait for the database: %s", error)

    async def _probe(self) -> None:
        """Measure a real cluster, once a slot, for as long as there is one."""
        while True:
            real = self._real_cluster("production")
            try:
                if real is not None:
                    await real[1].turn()
                    continue
            except StorageFailed as error:
                log.warning("the prober waits for the database: %s", error)
            await asyncio.sleep(_ASK_S)

    async def close(self) -> None:
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        if self._demo is not None:
            await self._demo.close()
        if self._job is not None:
            await self._job.close()
        if self._judges is not None:
            await self._judges.close()
        if self._desk is not None:
            await self._desk.close()
        if self._stage is not None:
            await self._stage.close()
        for surveyor in self._surveyors.values():
            await surveyor.rest()
        for cluster in self._made:
            await cluster.close()
        for simulator in self._simulators.values():
            await simulator.kubernetes.rest()
        await asyncio.gather(*self._opened.values(), return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
        for mode in MODES:
            if mode in self._databases:
                await self._databases.pop(mode).close()
