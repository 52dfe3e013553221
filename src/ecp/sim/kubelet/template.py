"""A pod's spec, taken apart once: what every pod of one template shares.

Annotations with the prefix `sim.ecp-ai.io/` override what the image facts say; a suffix
`.{container}` restricts one to a container:

| annotation | value | says |
|---|---|---|
| image-size | quantity of bytes, "350M" | what a node downloads |
| image-missing | "true" | no registry has the image |
| image-private | "true" | its registry gives it to nobody without credentials (imagePullSecrets) |
| image-user | "0", "101", "nobody" | as whom the image runs |
| start-after | duration | from the start of the process until it listens |
| ready-after | duration | from its start until its readiness probe answers |
| never-ready | "true" | its readiness probe never answers |
| exit-after, exit-code | duration, number | it ends by itself |
| cpu | quantity | what it takes of a CPU at rest |
| memory, memory-growth | quantity, quantity an hour | its working set |
| disk, disk-growth | quantity, quantity an hour | what it writes, logs included |
| files, files-growth | number, number an hour | files that it has made |
| processes, processes-growth | number, number an hour | processes and threads that it has |
| stop-after | duration or "never" | from SIGTERM to its end |
| drains | "true" or "false" | after SIGTERM it stays until its calls are over |

A suffix `.{volume}` names the emptyDir that `volume` and `volume-growth` speak of: what it holds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ecp.kube import quantity, sizes
from ecp.kube.durations import parse as duration
from ecp.sim.kubelet import security
from ecp.sim.kubelet.fitting import Door, door_of
from ecp.sim.kubelet.hooks import Hook, hook_of, port_of
from ecp.sim.kubelet.hostpaths import HostPath, host_paths
from ecp.sim.kubelet.timing import Timing
from ecp.sim.kubelet.writes import Disk, writes_of
from ecp.sim.store import Obj
from ecp.sim.world.records import Takes
from ecp.workloads.commands import Ends, ends
from ecp.workloads.images import (
    ImageFacts,
    InvalidImageName,
    facts,
    full_name,
    generic,
    image_id,
)

PREFIX = "sim.ecp-ai.io/"
_SECOND = 1_000_000_000
_HOUR = 3600 * _SECOND
# A program that finds its configuration wanting says so and ends.
FAILS_AT_ONCE = 300_000_000
_KINDS = ("startup", "readiness", "liveness")
_LISTS = {
    "app": "containers",
    "ephemeral": "ephemeralContainers",
    "init": "initContainers",
    "sidecar": "initContainers",
}


@dataclass(frozen=True, slots=True)
class ProbeSpec:
    """One probe; times in ns. `port` None = it names a port that the container lacks, in `where`.

    `where` is what its messages put in front of the cause: the URL, the address or the command,
    with `{ip}` for the pod's address. `ends` is what is known of a command: None = it succeeds.
    """

    kind: str
    handler: str  # "http" | "tcp" | "grpc" | "exec"
    port: int | None
    where: str
    delay: int
    period: int
    timeout: int
    success: int
    failure: int
    grace: int | None
    ends: Ends | None


@dataclass(frozen=True, slots=True)
class Reference:
    """An object that a container's environment or a volume needs. `key` "" = the whole object."""

    resource: str  # "configmaps" | "secrets"
    name: str
    key: str = ""
    volume: str = ""


@dataclass(frozen=True, slots=True)
class Wants:
    """Variables of which a program needs one, and the objects whose keys become its variables.

    `sources` are (resource, name, prefix).
    """

    names: tuple[str, ...]
    exit_code: int
    sources: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """One container; times in ns, sizes in bytes.

    `exits` is when it ends by itself after its start (None: never), `memory_limit` None = none.
    `oom_after` is when its memory passes the limit. `ready_after` None = as soon as it listens,
    -1 = never. `bad_image` is the kubelet's message about an impossible image name, `bad_user`
    about a user that the pod forbids.
    `restarts` is its own restart policy, else its pod's, and `rules` its own: whether the exit code
    is one of these, and what is done then. `restarted_for` are resources for whose other size it is
    started anew.
    `wants` is what it needs of the objects whose keys are its variables, None = nothing.
    `shown` and `ran` are the parts of its status that never change, before and after its start.
    """

    name: str
    role: str
    image: str
    image_key: str
    policy: str
    facts: ImageFacts
    ports: tuple[int, ...]
    exits: int | None
    exit_code: int
    memory_limit: int | None
    oom_after: int | None
    takes: Takes
    ready_after: int | None
    probes: tuple[ProbeSpec, ...]
    needs: tuple[Reference, ...]
    post_start: Hook | None
    pre_stop: Hook | None
    bad_image: str
    bad_user: str
    field_path: str
    shown: Mapping[str, Any]
    ran: Mapping[str, Any]
    resources: Mapping[str, Any]
    restarted_for: tuple[str, ...]
    restarts: str
    rules: tuple[tuple[bool, frozenset[int], str], ...]
    has_startup: bool
    has_readiness: bool
    wants: Wants | None


@dataclass(frozen=True, slots=True)
class PodTemplate:
    """What the kubelet must know of a pod's spec. `requests` in milli units, "pods" included.

    `containers` are those of initContainers, of which there are `init_count`, then containers and
    ephemeral ones. `complaints` are annotations that could not be understood; they are ignored.
    `sizes` are what its status says of its sizes: what is allocated, what it has before it runs,
    and while. `disk` is what is known of what it writes, `most_memory` what its memory can come to
    (None: anything). `may_end`: a container may end for good, and the pod with it. `may_renew`: the
    end of one may start them all anew.
    """

    containers: tuple[ContainerSpec, ...]
    init_count: int
    mounts: tuple[Reference, ...]
    grace: int
    host_network: bool
    requests: Mapping[str, int]
    complaints: tuple[str, ...]
    deadline: int | None
    may_end: bool
    may_renew: bool
    door: Door
    runtime_class: str
    host_paths: tuple[HostPath, ...]
    sizes: Mapping[str, Any]
    disk: Disk | None
    most_memory: int | None
    pull_secrets: tuple[str, ...]


def build(pod: Obj, timing: Timing) -> PodTemplate:
    """Take *pod*'s spec apart."""
    spec = pod["spec"]
    policy = spec.get("restartPolicy", "Always")
    notes = Notes(pod["metadata"].get("annotations") or {})
    containers = []
    for raw in spec.get("initContainers") or ():
        role = "sidecar" if raw.get("restartPolicy") == "Always" else "init"
        containers.append(_container(raw, role, policy, spec, notes, timing))
    init_count = len(containers)
    for field, role in (("containers", "app"), ("ephemeralContainers", "ephemeral")):
        containers += [
            _container(raw, role, policy, spec, notes, timing) for raw in spec.get(field) or ()
        ]
    _bound_together(containers, spec)
    seconds = spec.get("activeDeadlineSeconds")
    return PodTemplate(
        tuple(containers),
        init_count,
        tuple(_mounts(spec)),
        spec.get("terminationGracePeriodSeconds", 30) * _SECOND,
        bool(spec.get("hostNetwork")),
        _requests(spec),
        tuple(notes.complaints),
        seconds * _SECOND if seconds else None,
        any(one.restarts != "Always" for one in containers if one.role in ("app", "init")),
        any(action == "RestartAllContainers" for one in containers for *_, action in one.rules),
        door_of(pod),
        spec.get("runtimeClassName") or "",
        host_paths(spec),
        _sizes(spec),
        writes_of(spec, notes) if notes else None,
        _most_memory(containers, spec),
        tuple(one.get("name", "") for one in spec.get("imagePullSecrets") or ()),
    )


def _sizes(spec: Obj) -> dict[str, Any]:
    """Return the parts of a pod's status that say what it has of its node.

    Once the pod runs they are read from its cgroup, which knows CPU and memory.
    Source: kubernetes pkg/kubelet/kubelet_pods.go (convertToAPIPodLevelResourcesStatus).
    """
    asked = {field: sizes.written(spec, field) for field in ("requests", "limits")}
    held = {
        field: {name: text for name, text in rows.items() if name in ("cpu", "memory")}
        for field, rows in asked.items()
    }
    return {
        "allocated": asked["requests"],
        "pending": {field: rows for field, rows in asked.items() if rows},
        "running": {field: rows for field, rows in held.items() if rows},
    }


def _most_memory(containers: Sequence[ContainerSpec], spec: Obj) -> int | None:
    """Return what the pod's memory can come to at rest, in bytes; None = nothing bounds it."""
    bound = _limit_of({}, spec, "memory")
    if bound is not None:
        return quantity.value(bound)
    total = 0
    for one in containers:
        if one.role == "init":
            continue
        if one.memory_limit is None and one.facts.growth:
            return None
        total += one.facts.memory if one.memory_limit is None else one.memory_limit
    return total


def _bound_together(containers: list[ContainerSpec], spec: Obj) -> None:
    """Let the memory limit of the whole pod end the container that takes most of it."""
    bound = _limit_of({}, spec, "memory")
    together = [one for one in containers if one.role in ("app", "sidecar")]
    if bound is None or len(together) < 2:
        return
    room = quantity.value(bound) - sum(one.facts.memory for one in together)
    growth = sum(one.facts.growth for one in together)
    if room >= 0 and growth <= 0:
        return
    most = max(together, key=lambda one: (one.facts.growth, one.facts.memory))
    after = most.facts.start + (room * _HOUR // growth if room > 0 else 0)
    if most.oom_after is None or after < most.oom_after:
        containers[containers.index(most)] = replace(most, oom_after=after)


def _limit_of(raw: Obj, spec: Obj, resource: str) -> Any:
    """Return a container's limit: its own, else that of its whole pod; None = none.

    Source: kubernetes pkg/kubelet/util/util.go (GetLimits).
    """
    for resources in (raw.get("resources"), spec.get("resources")):
        limit = ((resources or {}).get("limits") or {}).get(resource)
        if limit is not None:
            return limit
    return None


def _requests(spec: Obj) -> dict[str, int]:
    """Return what the pod asks of its node, in milli units; it takes one of "pods"."""
    asked = sizes.requests(spec)
    found = {name: value if name == "cpu" else 1000 * value for name, value in asked.items()}
    return {**found, "pods": 1000}


class Notes:
    """The pod's overriding annotations, read with complaints instead of errors."""

    def __init__(self, annotations: Mapping[str, str]) -> None:
        self._notes = {
            name[len(PREFIX) :]: text
            for name, text in annotations.items()
            if name.startswith(PREFIX)
        }
        self.complaints: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._notes)

    def text(self, name: str, container: str) -> str | None:
        return self._notes.get(f"{name}.{container}", self._notes.get(name))

    def read(self, name: str, container: str, parse: Any) -> Any:
        """Return the parsed value, or None where it is absent or wrong."""
        text = self.text(name, container)
        if text is None:
            return None
        try:
            return parse(text)
        except ValueError as error:
            complaint = f"annotation {PREFIX}{name} is ignored: {error}"
            if complaint not in self.complaints:
                self.complaints.append(complaint)
            return None


def _yes(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f'{text!r} is neither "true" nor "false"')
    return text == "true"


def _stop(text: str) -> int:
    return -1 if text == "never" else duration(text)


def _container(
    raw: Obj, role: str, restart_policy: str, spec: Obj, notes: Notes, timing: Timing
) -> ContainerSpec:
    name, image = raw["name"], raw.get("image", "")
    bad = ""
    try:
        known, shown_image, ran_id = facts(image), full_name(image), image_id(image)
    except InvalidImageName as error:
        known, shown_image, ran_id = generic(), image, ""
        bad = f'Failed to apply default image tag "{image}": {error}'
    declared = tuple(port["containerPort"] for port in raw.get("ports") or ())
    probes = tuple(_probes(raw))
    ports = known.ports
    if ports is None:
        # Ports are information only: whose image nobody knows and who declares none is taken to
        # listen where its probes ask.
        asked = dict.fromkeys(probe.port for probe in probes if probe.port is not None)
        ports = declared or tuple(asked)
    exits, code, stop = _run(raw, role, restart_policy, known, ports, timing)
    if stop != known.stop:
        known = replace(known, stop=stop)
    ready_after: int | None = None
    if notes:
        known, exits, code, ready_after = _override(known, exits, code, name, notes)
    limit = _limit_of(raw, spec, "memory")
    shown, ran = _constant_status(raw, image, shown_image, ran_id)
    ran["user"] = security.user(raw, spec, known.user)
    return ContainerSpec(
        name,
        role,
        image,
        shown_image,
        _pull_policy(raw, shown_image),
        known,
        ports,
        exits,
        code,
        None if limit is None else quantity.value(limit),
        _oom_after(known, limit),
        _takes(known, raw, spec),
        ready_after,
        probes,
        tuple(_environment(raw)),
        hook_of(raw, "postStart"),
        hook_of(raw, "preStop"),
        bad,
        security.refusal(raw, spec, known.user),
        f"spec.{_LISTS[role]}{{{name}}}",
        shown,
        ran,
        raw.get("resources") or {},
        tuple(
            one["resourceName"]
            for one in raw.get("resizePolicy") or ()
            if one["restartPolicy"] == "RestartContainer"
        ),
        raw.get("restartPolicy") or restart_policy,
        tuple(_rules(raw)),
        any(p.kind == "startup" for p in probes),
        any(p.kind == "readiness" for p in probes),
        _wants(raw, known),
    )


def _wants(raw: Obj, known: ImageFacts) -> Wants | None:
    """Return what a program needs that only its start can show: its variables come from objects."""
    given = {entry["name"] for entry in raw.get("env") or ()}
    if not known.needs_env or not raw.get("envFrom") or given.intersection(known.needs_env):
        return None
    return Wants(known.needs_env, known.exit_code or 1, tuple(_sources(raw)))


def _sources(raw: Obj) -> Iterator[tuple[str, str, str]]:
    for source in raw.get("envFrom") or ():
        for field, resource in (("configMapRef", "configmaps"), ("secretRef", "secrets")):
            if source.get(field):
                yield resource, source[field]["name"], source.get("prefix") or ""


def _run(
    raw: Obj,
    role: str,
    restart_policy: str,
    known: ImageFacts,
    ports: tuple[int, ...],
    timing: Timing,
) -> tuple[int | None, int, int | None]:
    """Return (ends after, exit code, time from SIGTERM to the end) of the container's process."""
    given = {entry["name"] for entry in raw.get("env") or ()}
    if known.needs_env and not raw.get("envFrom") and not given.intersection(known.needs_env):
        return FAILS_AT_ONCE, known.exit_code or 1, known.stop
    command = list(raw.get("command") or ())
    argv = command or list(raw.get("args") or ())
    told = ends(command + list(raw.get("args") or ()) if command else argv)
    if told is not None:
        # A shell or sleep as the first process of a container has no handler for SIGTERM.
        return told.after, told.code, None
    if not argv and known.exits_bare is not None and not raw.get("stdin"):
        return known.exits_bare, known.exit_code, known.stop
    if known.exits is not None:
        return known.exits, known.exit_code, known.stop
    if role == "init":
        return timing.init_run, 0, known.stop
    if role == "app" and restart_policy != "Always" and not ports:
        return timing.job_run, 0, known.stop
    return None, 0, known.stop


def _override(
    known: ImageFacts, exits: int | None, code: int, name: str, notes: Notes
) -> tuple[ImageFacts, int | None, int, int | None]:
    changes: dict[str, Any] = {}
    for field, note, parse in (
        ("size", "image-size", quantity.value),
        ("missing", "image-missing", _yes),
        ("private", "image-private", _yes),
        ("user", "image-user", str),
        ("start", "start-after", duration),
        ("cpu", "cpu", quantity.nano),
        ("memory", "memory", quantity.value),
        ("growth", "memory-growth", quantity.value),
        ("stop", "stop-after", _stop),
        ("drains", "drains", _yes),
    ):
        value = notes.read(note, name, parse)
        if value is not None:
            changes[field] = None if field == "stop" and value == -1 else value
    after = notes.read("exit-after", name, duration)
    if after is not None:
        exits = after
    given = notes.read("exit-code", name, int)
    if given is not None:
        code = given & 255
    ready_after = notes.read("ready-after", name, duration)
    if notes.read("never-ready", name, _yes):
        ready_after = -1
    return replace(known, **changes), exits, code, ready_after


def _oom_after(known: ImageFacts, limit: Any) -> int | None:
    """Return when the working set passes the memory limit, ns after the start; None = never."""
    if limit is None:
        return None
    room = quantity.value(limit) - known.memory
    if room < 0:
        return known.start
    if known.growth <= 0:
        return None
    return known.start + room * _HOUR // known.growth


def _takes(known: ImageFacts, raw: Obj, spec: Obj) -> Takes:
    """Return what it takes at rest; never more memory than its limit."""
    asked = (raw.get("resources") or {}).get("requests") or {}
    limit = _limit_of(raw, spec, "memory")
    memory = known.memory if limit is None else min(known.memory, quantity.value(limit))
    most = quantity.milli(_limit_of(raw, spec, "cpu") or asked.get("cpu") or 1)
    return Takes(
        min(known.cpu, most * 1_000_000),
        memory,
        known.growth,
        known.start,
        quantity.milli(asked.get("cpu", 0)),
        quantity.value(asked.get("memory", 0)),
        most,
    )


def _pull_policy(raw: Obj, image: str) -> str:
    given = raw.get("imagePullPolicy")
    if given:
        return str(given)
    return "Always" if image.endswith(":latest") else "IfNotPresent"


def _probes(raw: Obj) -> Iterator[ProbeSpec]:
    for kind in _KINDS:
        probe = raw.get(f"{kind}Probe")
        if probe is None:
            continue
        handler, port, where = _handler(probe, raw)
        grace = probe.get("terminationGracePeriodSeconds")
        yield ProbeSpec(
            kind,
            handler,
            port,
            where,
            (probe.get("initialDelaySeconds") or 0) * _SECOND,
            (probe.get("periodSeconds") or 10) * _SECOND,
            (probe.get("timeoutSeconds") or 1) * _SECOND,
            probe.get("successThreshold") or 1,
            probe.get("failureThreshold") or 3,
            grace * _SECOND if grace is not None else None,
            ends([str(word) for word in (probe.get("exec") or {}).get("command") or ()]),
        )


def _handler(probe: Obj, raw: Obj) -> tuple[str, int | None, str]:
    if "httpGet" in probe:
        get = probe["httpGet"]
        port = port_of(get["port"], raw)
        if port is None:
            return "http", None, str(get["port"])
        scheme = get.get("scheme", "HTTP").lower()
        path = get.get("path") or "/"
        if not path.startswith("/"):
            path = f"/{path}"
        host = get.get("host") or "{ip}"
        return "http", port, f"{scheme}://{host}:{port}{path}"
    if "tcpSocket" in probe:
        port = port_of(probe["tcpSocket"]["port"], raw)
        if port is None:
            return "tcp", None, str(probe["tcpSocket"]["port"])
        return "tcp", port, f"{probe['tcpSocket'].get('host') or '{ip}'}:{port}"
    if "grpc" in probe:
        return "grpc", probe["grpc"]["port"], f"{{ip}}:{probe['grpc']['port']}"
    command = (probe.get("exec") or {}).get("command") or []
    return "exec", None, " ".join(str(word) for word in command)


def _rules(raw: Obj) -> Iterator[tuple[bool, frozenset[int], str]]:
    for rule in raw.get("restartPolicyRules") or ():
        codes = rule.get("exitCodes")
        if codes is not None:
            values = frozenset(codes.get("values") or ())
            yield codes["operator"] == "In", values, rule["action"]


def _environment(raw: Obj) -> Iterator[Reference]:
    for source in raw.get("envFrom") or ():
        for field, resource in (("configMapRef", "configmaps"), ("secretRef", "secrets")):
            reference = source.get(field)
            if reference and not reference.get("optional"):
                yield Reference(resource, reference["name"])
    for entry in raw.get("env") or ():
        source = entry.get("valueFrom") or {}
        for field, resource in (("configMapKeyRef", "configmaps"), ("secretKeyRef", "secrets")):
            reference = source.get(field)
            if reference and not reference.get("optional"):
                yield Reference(resource, reference["name"], reference["key"])


def _mounts(spec: Obj) -> Iterator[Reference]:
    for volume in spec.get("volumes") or ():
        name = volume["name"]
        sources = [volume, *((volume.get("projected") or {}).get("sources") or ())]
        for source in sources:
            config, secret = source.get("configMap"), source.get("secret")
            # The root certificate is published beside every namespace; nobody waits for it.
            if config and not config.get("optional") and config["name"] != "kube-root-ca.crt":
                for key in _keys(config):
                    yield Reference("configmaps", config["name"], key, name)
            if secret and not secret.get("optional"):
                wanted = secret.get("secretName") or secret.get("name")
                for key in _keys(secret) if wanted else ():
                    yield Reference("secrets", wanted, key, name)


def _keys(source: Obj) -> list[str]:
    """Return the keys that a volume names, "" = it takes all that there are."""
    return [item["key"] for item in source.get("items") or ()] or [""]


def _constant_status(
    raw: Obj, image: str, shown_image: str, ran_id: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the unchanging parts of its container status: before its first start, and after."""
    shown: dict[str, Any] = {"name": raw["name"], "image": image, "imageID": ""}
    mounts = []
    for mount in raw.get("volumeMounts") or ():
        row: dict[str, Any] = {"name": mount["name"], "mountPath": mount["mountPath"]}
        if mount.get("readOnly"):
            row["readOnly"] = True
            row["recursiveReadOnly"] = "Disabled"
        mounts.append(row)
    if mounts:
        shown["volumeMounts"] = mounts
    resources = raw.get("resources") or {}
    ran = {
        **shown,
        "image": shown_image,
        "imageID": ran_id,
        "resources": resources,
    }
    if resources.get("requests"):
        ran["allocatedResources"] = resources["requests"]
    return shown, ran
