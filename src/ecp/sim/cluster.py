"""The cluster, assembled: submit a request, run to an instant, snapshot, fork.

Everything a run needs is in `spec`, `seed` and the requests submitted at their positions.
"""

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml

from ecp.kube import kinds
from ecp.kube.errors import PlainError, ServiceUnavailable
from ecp.kube.kinds import Catalogue
from ecp.kube.patch.apply import Owner
from ecp.kube.pods import condition
from ecp.kube.times import nanoseconds
from ecp.sim import clusters
from ecp.sim.access import ALWAYS_ALLOW, Access
from ecp.sim.apiserver import ApiServer
from ecp.sim.apiserver.decided import Decided
from ecp.sim.clusters import clients, eviction, plane, pools, storage
from ecp.sim.clusters.pools import furnish
from ecp.sim.clusters.system import install, install_metrics, take_over
from ecp.sim.controllers import controllers
from ecp.sim.controllers.endpoints import NAME as ENDPOINTS_LOOP
from ecp.sim.controllers.horizontalpodautoscaler import NAME as AUTOSCALER
from ecp.sim.controllers.horizontalpodautoscaler import scaling
from ecp.sim.controllers.pools import Sight
from ecp.sim.controllers.pools.operations import Operations
from ecp.sim.engine.chance import Chance
from ecp.sim.engine.collector import resting
from ecp.sim.engine.engine import SECOND, Engine
from ecp.sim.faults import Background, Faults
from ecp.sim.faults.asks import ACTOR, HALT
from ecp.sim.faults.chaos import chaos_loop, definitions, halting
from ecp.sim.kubelet import kubelets, node_object, node_owners
from ecp.sim.kubelet.joining import row_of
from ecp.sim.kubelet.refreshing import Configured, configured
from ecp.sim.manager import Manager
from ecp.sim.network.proxies import Proxies
from ecp.sim.plans import Action, Controller
from ecp.sim.recorder import Recorder
from ecp.sim.requests import Answer, Request
from ecp.sim.scheduler import controller as scheduler_loop
from ecp.sim.scheduler import load as load_scheduler
from ecp.sim.scheduler import trial_of
from ecp.sim.store import Change, Key, Obj, Store
from ecp.sim.telemetry import AGREED, Accounts
from ecp.sim.traffic import Flows, Prober
from ecp.sim.traffic.tenants import plain_tenant
from ecp.sim.world import World
from ecp.sim.world.fleet import Machine
from ecp.sim.world.world import KUBELET, NODE_KUBELET

if TYPE_CHECKING:
    from ecp.sim.scheduler.scheduler import Explanation
    from ecp.sim.traffic.profiles import ShippedProfiles
    from ecp.workloads.profiles import Profiles

SNAPSHOT_VERSION = 2
"""Raised with a step in `_UPGRADES` whenever the rows of an older snapshot say too little."""
DEFAULT_START = 1_767_571_200 * SECOND  # 2026-01-05T00:00:00Z, a Monday

_API_SERVER = "192.0.2.10"

BOOT = "boot"
"""The cause of what a cluster is born with."""

_FIRST_NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")


class ForeignSnapshot(ValueError):
    """A snapshot of a form that this code does not know."""


class ClusterReader:
    """The Reader that controllers get: the store's reads, and heartbeats from the world."""

    def __init__(self, store: Store, world: World, engine: Engine) -> None:
        self.get = store.get
        self.list = store.list
        self.owned = store.owned
        self.orphans = store.orphans
        self.labelled = store.labelled
        self.on_node = store.on_node
        self._world = world
        self._engine = engine

    def heartbeat(self, node: str) -> int | None:
        beat, back = self._world.heartbeat(node, self._engine.now), self._world.troubles.back
        if beat is None or beat >= back:
            return beat
        # Who watches began anew: silence that it has not judged yet counts from there.
        found = self.get(kinds.NODES, "", node)
        ready = None if found is None else condition(found, "Ready")
        return beat if ready is not None and ready["status"] == "Unknown" else back


class Cluster:
    """A simulated Kubernetes cluster at one instant.

    `now` is ns since the epoch. `listeners` are called with each change, in order.
    """

    def __init__(
        self, spec: dict[str, Any], seed: int, now: int, sheets: "Profiles | None" = None
    ) -> None:
        self.spec = spec
        self.seed = seed
        self.plane = plane.read(spec.get("dataPlane"))
        self.engine = Engine(now)
        self.chance = Chance(seed)
        self.store = Store()
        self.world = World(self.chance)
        self.world.registry = self.plane.registry
        furnish(self.world.fleet, spec)
        self.read = ClusterReader(self.store, self.world, self.engine)
        self.recorder = Recorder(self.engine, self.store)
        self.access = Access(
            self.store,
            self.read,
            mode=spec.get("authorizationMode", ALWAYS_ALLOW),
            users=spec.get("users", ()),
        )
        self.api = ApiServer(
            self.engine,
            self.store,
            self.chance,
            self.read,
            service_network=spec["serviceNetwork"],
            access=self.access,
            beside=kinds.MEASURED if spec.get("metricsServer") else (),
        )
        loops = self._controllers()
        self.manager = Manager(
            self.engine,
            self.api,
            self.recorder,
            self.read,
            loops,
            limits=self._limits(loops),
            version=lambda: self.store.version,
            stopped=lambda: self.world.troubles.stopped,
            shut=lambda: self.world.troubles.shut,
            late=lambda: max(self.world.troubles.late.values(), default=0),
        )
        self.prober = Prober(self.engine, self.chance, self.read, self.world, self.store.roots)
        self.faults = Faults(self.engine, self.chance, self.read, self.world)
        self.background = Background(self.engine, self.chance, self.read, self.faults)
        self.accounts = Accounts()
        self.flows = Flows(
            self.engine,
            self.read,
            self.world,
            ways=self.prober.ways,
            root=self.store.roots.of,
            proxies=Proxies(self.world, self.plane),
            chance=self.chance,
            profiles=_given(sheets),
        )
        self.flows.sink = self.accounts
        self.flows.moved = self._usage_moved
        self.flows.looked = self.faults.looked
        self.flows.doors.blame = self.faults.blame
        self.flows.lost = self.faults.lost
        self.flows.unknown = self.faults.unknown
        self.flows.heard = self.accounts.heard
        self.faults.follow(self.flows.figures, self.flows.look)
        self.world.touch = self._touched
        self.world.roused = self.manager.rouse
        self.world.cause = lambda: self.engine.cause
        self.faults.ask = self._asked
        self.faults.tenants = self.flows.tenants
        self.listeners: list[Callable[[Change], None]] = []
        self.store.notify = self._changed

    def _controllers(self) -> list[Controller]:
        return [
            *controllers(
                self.chance,
                resources=self._resources,
                usage=self.world.taken if self.spec.get("metricsServer") else None,
                storage=storage.drivers(self.spec.get("storage") or {}),
                plane=self.plane,
                pools=(self.world, self._sight()),
                access=self.access,
            ),
            scheduler_loop(lambda: load_scheduler(self.chance)),
            *kubelets(self.chance, self.world, eviction.read(self.spec.get("kubelet"))),
            chaos_loop(self.chance, lambda: self.faults),
        ]

    def _limits(self, loops: list[Controller]) -> dict[str, clients.Limit]:
        """Return how the clients of loops are limited, by the loop's name."""
        said = clients.check(self.spec.get("controlPlane"))
        found = {one.name: clients.limit_of(said, one.name, one.actor) for one in loops}
        return {name: limit for name, limit in found.items() if limit is not None}

    def _sight(self) -> Sight:
        """What the cluster autoscaler works with: the scheduler's filters, nodes to be."""

        def node(machine: Machine, now: int) -> Obj:
            return node_object(row_of(self.world, machine), now)

        given = self.spec.get("autoscaler") or {}
        known = pools.shipped()["autoscaler"]
        return Sight(trial_of, node, {**known, **pools.check_delays(given, known, "autoscaler")})

    def _resources(self) -> list[str]:
        """Every resource of the catalogue that lives in namespaces, Events last."""
        return self.catalogue.in_namespaces

    def _changed(self, change: Change) -> None:
        self.manager.observe(change)
        self.prober.observe(change)
        self.faults.observe(change)
        self.background.observe(change)
        self.flows.observe(change)
        for listener in self.listeners:
            listener(change)

    def _usage_moved(self, namespace: str, workloads: list[str]) -> None:
        """The pods of these Deployments take another amount now: their autoscalers look."""
        for key in scaling(self.read, namespace, "Deployment", workloads):
            self.manager.touch(AUTOSCALER, key)

    def _touched(self, controller: str, key: Key) -> None:
        """Something was done to the world: who lives by it looks again."""
        self.manager.touch(controller, key)
        if controller == NODE_KUBELET:
            self.manager.touch("nodelifecycle", key)
        self.prober.touched(controller, key)
        self.flows.touched(controller, key)
        self._strained(controller, key)

    def _strained(self, controller: str, key: Key) -> None:
        """Let autoscalers look at a pod of which no model of traffic says that it moved."""
        run = self.world.pod(key) if controller == KUBELET else None
        if run is not None and not run.usage:
            for hpa in self.store.list(kinds.HPAS, key[0]):
                self.manager.touch(AUTOSCALER, (key[0], hpa["metadata"]["name"]))

    def explain(self, pod: Obj) -> "Explanation":
        """Judge every node for a pod as the scheduler does, as if it had no node. Reads only.

        A scheduler of its own is laid out for it: who asks must not move what is placed next.
        """
        return load_scheduler(self.chance).explain(pod, self.read)

    def fitting(self) -> "Callable[[Obj], list[str]]":
        """Return what names the nodes that would take a pod, as things stand now. Reads only."""
        scheduler = load_scheduler(self.chance)
        return lambda pod: [
            row.node for row in scheduler.explain(pod, self.read).nodes if row.plugin is None
        ]

    def configured(self, pod: Obj) -> list[Configured]:
        """Say which configuration the containers of a pod have. Reads only."""

        def changed(resource: str, key: Key) -> int | None:
            stored = self.store.stored(resource, key)
            if stored is None:
                return None
            made = stored.object["metadata"].get("creationTimestamp")
            times = [one.time for one in stored.owners if one.time]
            return max(map(nanoseconds, [*times, *([made] if made else [])]), default=None)

        return configured(self.world, pod, changed)

    # -- life -------------------------------------------------------------------------------------

    @classmethod
    def create(
        cls,
        spec: dict[str, Any] | None = None,
        *,
        seed: int = 0,
        now: int = DEFAULT_START,
        sheets: "Profiles | None" = None,
    ) -> "Cluster":
        """Build the cluster of a checked *spec* (default: the shipped `default` model).

        *sheets* are data sheets of workloads in the place of the shipped ones; a snapshot does not
        keep them.
        """
        cluster = cls(spec or clusters.model("default"), seed, now, sheets)
        cluster._bootstrap()
        return cluster

    def _bootstrap(self) -> None:
        self.engine.cause = BOOT
        for name in _FIRST_NAMESPACES:
            self._system("create", kinds.NAMESPACES, {"metadata": {"name": name}})
        install(
            self.store,
            self.chance,
            self.spec["serviceNetwork"],
            now=self.engine.now,
            cause=self.engine.cause,
        )
        take_over(self.store, now=self.engine.now, cause=self.engine.cause)
        made_ones = (*storage.objects(self.spec.get("storage") or {}), *plane.objects(self.plane))
        for made in made_ones:
            kind = self.catalogue.by_gvk[made["apiVersion"], made["kind"]]
            self._system("create", kind.resource, made)
        for row in clusters.node_rows(self.spec):
            self._put_node(node_object(row, self.engine.now))
        self._kubernetes_service()
        if self.spec.get("metricsServer"):
            install_metrics(self.store, self.chance, now=self.engine.now, cause=self.engine.cause)
        for made in (*_crds(), *(definitions() if self.spec.get("chaos") else ())):
            self._system("create", kinds.CRDS, made)
        # The loops settle: default ServiceAccounts, CRDs Established.
        self.run_until(self.engine.now + SECOND)

    def _put_node(self, node: Obj) -> None:
        name = node["metadata"]["name"]
        meta = {**node["metadata"], "uid": self.chance.uid(f"nodes//{name}", self.engine.now)}
        self.store.put(
            kinds.NODES,
            ("", name),
            {**node, "metadata": meta},
            self._node_owners(node),
            at=self.engine.now,
            cause=self.engine.cause,
            actor="kubelet",
        )

    def _node_owners(self, node: Obj) -> tuple[Owner, ...]:
        return node_owners(node)

    def _kubernetes_service(self) -> None:
        first = self.spec["serviceNetwork"].rsplit(".", 1)[0] + ".1"
        ports = [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}]
        labels = {"component": "apiserver", "provider": "kubernetes"}
        self._system(
            "create",
            kinds.SERVICES,
            {
                "metadata": {"name": "kubernetes", "namespace": "default", "labels": labels},
                "spec": {"type": "ClusterIP", "clusterIP": first, "ports": ports},
            },
            "default",
        )
        ports = [{"name": "https", "port": 6443, "protocol": "TCP"}]
        for resource, label, said in (
            (
                kinds.ENDPOINTS,
                {"endpointslice.kubernetes.io/skip-mirror": "true"},
                {"subsets": [{"addresses": [{"ip": _API_SERVER}], "ports": ports}]},
            ),
            (
                kinds.ENDPOINTSLICES,
                {"kubernetes.io/service-name": "kubernetes"},
                {
                    "addressType": "IPv4",
                    "endpoints": [{"addresses": [_API_SERVER], "conditions": {"ready": True}}],
                    "ports": ports,
                },
            ),
        ):
            meta = {"name": "kubernetes", "namespace": "default", "labels": label}
            self._system("create", resource, {"metadata": meta, **said}, "default")

    def _system(self, verb: Any, resource: str, body: Obj, namespace: str = "") -> None:
        self.api.submit(Request(verb, resource, namespace, body=body, manager="kube-apiserver"))

    # -- asking -----------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        return self.engine.now

    @property
    def catalogue(self) -> Catalogue:
        """The kinds served now, those of Established CustomResourceDefinitions included."""
        return self.api.catalogue

    def submit(self, request: Request, *, cause: str = "") -> Answer:
        """Carry out a caller's request at this instant. Raises KubeError on refusal."""
        self.engine.cause = cause
        try:
            if request.verb == "fault":
                return self._submit_fault(request)
            if request.verb == "pool":
                return self._submit_pool(request)
            if request.verb in ("track", "untrack", "tell", "maintain"):
                return self._submit_tenant(request)
            self.check_open()
            return self.api.submit(request)
        finally:
            self.engine.cause = ""

    def decide(self, request: Request) -> Decided:
        """Say what is to become of a caller's request for objects, without doing it.

        Between this and `carry_out` nothing may change and no time pass. Raises KubeError.
        """
        self.check_open()
        return self.api.decide(request)

    def check_open(self, *, reading: bool = False) -> None:
        """Raises KubeError while a fault keeps the API server from answering, or from writing.

        Source: etcd api/v3 rpctypes (ErrNoSpace), which the API server hands on as it is; that a
        load balancer answers 503 for an API server that is not there is assumed.
        """
        shut = self.world.troubles.shut
        if shut == "kube-apiserver":
            raise ServiceUnavailable("the API server of this cluster is down")
        if shut and not reading:
            raise PlainError("etcdserver: mvcc: database space exceeded")

    def _asked(self, action: Action, actor: str) -> None:
        """Do what a fault asks of the cluster. Raises KubeError when the cluster refuses."""
        self.check_open()
        self.api.carry_out(action, actor)

    def carry_out(self, decided: Decided, *, cause: str) -> Answer:
        """Do what was decided, as `submit` would have."""
        self.engine.cause = cause
        try:
            return decided.carry_out()
        finally:
            self.engine.cause = ""

    def _submit_fault(self, request: Request) -> Answer:
        """Inject the fault of the body, or end the one that `name` names ("f1"; HALT: all)."""
        if request.name == HALT:
            return Answer({"halted": self._halt(request.namespace)})
        if request.name:
            fault = self.faults.restore_from(request.name)
        else:
            fault = self.faults.inject(request.body, dry_run=request.dry_run)
        return Answer(fault.to_json(self.engine.now), created=not request.name)

    def _halt(self, namespace: str) -> dict[str, list[str]]:
        """End every fault, and let no object begin another; return the ids and the objects.

        With a namespace those that hit it and the objects in it.
        """
        ended = [fault.id for fault in self.faults.halt(namespace)]
        paused = []
        for action in halting(self.read, namespace):
            self.api.carry_out(action, ACTOR)
            meta = action.obj["metadata"]
            paused.append(f"{action.resource}/{meta['namespace']}/{meta['name']}")
        return {"faults": ended, "objects": paused}

    def _submit_pool(self, request: Request) -> Answer:
        """Do what an operator wants of a pool. Raises PoolRefused; then nothing was done."""
        asked = Operations(self.world, self.engine.now, self.engine.cause)
        asked.carry_out(request.name, request.body)
        return Answer({"pool": request.name})

    def _submit_tenant(self, request: Request) -> Answer:
        """Follow a tenant's traffic, follow it no more, or note what others say of it."""
        name, body = request.name, request.body or {}
        if request.verb == "untrack":
            self.background.turn(name, "", False)
            self.flows.untrack(name)
            return Answer({"tenant": name}, deleted=True)
        if request.verb == "tell":
            self.accounts.tell(name, body["source"], body["metrics"], self.engine.now)
            self.flows.hear(name)
            return Answer({"tenant": name}, created=True)
        if request.verb == "maintain":
            self.flows.close()
            window = self.accounts.maintain(name, body, self.engine.now)
            return Answer({"window": None if window is None else window.id}, created=True)
        failing = bool(body.get("failure_scenarios"))
        self.background.turn(name, body["namespace"], failing, body.get("failure_rates"))
        created = self.flows.tenant(name) is None
        self.flows.close()
        agreed = {key: body[key] for key in AGREED if body.get(key) is not None}
        self.accounts.ledger(name).calendar.agree(agreed)
        tenant = self.flows.track(
            name,
            body["namespace"],
            body.get("demand"),
            body.get("slo") or {},
            failures=failing,
            load=body.get("load"),
            shape=body.get("shape"),
        )
        return Answer({"tenant": plain_tenant(tenant)}, created=created)

    def run_until(self, until: int, *, max_timers: int | None = None) -> bool:
        """Let time pass to *until* (ns); False when *max_timers* ran out before."""
        due = self.engine.next_at()
        if due is None or due > until:
            return self.engine.run_until(until)  # nothing fires, so nothing is made
        with resting():
            return self.engine.run_until(until, max_timers=max_timers)

    # -- state ------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state as plain data; objects are shared with the live cluster."""
        return {
            "version": SNAPSHOT_VERSION,
            "spec": self.spec,
            "seed": self.seed,
            "engine": self.engine.snapshot(),
            "store": self.store.snapshot(),
            "world": self.world.snapshot(),
            "recorder": self.recorder.snapshot(),
            "manager": self.manager.snapshot(),
            "api": self.api.snapshot(),
            "prober": self.prober.snapshot(),
            "faults": self.faults.snapshot(),
            "background": self.background.snapshot(),
            "flows": self.flows.snapshot(),
            "accounts": self.accounts.snapshot(),
        }

    @classmethod
    def restore(
        cls, state: dict[str, Any], *, seed: int | None = None, sheets: "Profiles | None" = None
    ) -> "Cluster":
        """Return the cluster of a snapshot. *seed* other than its own makes another future.

        One of an older version is brought up to date first. Raises ForeignSnapshot.
        """
        state = _up_to_date(state)
        engine = state["engine"]
        born_with = state["seed"] if seed is None else seed
        cluster = cls(state["spec"], born_with, engine["now"], sheets)
        timers = cluster.engine.restore(engine)
        cluster.store.restore(state["store"])
        cluster.world.restore(state["world"])
        cluster.recorder.restore(state["recorder"])
        cluster.api.restore(state["api"])
        cluster.manager.restore(state["manager"], timers)
        cluster.prober.restore(state["prober"], timers)
        cluster.faults.restore(state["faults"])
        cluster.background.restore(state["background"], timers)
        cluster.accounts.restore(state["accounts"])
        cluster.flows.restore(state["flows"], timers)
        if ENDPOINTS_LOOP not in state["manager"]["controllers"]:
            # Written before there was one: it looks at every Service once.
            for service in cluster.store.list(kinds.SERVICES):
                meta = service["metadata"]
                cluster.manager.touch(ENDPOINTS_LOOP, (meta["namespace"], meta["name"]))
        return cluster

    def fork(self, *, seed: int | None = None) -> "Cluster":
        """Return an independent cluster that goes on from here."""
        return Cluster.restore(self.snapshot(), seed=seed)


def _given(sheets: "Profiles | None") -> "ShippedProfiles | None":
    """Return data sheets as the traffic reads them; the shipped ones it reads at first use."""
    if sheets is None:
        return None
    from ecp.sim.traffic.profiles import ShippedProfiles

    return ShippedProfiles(sheets)


def _up_to_date(state: dict[str, Any]) -> dict[str, Any]:
    """Return a snapshot as this version writes it. Raises ForeignSnapshot."""
    version = state.get("version")
    while version != SNAPSHOT_VERSION:
        step = _UPGRADES.get(version) if isinstance(version, int) else None
        if step is None:
            raise ForeignSnapshot(
                f"snapshot of version {version!r}: this program reads those up to "
                f"{SNAPSHOT_VERSION}"
            )
        state = step(state)
        version = state["version"]
    return state


def _second(state: dict[str, Any]) -> dict[str, Any]:
    """Return version 1 as version 2: what it lacks is as in a cluster in which nothing happened.

    It lacked the roots of changes and, the older ones, whole rooms. A recorder that counted Events
    in another way begins to count anew: the Events themselves are in the store.
    """
    blank = Cluster(state["spec"], state["seed"], state["engine"]["now"]).snapshot()
    found = {**blank, **state, "version": 2}
    found["store"] = {"roots": blank["store"]["roots"], **state["store"]}
    if "abouts" not in state["recorder"]:
        found["recorder"] = blank["recorder"]
    return found


_UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: _second}
"""Version → how its snapshot becomes one of the next version."""


def _crds() -> list[Obj]:
    return deepcopy(_shipped_crds())


@cache
def _shipped_crds() -> list[Obj]:
    folder = resources.files(__package__).joinpath("clusters", "crds")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    return [yaml.safe_load(folder.joinpath(name).read_text("utf-8")) for name in names]
