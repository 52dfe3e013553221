"""The records of the physical world: what runs on a node, pod by pod, container by container.

They are plain values in slots: numbers, texts, lists. `plain` writes one down as JSON-able data,
`from_plain` reads it back. Instants are ns since the epoch; None = never, or not known.

A container has two faces. Its *process* (`started_at`, `exit_at`, `listens_at`) is what is; its
*view* (`state`, `started`, `ready`, `reason`) is what the kubelet has noticed, and what the pod's
status says. A process may be dead for up to a second before the kubelet looks.
"""

from typing import Any, NamedTuple

WAITING, RUNNING, TERMINATED = "waiting", "running", "terminated"


class Takes(NamedTuple):
    """What a container's process takes while nobody asks it for anything.

    `cpu` in nano-CPU, `memory` in bytes, to which come `growth` bytes an hour from `settles` ns
    after its start. `asks_cpu` (milli-CPU) and `asks_memory` (bytes) are its requests;
    `most_cpu` (milli-CPU) is what a burner in it can take: its limit, else its request, else a
    core.
    """

    cpu: int
    memory: int
    growth: int
    settles: int
    asks_cpu: int
    asks_memory: int
    most_cpu: int


class ProbeRun:
    """One probe of one container: its tick grid and its current streak.

    `kind` is "startup", "readiness" or "liveness", `spec` its index among the container's
    probes. Ticks are at base + n·period. `next` is the tick that is waited for, None while the
    outcome of every tick to come is known to change nothing. `run` counts equal outcomes in a
    row, `good` is the last outcome, `sent` the Unhealthy events so far.
    """

    __slots__ = ("base", "good", "held", "kind", "next", "run", "sent", "spec")

    def __init__(self, kind: str, spec: int) -> None:
        self.kind = kind
        self.spec = spec
        self.base = 0
        self.next: int | None = None
        self.good: bool | None = None
        self.run = 0
        self.sent = 0
        self.held = False


class ContainerRun:
    """One container of a pod. `attempt` counts starts.

    `role` is "init", "sidecar", "app" or "ephemeral".
    """

    __slots__ = (
        "asked_at",
        "attempt",
        "backoff",
        "backoff_at",
        "container_id",
        "doing",
        "done",
        "ended",
        "exit_at",
        "exit_code",
        "exit_reason",
        "failures",
        "image",
        "killed",
        "last",
        "listens_at",
        "message",
        "name",
        "ports",
        "probes",
        "pull_backoff",
        "pull_error",
        "pull_until",
        "ready",
        "ready_at",
        "reason",
        "refused",
        "restarts",
        "retry_at",
        "role",
        "started",
        "started_at",
        "state",
        "takes",
        "term",
        "took",
    )

    def __init__(self, name: str, role: str, ports: tuple[int, ...]) -> None:
        self.name = name
        self.role = role
        self.ports = ports
        # the process
        self.attempt = 0  # starts so far
        self.container_id = ""
        self.image = ""  # what it was started from
        self.started_at: int | None = None
        self.listens_at: int | None = None
        self.ready_at: int | None = None  # its readiness endpoint answers from here
        self.exit_at: int | None = None  # known or planned end
        self.exit_code = 0
        self.exit_reason = ""
        self.takes: Takes | None = None  # of what was started; None = nobody knows
        # the view
        self.state = WAITING
        self.reason = ""
        self.message = ""
        self.started = False
        self.ready = False
        self.restarts = 0
        self.ended = 0  # the attempt whose end has been noticed
        self.done = False  # an init container that has succeeded
        self.term: dict[str, Any] | None = None  # end of the attempt in view
        self.last: dict[str, Any] | None = None  # end of the attempt before
        # the kubelet's work on it
        self.doing = ""  # "pull" | "create" | "hook" | "unstart" | "kill" | ""
        self.backoff = 0
        self.backoff_at = 0
        self.killed = False  # the kubelet itself ended the last attempt
        self.asked_at = 0  # when the pull under way was asked for
        self.took = 0  # how long that pull takes by itself
        self.pull_backoff = 0
        self.pull_until = 0
        self.pull_error = ""
        self.refused = ""  # why the registry refuses the pull under way
        self.failures = 0  # failed attempts to create it
        self.retry_at = 0  # not to be tried before
        self.probes: list[ProbeRun] = []

    def alive(self, now: int) -> bool:
        """Whether its process exists at *now*."""
        started = self.started_at
        if started is None or started > now:
            return False
        return self.exit_at is None or now < self.exit_at


class PodRun:
    """One pod on its node. `agenda` holds what will happen to it, as sorted rows
    [instant, order, step, container index or -1, attempt]; `used` what it holds of the node."""

    __slots__ = (
        "agenda",
        "containers",
        "deadline",
        "dirty",
        "end",
        "failures",
        "generation",
        "held",
        "hung",
        "ip",
        "key",
        "loose",
        "node",
        "order",
        "outage",
        "poked",
        "probed_from",
        "relist_at",
        "renewing",
        "resize",
        "rest",
        "sandbox",
        "seen",
        "started_at",
        "strain",
        "terminating",
        "uid",
        "usage",
        "used",
        "verdict",
        "volumes",
        "waits_for",
        "writes",
    )

    def __init__(self, uid: str, key: tuple[str, str], node: str) -> None:
        self.uid = uid
        self.key = key
        self.node = node
        self.containers: list[ContainerRun] = []
        self.agenda: list[list[Any]] = []
        self.order = 0
        self.started_at: int | None = None  # when the kubelet took it on
        self.probed_from = 0  # when its volumes stood and its probes began to count
        self.sandbox = False
        self.ip = ""
        self.hung = False
        self.dirty = False
        self.poked = False  # something outside changed; probes must be planned anew
        self.outage = False  # its node was down since the kubelet last looked
        self.relist_at: int | None = None
        self.terminating = False
        self.deadline: int | None = None
        self.end: list[str] | None = None  # [phase, reason, message] of a pod that is over
        self.failures = 0  # failed mounts
        self.used: dict[str, int] = {}
        self.volumes: list[str] = []  # that are attached for it, as nodes report them
        self.waits_for: list[str] = []  # "configmaps/ns/name" that must appear
        self.seen: Any = None  # the status last compared: whoever else writes one is noticed
        # Its node ends it for good: [reason, message, grace (ns), what a condition of its own says
        # of that ("" = it has none), whether its end has begun]; empty = it does not.
        self.verdict: list[Any] = []
        self.renewing = False  # all its containers are ended, to be started anew
        self.writes = False  # something is known of what it writes
        self.loose = False  # nothing bounds what it takes of its node's memory
        self.generation = 0  # of the spec that was last looked at
        # A change of sizes under way: [state, the kubelet's words, of which generation].
        self.resize: list[str] = []
        self.held: dict[str, dict[str, Any]] = {}  # container -> the sizes it still has
        # What faults do to it beside ending it: "burn" and "abort" (ppm), "delay" (ns), "leak"
        # (bytes/s) with "since" (ns), "lost" (bytes before that) and "lifetime" (ns of a new
        # process); None = nothing.
        self.strain: dict[str, int] | None = None
        self.rest = 0  # ns until the calls that it has will have ended, by those who offer them
        # What it takes, as [from (ns), milli-CPU, bytes], the newest last.
        self.usage: list[list[int]] = []


class NodeRun:
    """One machine. `images` maps an image to the instant its pull ended or will end."""

    __slots__ = (
        "gc_failed",
        "image_left",
        "image_seen",
        "images",
        "ips",
        "last_beat",
        "look_at",
        "met",
        "next_ip",
        "paths",
        "pods",
        "pressed",
        "pull_free_at",
        "shutdown",
        "starved",
        "stopped_at",
        "tight",
        "up",
        "used",
        "waiting",
        "writes",
    )

    def __init__(self) -> None:
        self.up = True
        self.stopped_at: int | None = None
        self.last_beat: int | None = None  # of the lease, while it is stopped
        self.images: dict[str, int] = {}
        self.pull_free_at = 0
        self.next_ip = 0
        self.ips: dict[str, str] = {}  # address -> pod uid
        self.used: dict[str, int] = {}
        self.waiting: dict[str, list[int]] = {}  # pods that wait for a bigger size, in order: ranks
        self.writes = False  # something is known of what its pods write
        self.tight = False  # its pods may take more memory than it has
        # It shuts down in order: [since, when critical pods follow, when its power goes] in ns.
        self.shutdown: list[int] = []
        # What its kubelet saw run out: condition -> when last, kept for a while; threshold -> since
        # when; the thresholds that it acted upon at its last look.
        self.pressed: dict[str, int] = {}
        self.starved: dict[str, int] = {}
        self.met: list[str] = []
        self.look_at: int | None = None  # it looks once more: a pod that it ended is gone
        # image -> when its kubelet first saw it, and when its last container went
        self.image_seen: dict[str, int] = {}
        self.image_left: dict[str, int] = {}
        self.gc_failed = False  # at the last look for images to drop
        self.paths: dict[str, str] = {}  # what pods had made on its disk -> "Directory" | "File"
        self.pods: dict[str, None] = {}  # uids, in order of arrival


def _slots(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__slots__}


def _fill(row: Any, plain: dict[str, Any]) -> Any:
    for name, value in plain.items():
        setattr(row, name, value)
    return row


def pod_to_plain(pod: PodRun) -> dict[str, Any]:
    """Write a pod's record down; nothing in it is shared with the live record."""
    plain = _slots(pod)
    plain["key"] = list(pod.key)
    plain["agenda"] = [list(row) for row in pod.agenda]
    plain["used"] = dict(pod.used)
    plain["resize"], plain["held"] = list(pod.resize), dict(pod.held)
    plain["volumes"] = list(pod.volumes)
    plain["verdict"] = list(pod.verdict)
    plain["waits_for"] = list(pod.waits_for)
    plain["strain"] = None if pod.strain is None else dict(pod.strain)
    plain["usage"] = [list(row) for row in pod.usage]
    plain["containers"] = [_container_to_plain(c) for c in pod.containers]
    return plain


def _container_to_plain(container: ContainerRun) -> dict[str, Any]:
    plain = _slots(container)
    plain["ports"] = list(container.ports)
    plain["takes"] = None if container.takes is None else list(container.takes)
    plain["probes"] = [_slots(probe) for probe in container.probes]
    return plain


def pod_from_plain(plain: dict[str, Any]) -> PodRun:
    """Read a record that `pod_to_plain` wrote."""
    pod = PodRun(plain["uid"], (plain["key"][0], plain["key"][1]), plain["node"])
    rest = {k: v for k, v in plain.items() if k not in ("key", "containers", "agenda")}
    _fill(pod, rest)
    pod.used = dict(plain["used"])
    pod.resize, pod.held = list(plain.get("resize", ())), dict(plain.get("held", {}))
    pod.volumes = list(plain.get("volumes", ()))
    pod.verdict = list(plain.get("verdict", ()))
    pod.waits_for = list(plain["waits_for"])
    pod.strain = None if plain.get("strain") is None else dict(plain["strain"])
    pod.usage = [list(row) for row in plain.get("usage", ())]
    pod.agenda = [list(row) for row in plain["agenda"]]
    pod.containers = [_container_from_plain(c) for c in plain["containers"]]
    return pod


def _container_from_plain(plain: dict[str, Any]) -> ContainerRun:
    container = ContainerRun(plain["name"], plain["role"], tuple(plain["ports"]))
    _fill(container, {k: v for k, v in plain.items() if k not in ("ports", "probes")})
    takes = plain.get("takes")
    container.takes = None if takes is None else Takes(*takes)
    container.probes = [_fill(ProbeRun(row["kind"], row["spec"]), row) for row in plain["probes"]]
    return container


_MAPS = (
    "image_left",
    "image_seen",
    "images",
    "ips",
    "paths",
    "pressed",
    "starved",
    "used",
    "waiting",
)


def node_to_plain(node: NodeRun) -> dict[str, Any]:
    """Write a machine down."""
    plain = _slots(node)
    for name in _MAPS:
        plain[name] = dict(plain[name])
    plain["pods"] = list(node.pods)
    plain["shutdown"], plain["met"] = list(node.shutdown), list(node.met)
    return plain


def node_from_plain(plain: dict[str, Any]) -> NodeRun:
    """Read a machine that `node_to_plain` wrote, also before it knew of more than memory."""
    node = _fill(NodeRun(), {k: v for k, v in plain.items() if k != "pressed_at"})
    for name in _MAPS:
        setattr(node, name, dict(plain.get(name, ())))
    if plain.get("pressed_at") is not None:
        node.pressed = {"MemoryPressure": plain["pressed_at"]}
    node.pods = dict.fromkeys(plain["pods"])
    node.shutdown, node.met = list(plain.get("shutdown", ())), list(plain.get("met", ()))
    return node  # type: ignore[no-any-return]
