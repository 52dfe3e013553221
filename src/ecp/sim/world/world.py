"""World: what *is*, beside the store, which holds what is *said*.

Nodes have power or not; processes live, listen, hang and die; images lie on disks. Faults and
traffic act here and nowhere else; the kubelet reads it, and the pods' status follows.

The instant of everything that happens by itself is known beforehand, so nothing ticks: a process
is asked "do you answer at t?", a node "when was your last heartbeat?".
"""

from bisect import bisect_right
from collections.abc import Callable
from typing import Any, Protocol

from ecp.sim.engine.chance import Chance
from ecp.sim.world.fleet import (
    CLOUD_NODES,
    CLUSTER_AUTOSCALER,
    DRAINS,
    POOL_UPGRADE,
    Fleet,
    Leaving,
    Machine,
    Pool,
)
from ecp.sim.world.records import (
    NodeRun,
    PodRun,
    node_from_plain,
    node_to_plain,
    pod_from_plain,
    pod_to_plain,
)
from ecp.sim.world.troubles import Troubles
from ecp.sim.world.usage import RESOLUTION, Taken, resting, rows_from, taken

Key = tuple[str, str]

HEARTBEAT_PERIOD = 10_000_000_000
"""A kubelet renews its node's lease every 10 s (ns). Source: kubernetes pkg/kubelet/apis/config
v1beta1 defaults (lease duration 40 s, renewed at a quarter of it)."""

OOM_KILLED = "OOMKilled"
KUBELET = "kubelet"
NODE_KUBELET = "node-kubelet"
_FILLED_IN = 1_000_000_000  # ns until memory that somebody takes at once is full (assumed)
PRESSURE_KUBELET = "kubelet-pressure"

_UP = NodeRun()  # a node that nobody has touched is up


class _Named(Protocol):
    @property
    def name(self) -> str: ...


def _nobody() -> None:
    """Stand in until a cluster sets `roused`."""


def _no_touch(controller: str, key: Key) -> None:
    """Stand in until a cluster sets `touch`."""


class World:
    """The physical state of one cluster; *chance* gives each node the phases of its grids.

    `touch(controller, key)` is set by the cluster; it marks a key of a controller dirty.
    """

    __slots__ = (
        "_by_key",
        "_chance",
        "_phases",
        "cause",
        "fleet",
        "nodes",
        "pods",
        "pulls",
        "registry",
        "roused",
        "touch",
        "troubles",
        "unmeasured",
        "waiting",
    )

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._phases: dict[str, int] = {}  # derived
        self.fleet = Fleet(chance)
        self.nodes: dict[str, NodeRun] = {}
        self.pods: dict[str, PodRun] = {}  # by uid
        self._by_key: dict[Key, str] = {}
        # What the registry gives to all nodes together (bits/s, 0 = any amount), and when the
        # pulls end that are under way or planned.
        self.registry = 0
        self.pulls: list[int] = []
        # who waits for an object: "configmaps/ns/name" -> pod keys
        self.waiting: dict[str, dict[Key, None]] = {}
        self.touch: Callable[[str, Key], None] = _no_touch
        # Namespaces whose figures nobody collects.
        self.unmeasured: dict[str, None] = {}
        self.troubles = Troubles()
        self.fleet.sold_out = self.troubles.sold_out
        self.cause: Callable[[], str] = str  # what it is that is done now follows from
        self.roused: Callable[[], None] = _nobody  # loops that stood still may go on

    # -- nodes --------------------------------------------------------------------------------

    def add_node(self, row: _Named) -> None:
        """Take a machine in."""
        self.node(row.name)

    def node(self, name: str) -> NodeRun:
        """Return the machine's record, made on first use."""
        node = self.nodes.get(name)
        if node is None:
            node = self.nodes[name] = NodeRun()
        return node

    def node_is_up(self, name: str) -> bool:
        """Whether the machine has power and its kubelet runs."""
        return self.nodes.get(name, _UP).up

    def pull(self, begins: int, now: int, link: int) -> int:
        """Return the bits/s of a pull that begins at *begins*: of the link, or what is left.

        The registry gives each of those that are under way then an equal part.
        """
        pulls = self.pulls
        del pulls[: bisect_right(pulls, now)]
        if not self.registry:
            return link
        return min(link, self.registry // (len(pulls) - bisect_right(pulls, begins) + 1))

    def set_node(self, name: str, up: bool, now: int) -> None:
        """Cut or restore a machine's power at *now*. No change is no action.

        One that was given back stays off.
        """
        node = self.node(name)
        if node.up == up or (up and self.fleet.is_gone(name)):
            return
        node.up = up
        since = node.stopped_at
        if up:
            node.stopped_at = node.last_beat = None
            # Its kubelet begins anew and has seen nothing.
            node.pressed, node.starved, node.met, node.gc_failed = {}, {}, [], False
            node.look_at = None
        else:
            node.stopped_at = now
            node.last_beat = self.last_beat(name, now)
            # What was still coming over the line is lost.
            node.images = {image: at for image, at in node.images.items() if at <= now}
            node.pull_free_at = now
        for uid in node.pods:
            pod = self.pods[uid]
            if up:
                for container in pod.containers:
                    if container.exit_reason == "Unknown" and container.exit_at == since:
                        # The runtime writes down when it found out, not when it was.
                        container.exit_at = now
            else:
                pod.outage = True
                for container in pod.containers:
                    if container.alive(now):
                        # After a reboot the runtime finds it gone and cannot say why.
                        container.exit_at = now
                        container.exit_code = 255
                        container.exit_reason = "Unknown"
            self.touch(KUBELET, pod.key)
        self.touch(NODE_KUBELET, ("", name))

    def launch(self, pool: Pool, zone: str, now: int, *, by: str, cause: str) -> Machine:
        """Ask the provider for a machine; `failure` says where it has none to give."""
        machine = self.fleet.launch(pool, zone, now, by=by, cause=cause)
        self.touch(NODE_KUBELET, ("", machine.name))
        self.touch(CLUSTER_AUTOSCALER, ("", ""))
        return machine

    def let_go(self, machine: Machine, leaving: Leaving) -> None:
        """Let a machine go once its pods have."""
        self.fleet.let_go(machine, leaving)
        self.touch(DRAINS[leaving.by], ("", machine.name))

    def keep(self, machine: Machine, why: str, now: int) -> None:
        """Let a machine stay that was to go."""
        self.fleet.keep(machine, why, now)
        self._moved(machine)

    def retire(self, machine: Machine, now: int) -> None:
        """Give a machine back: whatever runs on it ends at *now*."""
        self.fleet.retire(machine, now)
        if machine.registered:
            self.set_node(machine.name, False, now)
        self.touch(CLOUD_NODES, ("", machine.name))
        self._moved(machine)

    def _moved(self, machine: Machine) -> None:
        if self.fleet.pools[machine.pool].upgrade is not None:
            self.touch(POOL_UPGRADE, ("", machine.pool))
        self.touch(CLUSTER_AUTOSCALER, ("", ""))

    def forget_node(self, name: str) -> None:
        """Drop a machine that left the cluster."""
        self.nodes.pop(name, None)
        self.fleet.machines.pop(name, None)

    def heartbeat(self, name: str, now: int) -> int | None:
        """Return the instant of the last heartbeat of a stopped node, None while it posts."""
        return self.nodes.get(name, _UP).last_beat

    def last_beat(self, name: str, at: int, period: int = HEARTBEAT_PERIOD) -> int:
        """Return the newest heartbeat not after *at*: a grid with a phase of the node's own."""
        phase = self.phase(f"heartbeat/{name}", period)
        return (at - phase) // period * period + phase

    def phase(self, name: str, period: int) -> int:
        """Return the phase (ns, below *period*) of some periodic work."""
        found = self._phases.get(name)
        if found is None:
            found = self._phases[name] = self._chance.below(period, name)
        return found

    # -- pods ---------------------------------------------------------------------------------

    def pod(self, key: Key) -> PodRun | None:
        """Return the record of the pod now known under *key*."""
        uid = self._by_key.get(key)
        return self.pods[uid] if uid is not None else None

    def add_pod(self, pod: PodRun) -> None:
        """Take a pod's record in."""
        self.pods[pod.uid] = pod
        self._by_key[pod.key] = pod.uid
        self.node(pod.node).pods[pod.uid] = None

    def drop_pod(self, pod: PodRun) -> None:
        """Forget a pod: its processes, its address, its share of the node."""
        del self.pods[pod.uid]
        if self._by_key.get(pod.key) == pod.uid:
            del self._by_key[pod.key]
        node = self.nodes.get(pod.node)
        if node is not None:
            node.pods.pop(pod.uid, None)
            self.release(pod)
        self.wait_for(pod, [])

    def release(self, pod: PodRun) -> None:
        """Give back the address and the share of the node that a pod held."""
        node = self.nodes.get(pod.node)
        if node is None:
            return
        if node.ips.get(pod.ip) == pod.uid:
            del node.ips[pod.ip]
        for resource, amount in pod.used.items():
            node.used[resource] = node.used.get(resource, 0) - amount
        pod.used = {}
        if node.waiting:
            node.waiting.pop(pod.uid, None)
            self.has_room(pod.node)

    def has_room(self, name: str) -> None:
        """A node has more room: its pods that wait for a bigger size ask again."""
        for uid in self.node(name).waiting:
            self.pods[uid].dirty = True
            self.touch(KUBELET, self.pods[uid].key)

    def wait_for(self, pod: PodRun, things: list[str]) -> None:
        """Say which objects ("configmaps/ns/name") the pod cannot start without."""
        if things == pod.waits_for:
            return
        for thing in pod.waits_for:
            waiters = self.waiting.get(thing)
            if waiters is not None:
                waiters.pop(pod.key, None)
                if not waiters:
                    del self.waiting[thing]
        for thing in things:
            self.waiting.setdefault(thing, {})[pod.key] = None
        pod.waits_for = things

    def answers(self, pod_uid: str, port: int, now: int) -> str | None:
        """Return None where a process of the pod listens on *port* and answers at *now*.

        Else the cause: "no-pod", "node-down", "unreachable", "no-process", "not-listening" or
        "hung".
        """
        pod = self.pods.get(pod_uid)
        if pod is None:
            return "no-pod"
        if not self.nodes.get(pod.node, _UP).up:
            return "node-down"
        if pod.strain is not None and "cut" in pod.strain:
            return "unreachable"
        alive = False
        for container in pod.containers:
            if not container.alive(now):
                continue
            alive = True
            if (
                port in container.ports
                and container.listens_at is not None
                and container.listens_at <= now
            ):
                return "hung" if pod.hung else None
        return "not-listening" if alive else "no-process"

    # -- what faults do -----------------------------------------------------------------------

    def crash(self, pod_uid: str, container: str, exit_code: int, reason: str, now: int) -> bool:
        """End a container's process at *now*; return whether there was one to end.

        *container* "" means every container. *reason* as the runtime reports it ("Error",
        "OOMKilled").
        """
        pod = self.pods.get(pod_uid)
        if pod is None:
            return False
        hit = False
        for run in pod.containers:
            if container in ("", run.name) and run.alive(now):
                run.exit_at, run.exit_code, run.exit_reason = now, exit_code, reason
                hit = True
        if hit:
            pod.poked = True
            self.touch(KUBELET, pod.key)
        return hit

    def hang(self, pod_uid: str, on: bool) -> bool:
        """Let the pod's processes stop answering, or go on; return whether that changed."""
        pod = self.pods.get(pod_uid)
        if pod is None or pod.hung == on:
            return False
        pod.hung = on
        pod.poked = True
        self.touch(KUBELET, pod.key)
        return True

    def strain(self, pod_uid: str, what: str, amount: int, now: int) -> bool:
        """Put a strain on a pod, or with 0 take it away; return whether that changed anything.

        *what*: "burn" (ppm of its CPU eaten), "abort" (ppm of its requests refused), "delay" (ns
        on its line), and what `troubles.felt` reads. Memory has `leak` and `hold`, ends `doom`,
        "alone" (since when, ns) `orphan`.
        """
        pod = self.pods.get(pod_uid)
        if pod is None or (pod.strain or {}).get(what, 0) == amount:
            return False
        strain = {**(pod.strain or {}), what: amount}
        if not amount:
            del strain[what]
        pod.strain = strain or None
        pod.poked = True
        self.touch(KUBELET, pod.key)
        return True

    def doom(self, pod_uid: str, what: str, after: int, now: int) -> bool:
        """Let a pod's processes end now and *after* ns from each start; 0 = they live again.

        *what* tells apart who wants it. Returns whether that changed anything.
        """
        if not self.strain(pod_uid, what, after, now):
            return False
        if after:
            self.crash(pod_uid, "", 1, "Error", now)
        return True

    def orphan(self, pod_uid: str, on: bool, patience: int, now: int) -> bool:
        """Take whom it needs from a pod's processes, or give it back; return whether that is news.

        Without it a process ends instead of listening, and one that listens *patience* ns from now.
        One that has not ended by the time it is back goes on.
        """
        pod = self.pods.get(pod_uid)
        if pod is None or ("alone" in (pod.strain or {})) == on:
            return False
        since = (pod.strain or {}).get("alone", now)
        for run in pod.containers:
            if run.role != "app" or not run.alive(now) or run.listens_at is None:
                continue
            ends = max(run.listens_at, since + patience if run.listens_at <= since else 0)
            if on and (run.exit_at is None or ends < run.exit_at):
                run.exit_at, run.exit_code, run.exit_reason = ends, 1, "Error"
            elif not on and run.exit_at == ends and ends > now:
                run.exit_at, run.exit_code, run.exit_reason = None, 0, ""
        return self.strain(pod_uid, "alone", since if on else 0, now)

    def hold(self, pod_uid: str, held: int, limit: int, now: int) -> bool:
        """Let somebody in a pod's first container hold *held* bytes more; 0 = given back.

        Beyond *limit* the kernel ends the container, and with it who held them.
        Returns whether that changed anything.
        """
        pod = self.pods.get(pod_uid)
        if pod is None or (pod.strain or {}).get("held", 0) == held:
            return False
        strain = {k: v for k, v in (pod.strain or {}).items() if k not in ("held", "held-since")}
        if held:
            strain |= {"held": held, "held-since": now}
        pod.strain = strain or None
        pod.poked = True
        self.touch(KUBELET, pod.key)
        self.presses(pod)
        run = next((c for c in pod.containers if c.role == "app"), None)
        if not held or run is None or not run.alive(now):
            return True
        rests = resting(pod, run, now)
        base = pod.usage[-1][2] if pod.usage else rests[1] if rests else 0
        if limit and base + held > limit:
            run.exit_at, run.exit_code = now + _FILLED_IN, 137
            run.exit_reason = OOM_KILLED
        return True

    def leak(self, pod_uid: str, rate: int, limit: int, now: int) -> bool:
        """Let a pod's processes lose *rate* bytes/s until they hold *limit* bytes.

        The kernel then kills the process (OOMKilled) and the kubelet starts another one, which
        leaks as well. What is lost at another rate counts on. Rate 0 mends it and gives back what
        was lost. Returns whether that changed anything.
        """
        pod = self.pods.get(pod_uid)
        if pod is None:
            return False
        strain = dict(pod.strain or {})
        leaked = "leak" in strain
        if strain.get("leak", 0) == rate:
            return False
        run = next((c for c in pod.containers if c.role == "app"), None)
        lost = self.leaked(pod, now)
        for name in ("leak", "since", "lost", "lifetime"):
            strain.pop(name, None)
        left = 0
        if rate:
            # What it held when it did not leak yet; where nobody knows: a quarter (assumed).
            rests = None if run is None else resting(pod, run, now)
            base = pod.usage[-1][2] if pod.usage else rests[1] if rests else limit // 4
            room = max(limit - base, 0)
            left = max(room - lost, 0) * 1_000_000_000 // rate
            strain |= {"leak": rate, "since": now, "lost": lost}
            strain["lifetime"] = room * 1_000_000_000 // rate
        pod.strain = strain or None
        pod.poked = True
        self.touch(KUBELET, pod.key)
        self.presses(pod)
        if run is None or not run.alive(now):
            return True
        if leaked and run.exit_reason == OOM_KILLED:
            run.exit_at, run.exit_code, run.exit_reason = None, 0, ""
        if rate and (run.exit_at is None or now + left < run.exit_at):
            run.exit_at, run.exit_code, run.exit_reason = now + left, 137, OOM_KILLED
        return True

    def leaked(self, pod: PodRun, now: int) -> int:
        """Return the bytes that the pod's living process has lost by *now*."""
        strain = pod.strain
        if strain is None or not ("leak" in strain or "held" in strain):
            return 0
        run = next((c for c in pod.containers if c.role == "app"), None)
        if run is None or run.started_at is None:
            return 0
        # Who holds memory went with the process beside which it began.
        held = strain.get("held", 0) if run.started_at <= strain.get("held-since", 0) else 0
        if "leak" not in strain:
            return held
        since = strain["since"]
        lost = strain.get("lost", 0) if run.started_at <= since else 0
        return (
            held + lost + strain["leak"] * max(0, now - max(since, run.started_at)) // 1_000_000_000
        )

    def leaks_on(self, pod: PodRun, every: int, now: int) -> int | None:
        """Return when what is lost passes a multiple of *every* seconds' loss, None: it does not.

        The instant is in ns, after *now*.
        """
        strain = pod.strain
        if strain is None or "leak" not in strain:
            return None
        step = strain["leak"] * every
        missing = step - self.leaked(pod, now) % step
        return now + -(-missing * 1_000_000_000 // strain["leak"])

    # -- what traffic does --------------------------------------------------------------------

    def use(self, key: Key, cpu: int, memory: int, now: int) -> bool:
        """Say what a pod takes from *now* on (milli-CPU, bytes); return whether that is news."""
        pod = self.pod(key)
        if pod is None:
            return False
        usage = pod.usage
        if usage and usage[-1][1] == cpu and usage[-1][2] == memory:
            return False
        more = not usage or memory > usage[-1][2]
        pod.usage = [*rows_from(usage, now - 2 * RESOLUTION), [now, cpu, memory]]
        if more:
            self.presses(pod)
        return True

    def presses(self, pod: PodRun) -> None:
        """A pod takes more memory: its node looks at what it has, if that could run out."""
        if pod.loose or self.node(pod.node).tight:
            self.touch(PRESSURE_KUBELET, ("", pod.node))

    def taken(self, key: Key, start: int, end: int) -> tuple[Taken, ...] | None:
        """Return what each container of a pod took over [start, end); None: there is no figure."""
        pod = self.pod(key)
        return None if pod is None else taken(pod, start, end, self.leaked(pod, end))

    # -- state --------------------------------------------------------------------------------

    def measure(self, namespace: str, on: bool) -> None:
        """Let the figures of a namespace be collected, or not."""
        if on:
            self.unmeasured.pop(namespace, None)
        else:
            self.unmeasured[namespace] = None

    def snapshot(self) -> dict[str, Any]:
        """Return the whole world as plain, JSON-able data."""
        return {
            "unmeasured": list(self.unmeasured),
            "fleet": self.fleet.snapshot(),
            "pulls": list(self.pulls),
            "nodes": {name: node_to_plain(node) for name, node in self.nodes.items()},
            "pods": [pod_to_plain(pod) for pod in self.pods.values()],
            **({"troubles": troubles} if (troubles := self.troubles.snapshot()) else {}),
        }

    def restore(self, plain: dict[str, Any]) -> None:
        """Take over what `snapshot` returned."""
        self.unmeasured = dict.fromkeys(plain.get("unmeasured", ()))
        self.pulls = list(plain.get("pulls", ()))
        self.troubles.restore(plain.get("troubles") or {})
        self.fleet.sold_out = self.troubles.sold_out
        if "fleet" in plain:  # else it is as the model has it
            self.fleet.restore(plain["fleet"])
        self.nodes = {name: node_from_plain(row) for name, row in plain["nodes"].items()}
        self.pods = {}
        self._by_key = {}
        self.waiting = {}
        for row in plain["pods"]:
            pod = pod_from_plain(row)
            self.pods[pod.uid] = pod
            self._by_key[pod.key] = pod.uid
            for thing in pod.waits_for:
                self.waiting.setdefault(thing, {})[pod.key] = None
