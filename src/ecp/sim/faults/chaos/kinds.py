"""Which objects are faults: their fields, and the faults of the catalogue that each comes to.

Chaos Mesh's kinds have the fields of their CustomResourceDefinitions (api/v1alpha1, 2026-08). The
kinds of sim.ecp-ai.io are made from the catalogue: a kind for what Chaos Mesh has no object for.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from ecp.kube import durations
from ecp.sim.faults.catalogue import FaultRow, Parameter, catalogue
from ecp.sim.faults.chaos.schema import (
    COMMON,
    CONTAINERS,
    MODE,
    OPEN,
    PAIRS,
    PODS,
    SELECTOR,
    TEXT,
    TEXTS,
    TRUTH,
    WHOLE,
    Schema,
    fields,
    merged,
    one_of,
    whole,
    with_default,
)
from ecp.sim.faults.effects import EFFECTS, Blow

CHAOS_MESH: Final = "chaos-mesh.org"
OURS: Final = "sim.ecp-ai.io"
VERSION: Final = "v1alpha1"
GROUPS: Final = (CHAOS_MESH, OURS)
FOREVER: Final = "876000h"
"""The duration of what lasts until its object says otherwise."""

Body = dict[str, Any]
Spec = Mapping[str, Any]


class Unmodelled(ValueError):
    """A field means something that is not simulated; `args` are its path and why."""


class ChaosKind(NamedTuple):
    """One kind of object.

    bodies    the faults that a spec comes to, without their targets; raises Unmodelled
    selects   "container", "pod" or "node": what its selector means; "" = it names its target
    once      whether an action falls once
    refused   why it is not simulated, "" where it is
    """

    group: str
    kind: str
    spec: Schema
    bodies: Callable[[Spec], list[Body]]
    selects: str = "pod"
    once: Callable[[Spec], bool] = lambda spec: False
    refused: str = ""

    @property
    def plural(self) -> str:
        """The last part of its address."""
        return self.kind.lower() if self.group == CHAOS_MESH else f"{self.kind.lower()}s"


def resource_of(kind: ChaosKind) -> str:
    """Return the resource that objects of a kind are stored as."""
    return f"{kind.plural}.{kind.group}"


def bodies_of(kind: ChaosKind, spec: Spec) -> list[Body]:
    """Return the faults of a spec, each with the duration until its object ends it."""
    return [{"duration": FOREVER, **body} for body in kind.bodies(spec)]


# -- reading ---------------------------------------------------------------------------------------


def _ms(text: str | None) -> int:
    return durations.parse(text) // 1_000_000 if text else 0


def _fault(name: str, **parameters: Any) -> Body:
    return {"fault": name, "parameters": {k: v for k, v in parameters.items() if v is not None}}


def _unmodelled(path: str, why: str) -> Unmodelled:
    return Unmodelled(path, why)


def _pod(spec: Spec) -> list[Body]:
    match spec["action"]:
        case "pod-kill":
            return [_fault("pod_kill", grace_period=spec.get("gracePeriod", 0))]
        case "pod-failure":
            return [_fault("pod_failure")]
    return [_fault("container_kill", container=name) for name in spec.get("containerNames") or ()]


def _network(spec: Spec) -> list[Body]:
    if spec.get("externalTargets"):
        raise _unmodelled("spec.externalTargets", "nothing outside the cluster has traffic here")
    found = []
    if spec["action"] == "partition":
        found.append(_fault("network_partition"))
    for part, name, field, read in _LINES:
        given = spec.get(part)
        if given is not None and spec["action"] in (part, "netem"):
            if field not in given:
                raise _unmodelled(f"spec.{part}", f"without {field} it does nothing")
            key, value = read(given[field])
            if part == "delay" and spec.get("direction") == "both":
                value *= 2  # what is asked is late, and so is what is answered
            found.append(_fault(name, **{key: value}))
    if not found:
        raise _unmodelled(f"spec.{spec['action']}", "missing: it says what the action does")
    if spec.get("target"):
        return [{**body, "to": spec["target"]} for body in found]
    return found


_LINES: Final = (
    ("delay", "network_latency", "latency", lambda text: ("latency_ms", _ms(text))),
    ("loss", "network_loss", "loss", lambda text: ("loss_percent", text)),
    ("corrupt", "network_corrupt", "corrupt", lambda text: ("corrupt_percent", text)),
    ("duplicate", "network_duplicate", "duplicate", lambda text: ("duplicate_percent", text)),
    ("bandwidth", "network_bandwidth", "rate", lambda text: ("rate", text)),
    ("rate", "network_bandwidth", "rate", lambda text: ("rate", text)),
)


def _stress(spec: Spec) -> list[Body]:
    if spec.get("stressngStressors"):
        raise _unmodelled("spec.stressngStressors", "use spec.stressors")
    stressors, found = spec.get("stressors") or {}, []
    cpu, memory = stressors.get("cpu"), stressors.get("memory")
    if cpu:
        load = cpu.get("load")
        percent = 100 if load is None else max(load, 1)
        found.append(_fault("cpu_spike", load_percent=percent, workers=cpu["workers"]))
    if memory:
        found.append(_fault("memory_stress", size=memory.get("size") or "100%"))
    return found


def _io(spec: Spec) -> list[Body]:
    percent = spec.get("percent") or 100
    match spec["action"]:
        case "latency":
            return [_fault("io_latency", delay_ms=_ms(spec.get("delay")), percent=percent)]
        case "fault":
            return [_fault("io_error", percent=percent)]
    raise _unmodelled("spec.action", f"{spec['action']} changes what files say, which nobody reads")


def _block(spec: Spec) -> list[Body]:
    return [_fault("io_latency", delay_ms=_ms((spec.get("delay") or {}).get("latency")))]


def _dns(spec: Spec) -> list[Body]:
    return [_fault("dns_failure", patterns=",".join(spec.get("patterns") or ("*",)))]


def _time(spec: Spec) -> list[Body]:
    clocks = spec.get("clockIds") or (_WALL,)
    if not any(clock.startswith(_WALL) for clock in clocks):
        raise _unmodelled("spec.clockIds", f"tokens and certificates are dated by {_WALL} alone")
    return [_fault("clock_skew", offset=spec["timeOffset"])]


_WALL: Final = "CLOCK_REALTIME"


def _http(spec: Spec) -> list[Body]:
    for field, every in _ALL_REQUESTS.items():
        if spec.get(field) and spec[field] not in every:
            raise _unmodelled(f"spec.{field}", "requests are told apart by their port alone")
    found, port = [], spec.get("port") or None
    if spec.get("abort"):
        found.append(_fault("http_errors", port=port))
    if spec.get("delay"):
        found.append(_fault("http_delay", latency_ms=_ms(spec["delay"]), port=port))
    code = (spec.get("replace") or {}).get("code")
    if code is not None and code >= _BAD:
        found.append(_fault("http_errors", port=port))
    if not found:
        raise _unmodelled("spec", "only abort, delay and replace.code from 400 on have an effect")
    return found


_BAD: Final = 400
# Fields that choose among requests, and what of them means all.
_ALL_REQUESTS: Final[Mapping[str, tuple[Any, ...]]] = {
    "path": ("*", "/*"),
    "method": ("*",),
    "code": (200,),
    "request_headers": (),
    "response_headers": (),
}


def _machine(field: str, restarts: tuple[str, ...], stops: tuple[str, ...]) -> Callable[
    [Spec], list[Body]
]:  # fmt: skip
    def bodies(spec: Spec) -> list[Body]:
        if spec["action"] not in (*restarts, *stops):
            raise _unmodelled("spec.action", "disks that are taken away are not simulated")
        lasts = {"duration": RESTART} if spec["action"] in restarts else {}
        return [{**_fault("node_down"), "target": f"node/{spec[field]}", **lasts}]

    return bodies


RESTART: Final = "2m"
"""How long a machine takes that is restarted. Assumed."""


def _nothing(spec: Spec) -> list[Body]:
    return []


# -- Chaos Mesh ------------------------------------------------------------------------------------


def _rated(name: str) -> Schema:
    return fields((name,), **{name: TEXT, "correlation": TEXT})


_DELAY: Final = fields(
    ("latency",),
    latency=TEXT,
    correlation=TEXT,
    jitter=TEXT,
    reorder=fields(("gap", "reorder"), reorder=TEXT, correlation=TEXT, gap=WHOLE),
)
_NETWORK: Final = fields(
    ("action",),
    action=one_of("netem", "delay", "loss", "duplicate", "corrupt", "partition", "bandwidth"),
    device=TEXT,
    direction=with_default(one_of("to", "from", "both"), "to"),
    target=PODS,
    targetDevice=TEXT,
    externalTargets=TEXTS,
    delay=_DELAY,
    loss=_rated("loss"),
    duplicate=_rated("duplicate"),
    corrupt=_rated("corrupt"),
    rate=fields(("rate",), rate=TEXT),
    bandwidth=fields(
        ("buffer", "limit", "rate"),
        rate=TEXT,
        limit=whole(1),
        buffer=whole(1),
        peakrate=whole(0),
        minburst=whole(0),
    ),
)
_STRESS: Final = fields(
    stressngStressors=TEXT,
    stressors=fields(
        cpu=fields(("workers",), workers=whole(0, 8192), load=whole(0, 100), options=TEXTS),
        memory=fields(
            ("workers",),
            workers=whole(0, 8192),
            size=TEXT,
            oomScoreAdj=with_default(whole(-1000, 1000), 0),
            options=TEXTS,
        ),
    ),
)
_HTTP: Final = fields(
    ("target",),
    target=one_of("Request", "Response"),
    abort=TRUTH,
    delay=TEXT,
    replace=fields(path=TEXT, method=TEXT, code=WHOLE, body=TEXT, queries=PAIRS, headers=PAIRS),
    patch=OPEN,
    port=WHOLE,
    path=TEXT,
    method=TEXT,
    code=WHOLE,
    request_headers=PAIRS,
    response_headers=PAIRS,
    tls=OPEN,
)
_IO: Final = fields(
    ("action", "volumePath"),
    action=one_of("latency", "fault", "attrOverride", "mistake"),
    delay=TEXT,
    errno=WHOLE,
    attr=OPEN,
    mistake=OPEN,
    path=TEXT,
    methods=TEXTS,
    percent=with_default(WHOLE, 100),
    volumePath=TEXT,
)


def _falls_once(spec: Spec) -> bool:
    return spec.get("action") in ("pod-kill", "container-kill")


def _mesh(kind: str, spec: Schema, bodies: Callable[[Spec], list[Body]], selects: str) -> ChaosKind:
    target = {"container": CONTAINERS, "pod": PODS, "": fields()}[selects]
    whole_spec = merged(target, spec, COMMON)
    return ChaosKind(CHAOS_MESH, kind, whole_spec, bodies, selects, _falls_once)


def _refused(kind: str, why: str) -> ChaosKind:
    return ChaosKind(CHAOS_MESH, kind, OPEN, _nothing, refused=why)


_CLOUDS: Final = (
    _mesh(
        "AWSChaos",
        fields(
            ("action", "awsRegion", "ec2Instance"),
            action=one_of("ec2-stop", "ec2-restart", "detach-volume"),
            secretName=TEXT, endpoint=TEXT, awsRegion=TEXT, ec2Instance=TEXT, volumeID=TEXT,
            deviceName=TEXT,
        ),
        _machine("ec2Instance", ("ec2-restart",), ("ec2-stop",)),
        "",
    ),
    _mesh(
        "GCPChaos",
        fields(
            ("action", "instance", "project", "zone"),
            action=one_of("node-stop", "node-reset", "disk-loss"),
            secretName=TEXT, project=TEXT, zone=TEXT, instance=TEXT, deviceNames=TEXTS,
        ),
        _machine("instance", ("node-reset",), ("node-stop",)),
        "",
    ),
    _mesh(
        "AzureChaos",
        fields(
            ("action", "resourceGroupName", "subscriptionID", "vmName"),
            action=one_of("vm-stop", "vm-restart", "disk-detach"),
            subscriptionID=TEXT, resourceGroupName=TEXT, vmName=TEXT, diskName=TEXT, lun=WHOLE,
            secretName=TEXT,
        ),
        _machine("vmName", ("vm-restart",), ("vm-stop",)),
        "",
    ),
)  # fmt: skip

_MESH: Final = (
    _mesh(
        "PodChaos",
        fields(
            ("action",),
            action=one_of("pod-kill", "pod-failure", "container-kill"),
            gracePeriod=whole(0),
        ),
        _pod,
        "container",
    ),
    _mesh("NetworkChaos", _NETWORK, _network, "pod"),
    _mesh("StressChaos", _STRESS, _stress, "container"),
    _mesh("IOChaos", _IO, _io, "container"),
    _mesh(
        "BlockChaos",
        fields(
            ("action", "volumeName"),
            action=one_of("delay"),
            delay=fields(latency=TEXT, correlation=TEXT, jitter=TEXT),
            volumeName=TEXT,
        ),
        _block,
        "container",
    ),
    _mesh(
        "DNSChaos",
        fields(("action",), action=one_of("error", "random"), patterns=TEXTS),
        _dns,
        "container",
    ),
    _mesh(
        "TimeChaos", fields(("timeOffset",), timeOffset=TEXT, clockIds=TEXTS), _time, "container"
    ),
    _mesh("HTTPChaos", _HTTP, _http, "pod"),
    *_CLOUDS,
    _refused("KernelChaos", "failures inside the kernel are not simulated"),
    _refused("JVMChaos", "what happens inside a Java process is not simulated"),
    _refused("PhysicalMachineChaos", "there are no machines beside the cluster's own nodes"),
)


# -- ours ------------------------------------------------------------------------------------------


def camel(name: str) -> str:
    """Return a parameter's name as a field: load_percent gives loadPercent."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _field(parameter: Parameter) -> Schema:
    if parameter.type == "integer":
        return whole(parameter.least, parameter.most)
    if parameter.type == "truth":
        return TRUTH
    return one_of(*parameter.among) if parameter.among else TEXT


def _own(kind: str, rows: list[FaultRow]) -> ChaosKind:
    """Return the kind that stands for some rows of the catalogue, told apart by their action."""
    place = rows[0].target
    said = {camel(name): _field(one) for row in rows for name, one in row.takes.items()}
    actions = [row.chaos.action for row in rows if row.chaos.action]
    if actions:
        said["action"] = one_of(*actions)
    selects = place if place in ("node", "pod") else "pod" if place == "workload" else ""
    if selects:
        said |= {"selector": SELECTOR, "mode": MODE, "value": TEXT}
    said |= {"target": TEXT, **({place: TEXT} if not selects else {})}

    def row_of(spec: Spec) -> FaultRow:
        return next((r for r in rows if r.chaos.action == spec.get("action", "")), rows[0])

    def bodies(spec: Spec) -> list[Body]:
        row = row_of(spec)
        given = {n: spec[camel(n)] for n in row.takes if camel(n) in spec}
        body = _fault(row.name, **given)
        if "ramp_up" in row.takes:
            wave = given.get("shape") == "sine" or given.get("ramp_down")
            if wave and not spec.get("duration"):
                raise _unmodelled("spec.duration", "missing: a wave and a decay need an end")
            body |= {"duration": spec["duration"]} if spec.get("duration") else {}
        target = spec.get("target") or spec.get(place)
        return [{**body, "target": target} if target else body]

    def once(spec: Spec) -> bool:
        return isinstance(EFFECTS[row_of(spec).effect], Blow)

    required = ("action",) if len(actions) == len(rows) else ()
    return ChaosKind(OURS, kind, merged(fields(required, **said), COMMON), bodies, selects, once)


def _ours() -> Iterator[ChaosKind]:
    mesh = {kind.kind for kind in _MESH}
    by_kind: dict[str, list[FaultRow]] = {}
    for row in catalogue().values():
        if row.chaos.kind not in mesh:
            by_kind.setdefault(row.chaos.kind, []).append(row)
    for kind, rows in sorted(by_kind.items()):
        yield _own(kind, rows)


KINDS: Final[Mapping[str, ChaosKind]] = {kind.kind: kind for kind in (*_MESH, *_ours())}
"""Every kind that is a fault, by name."""
BY_RESOURCE: Final[Mapping[str, ChaosKind]] = {resource_of(one): one for one in KINDS.values()}
