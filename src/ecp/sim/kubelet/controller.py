"""The kubelets of all nodes as one control loop, keyed by pod."""

from collections.abc import Iterable

from ecp.kube import kinds
from ecp.sim.clusters.eviction import Eviction
from ecp.sim.clusters.eviction import read as eviction_of
from ecp.sim.engine.chance import Chance
from ecp.sim.engine.engine import Phase
from ecp.sim.kubelet import images
from ecp.sim.kubelet.joining import join
from ecp.sim.kubelet.loop import PodLoop
from ecp.sim.kubelet.node import NodeSeen, node_kubelet, see
from ecp.sim.kubelet.pressure import evictor
from ecp.sim.kubelet.shutdown import shutter
from ecp.sim.kubelet.template import PREFIX, PodTemplate, build
from ecp.sim.kubelet.timing import Timing, timing
from ecp.sim.kubelet.volumes import VOLUMES_KUBELET, reporter
from ecp.sim.kubelet.writes import Disk
from ecp.sim.plans import NOTHING, Controller, Plan, Reader, Remove
from ecp.sim.store import Change, Key, Obj
from ecp.sim.world import ContainerRun, PodRun, World
from ecp.sim.world.world import KUBELET

_OVER = ("Succeeded", "Failed")
# Templates by the identity of the containers they were read from; dropped when it fills.
_REMEMBERED = 4096


class Kubelet:
    """Brings each bound pod's record in the world up to date, and its status with it.

    It keeps no state of its own: records live in the world, what is cached here can be read
    again from the objects.
    """

    def __init__(
        self,
        world: World,
        chance: Chance,
        times: Timing | None = None,
        eviction: Eviction | None = None,
    ) -> None:
        self.world = world
        self.chance = chance
        self.eviction = eviction or eviction_of(None)
        self.timing = times or timing()
        self._shared: dict[int, tuple[object, PodTemplate]] = {}
        self._templates: dict[str, tuple[Obj, PodTemplate]] = {}
        self._nodes: dict[str, tuple[Obj | None, NodeSeen]] = {}

    def reconcile(self, now: int, key: Key, read: Reader) -> Plan:
        """Advance the pod under *key* to *now*."""
        world = self.world
        pod = read.get(kinds.PODS, *key)
        run = world.pod(key)
        if pod is None:
            if run is not None:
                self._drop(run, now)
            return NOTHING
        meta, spec = pod["metadata"], pod["spec"]
        if run is not None and meta["uid"] != run.uid:
            self._drop(run, now)
            run = None
        node = spec.get("nodeName")
        if not node:
            return NOTHING
        machine = world.node(node)
        up = machine.up
        if run is None:
            if pod.get("status", {}).get("phase") in _OVER:
                # It was over before this kubelet knew it: nothing of it runs.
                gone = up and "deletionTimestamp" in meta
                return Plan((Remove(kinds.PODS, key, meta["uid"]),)) if gone else NOTHING
            run = self._new_run(pod, key, node)
            run.outage = not up
        if not up:
            return NOTHING
        agenda = run.agenda
        known = self._templates.get(run.uid)
        if known is None or known[0] is not spec:
            template = self._template(pod)
        elif (
            (not agenda or agenda[0][0] > now)
            and pod.get("status") is run.seen
            and not (run.dirty or run.poked or run.outage or run.waits_for or run.verdict)
            and "deletionTimestamp" not in meta
        ):
            return Plan(wake_at=agenda[0][0] if agenda else None)
        else:
            template = known[1]
        described = read.get(kinds.NODES, "", node)
        known_node = self._nodes.get(node)
        if known_node is None or known_node[0] is not described:
            known_node = self._nodes[node] = (described, see(described))
        loop = PodLoop(self, read, pod, run, template, machine, known_node[1], now)
        generation = meta.get("generation", 1)
        if run.generation != generation:
            run.generation = generation
            loop.redefined = run.dirty = True
            for row in template.containers[len(run.containers) :]:
                run.containers.append(ContainerRun(row.name, row.role, row.ports))
                loop.later(now, "sync")
        plan = loop.reconcile()
        if loop.removed:
            self._templates.pop(run.uid, None)
        return plan

    def _new_run(self, pod: Obj, key: Key, node: str) -> PodRun:
        run = PodRun(pod["metadata"]["uid"], key, node)
        run.containers = [
            ContainerRun(spec.name, spec.role, spec.ports)
            for spec in self._template(pod).containers
        ]
        self.world.add_pod(run)
        return run

    def _drop(self, run: PodRun, now: int) -> None:
        images.left(self.world.node(run.node), run, now)
        self.world.drop_pod(run)
        if run.volumes:
            self.world.touch(VOLUMES_KUBELET, ("", run.node))
        self._templates.pop(run.uid, None)

    def _template(self, pod: Obj) -> PodTemplate:
        uid, spec = pod["metadata"]["uid"], pod["spec"]
        known = self._templates.get(uid)
        if known is not None and known[0] is spec:
            return known[1]
        containers = spec["containers"]
        template: PodTemplate | None = None
        shared = self._shared.get(id(containers))
        plain = not (spec.get("ephemeralContainers") or spec.get("resources")) and not any(
            name.startswith(PREFIX) for name in pod["metadata"].get("annotations") or ()
        )
        if plain and shared is not None and shared[0] is containers:
            template = shared[1]
        if template is None:
            template = build(pod, self.timing)
            if plain and not spec.get("initContainers"):
                if len(self._shared) >= _REMEMBERED:
                    self._shared.clear()
                self._shared[id(containers)] = (containers, template)
        self._templates[uid] = (spec, template)
        return template

    def writes(self, run: PodRun, read: Reader) -> Disk | None:
        """Return what is known of what a pod writes."""
        pod = read.get(kinds.PODS, *run.key)
        known = pod is not None and pod["metadata"]["uid"] == run.uid
        return self._template(pod).disk if pod is not None and known else None

    def pod_keys(self, change: Change, read: Reader) -> Iterable[Key]:
        """A bound pod's own key, but not for what the kubelet itself wrote."""
        if change.actor == KUBELET and change.type == "MODIFIED":
            return ()
        return (change.key,) if change.object["spec"].get("nodeName") else ()

    def waiting_keys(self, change: Change, read: Reader) -> Iterable[Key]:
        """The pods that cannot start without the changed object."""
        waiting = self.world.waiting
        if not waiting:
            return ()
        return list(waiting.get(f"{change.resource}/{change.key[0]}/{change.key[1]}", ()))


def kubelets(chance: Chance, world: World, eviction: Eviction | None = None) -> list[Controller]:
    """Return the loops of all kubelets: one for the pods, one for the Node objects."""
    kubelet = Kubelet(world, chance, eviction=eviction)
    return [
        Controller(
            name=KUBELET,
            component="kubelet",
            watches={
                kinds.PODS: kubelet.pod_keys,
                kinds.CONFIGMAPS: kubelet.waiting_keys,
                kinds.SECRETS: kubelet.waiting_keys,
                kinds.PVCS: kubelet.waiting_keys,
                kinds.NODES: kubelet.waiting_keys,
            },
            reconcile=kubelet.reconcile,
            actor=KUBELET,
            phase=Phase.KUBELET,
        ),
        node_kubelet(world, join),
        reporter(world),
        evictor(world, kubelet.eviction, kubelet.writes),
        shutter(world),
    ]
