"""A tenant's live objects are looked at: all of them, one of them, its log, what it uses."""

import asyncio
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson

from ecp.edge.problems import Problem
from ecp.kube import quantity
from ecp.kube.selectors import InvalidSelector, Selector, parse_labels
from ecp.kube.times import rfc3339
from ecp.kube.yamlwriter import dump
from ecp.orchestrator.ports import ClusterRefused, ClusterUnreachable, House, NotServed
from ecp.orchestrator.records import Mode, Obj
from ecp.orchestrator.resources import choosing, model
from ecp.orchestrator.resources.looking import Look, answered, look
from ecp.orchestrator.resources.model import Node
from ecp.orchestrator.resources.printing import group_json, narrowed, node_json
from ecp.orchestrator.together import together
from ecp.texts import Language

MOST_PODS: Final = 20
"""Whose logs are read at once."""
_AT_ONCE: Final = 8


def selected(selector: str) -> Selector | None:
    """Return a label selector, None for "". Raises Problem 422."""
    if not selector:
        return None
    try:
        return parse_labels(selector)
    except InvalidSelector as error:
        raise Problem(
            422, "INVALID_SELECTOR", "setting.bad", field="selector", detail=str(error)
        ) from error


class Page(NamedTuple):
    """Which of the objects that match are told, and how.

    sort     a field, `-` before it: descending; "": in the order in which they are drawn
    around   an id: that object between its two neighbours
    grouped  many leaves of one owner as one group
    """

    sort: str = ""
    skip: int = 0
    limit: int | None = None
    around: str = ""
    grouped: bool = False
    fields: tuple[str, ...] = ()


async def resources(
    house: House,
    mode: Mode,
    tenant_id: str,
    language: Language,
    wish: choosing.Wish,
    page: Page,
    *,
    anew: bool = False,
    within_s: float | None = None,
) -> bytes:
    """Return the tenant's objects and what links them, as JSON. Raises Problem."""
    seen = await look(house, mode, tenant_id, anew=anew, within_s=within_s)
    evidence = "measured" if house.target(mode).real else "simulated"

    def told() -> bytes:
        nodes = seen.drawn.nodes
        reason = _reasons(seen, language)
        matched = choosing.matching(nodes, wish, reason)
        problems = [node for node in matched if node.problem]
        chosen = problems if wish.problems else matched
        if page.sort:
            chosen = choosing.ordered(chosen, page.sort, reason)
        rows, skip = choosing.paged(chosen, page.skip, page.limit, page.around)
        alone, groups, stands = choosing.gathered(rows, nodes) if page.grouped else (rows, [], {})
        owners = choosing.above(alone, groups, nodes) if page.grouped else []
        ids = {node.id for node in (*alone, *owners)}

        def shown(some: Iterable[Node]) -> list[Any]:
            return [narrowed(node_json(node, reason(node)), page.fields) for node in some]

        body = {
            "tenant_id": tenant_id,
            "namespaces": sorted({node.namespace for node in nodes if node.namespace}),
            "revision": seen.revision,
            "evidence": evidence,
            "nodes": shown(alone),
            "owners": shown(owners),
            "groups": [group_json(group, reason) for group in groups],
            "edges": [
                {"source": source, "target": target, "type": word}
                for source, target, word in choosing.joined(seen.drawn.edges, ids, stands)
            ],
            "total": len(nodes),
            "matched": len(chosen),
            "problems": len(problems),
            "skip": skip,
            "kinds": _counted(node.kind for node in nodes),
            "health": _counted(node.health.state for node in nodes if node.health is not None),
            "sync": _counted(node.sync for node in nodes),
            "unread": [
                {"kind": kind, "message": message}
                for kind, message in sorted(seen.surveyed.missing.items())
            ],
            "reading": seen.surveyed.reading,
        }
        return orjson.dumps(body)

    other = (tuple(seen.surveyed.missing.items()), tuple(seen.surveyed.reading), seen.revision)
    key = (*wish, *page, language, *other)
    return await seen.kept.answer(seen.drawn, key, told)


def _counted(words: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for word in words:
        found[word] = found.get(word, 0) + 1
    return found


def _reasons(seen: Look, language: Language) -> choosing.Reason:
    """Return what tells why a node stands as it does; what was found out is kept."""
    # Loaded when first asked for: it needs the rehearsal's rooms.
    from ecp.orchestrator.resources import explaining

    same = seen.drawn is seen.kept.drawn
    known = seen.kept.reasons.setdefault(language, {}) if same else {}
    read: list[explaining.Seen] = seen.kept.read if same else []
    objects = seen.drawn.objects

    def reason(node: Node) -> str:
        if node.health is None or not node.health.why:
            return ""
        found = known.get(node.id)
        if found is None:
            if not read:
                read.append(explaining.Seen(seen.surveyed.objects))
            found = explaining.reason(node, objects.get(node.id), read[0], language)
            known[node.id] = found
        return found

    return reason


# -- one object -----------------------------------------------------------------------------------


class Sought(NamedTuple):
    """Which object is meant; namespace and apiVersion only where several have the name."""

    kind: str
    name: str
    namespace: str = ""
    api_version: str = ""


def found(seen: Look, sought: Sought) -> Node:
    """Return the node that is meant. Raises Problem 404, 409 where several may be meant."""
    kinds = {sought.kind.lower(), sought.kind.lower().removesuffix("s")}
    rows = [
        node
        for node in seen.drawn.nodes
        if node.name == sought.name
        and (node.kind.lower() in kinds or f"{node.kind.lower()}s" in kinds)
        and (not sought.namespace or node.namespace == sought.namespace)
        and (not sought.api_version or node.api_version == sought.api_version)
    ]
    if not rows:
        raise Problem(
            404, "RESOURCE_NOT_FOUND", "resources.not-found",
            kind=sought.kind, name=sought.name, tenant=seen.tenant.tenant_id,
        )  # fmt: skip
    if len(rows) > 1:
        where = [
            {
                "field": "query",
                "message": f"namespace={node.namespace}&apiVersion={node.api_version}",
            }
            for node in rows
        ]
        raise Problem(
            409, "RESOURCE_AMBIGUOUS", "resources.ambiguous", where,
            kind=sought.kind, name=sought.name,
        )  # fmt: skip
    return rows[0]


async def detail(
    house: House, mode: Mode, tenant_id: str, sought: Sought, language: Language
) -> dict[str, Any]:
    """Return one object: its node, why it stands so, its YAML, conditions and Events."""
    seen = await look(house, mode, tenant_id)
    node = found(seen, sought)
    obj: Obj | None = None
    events: list[Obj] = []
    if node.uid is not None or node.kind == "Node":
        try:
            obj = await answered(house.cluster(mode).found(model.ref_of(node)))
        except NotServed:
            obj = None
        surveying = house.surveying(mode)
        space = node.namespace or ("default" if node.kind in ("Node", "Namespace") else "")
        if space:
            events = await answered(surveying.events(space, node.uid or "", node.name))
    return await asyncio.to_thread(_told, seen, node, obj, events, language)


def _told(
    seen: Look, node: Node, obj: Obj | None, events: Sequence[Obj], language: Language
) -> dict[str, Any]:
    from ecp.orchestrator.resources import explaining

    read = explaining.Seen(seen.surveyed.objects)
    listed = seen.drawn.objects.get(node.id)
    causes = explaining.why(node, listed, read, language)
    rows = sorted(map(explaining.event_json, events), key=lambda row: str(row["at"]), reverse=True)
    spec = (obj or {}).get("spec") or {}
    fields = ("containers", "initContainers")
    return {
        **node_json(node, explaining.reason(node, listed, read, language)),
        "why": [cause._asdict() for cause in causes],
        "yaml": None if obj is None else dump(model.shown(obj)),
        "conditions": [
            {
                "type": row["type"],
                "status": row["status"],
                "reason": row.get("reason") or None,
                "message": row.get("message") or None,
                "since": row.get("lastTransitionTime"),
            }
            for row in ((obj or {}).get("status") or {}).get("conditions") or ()
        ],
        "events": rows,
        "containers": [
            {"name": row["name"], "image": row.get("image"), "init": field == "initContainers"}
            for field in fields
            for row in (spec.get(field) or () if node.kind == "Pod" else ())
        ],
        "pods": [pod.name for pod in _pods_of(seen, node)],
        "revision": seen.revision,
    }


def _pods_of(seen: Look, node: Node) -> list[Node]:
    """Return the pods of an object: itself, those that it owns, those that it serves."""
    if node.kind == "Pod":
        return [node] if node.uid else []
    by_owner: dict[str, list[Node]] = {}
    for one in seen.drawn.nodes:
        if one.owner:
            by_owner.setdefault(one.owner, []).append(one)
    found, rest = [], [node]
    while rest:
        one = rest.pop()
        mine = by_owner.get(one.uid or "", ())
        found += [child for child in mine if child.kind == "Pod"]
        rest += [child for child in mine if child.kind != "Pod"]
    if not found:
        ids = {
            t for s, t, word in seen.drawn.edges if s == node.id and word in ("serves", "runs-on")
        }
        ids |= {s for s, t, word in seen.drawn.edges if t == node.id and word == "runs-on"}
        found = [one for one in seen.drawn.nodes if one.id in ids and one.kind == "Pod"]
    return found


# -- logs -----------------------------------------------------------------------------------------


async def logs(
    house: House,
    mode: Mode,
    tenant_id: str,
    *,
    pods: Sequence[str] = (),
    selector: str = "",
    container: str = "",
    tail: int = 200,
    previous: bool = False,
) -> dict[str, Any]:
    """Return the last lines of pods' containers, in the order of their instants. Raises Problem.

    Lines of several pods are merged; of each it is told whose it is. A container that has no log
    to show is told in `silent`, with the server's words.
    """
    chosen_by = selected(selector)
    seen = await look(house, mode, tenant_id)
    wanted = set(pods)
    rows = [
        node
        for node in seen.drawn.nodes
        if node.kind == "Pod" and (node.name in wanted if wanted else _is_chosen(node, chosen_by))
    ]
    lost = sorted(wanted - {node.name for node in rows})
    if lost:
        raise Problem(
            404, "RESOURCE_NOT_FOUND", "resources.not-found",
            kind="Pod", name=", ".join(lost), tenant=tenant_id,
        )  # fmt: skip
    asked = [
        (node, name)
        for node in rows[:MOST_PODS]
        for name in _containers(seen.drawn.objects[node.id])
        if not container or name == container
    ]
    if not asked and rows and container:
        raise Problem(
            404, "RESOURCE_NOT_FOUND", "resources.no-container",
            name=container, pod=rows[0].name,
            known=", ".join(_containers(seen.drawn.objects[rows[0].id])),
        )  # fmt: skip
    few = asyncio.Semaphore(_AT_ONCE)
    surveying = house.surveying(mode)

    async def read(node: Node, name: str) -> tuple[str, str]:
        """Return the log and "", or "" and why there is none."""
        async with few:
            try:
                text = await surveying.log(
                    node.namespace, node.name, name, tail=tail, previous=previous
                )
            except ClusterRefused as refusal:
                if refusal.code in (401, 403):
                    raise
                return "", refusal.message
            return text, ""

    texts = await answered(together(*(read(*one) for one in asked)))
    lines: list[tuple[str, int, dict[str, Any]]] = []
    for (node, name), (text, _) in zip(asked, texts, strict=True):
        for line in text.splitlines():
            at, _, words = line.partition(" ")
            row = {"at": at, "pod": node.name, "container": name, "text": words}
            lines.append((at, len(lines), row))
    lines.sort(key=lambda line: line[:2])
    return {
        "lines": [row for _, _, row in lines[-tail:]],
        "pods": [node.name for node in rows[:MOST_PODS]],
        "left_out": max(0, len(rows) - MOST_PODS),
        "silent": [
            {"pod": node.name, "container": name, "message": message}
            for (node, name), (_, message) in zip(asked, texts, strict=True)
            if message
        ],
    }


def _is_chosen(node: Node, selector: Selector | None) -> bool:
    return selector is not None and bool(selector.matches(node.labels))


def _containers(pod: Obj) -> list[str]:
    spec = pod["spec"]
    fields = ("initContainers", "containers")
    return [str(row["name"]) for field in fields for row in spec.get(field) or ()]


# -- usage ----------------------------------------------------------------------------------------


async def metrics(
    house: House, mode: Mode, tenant_id: str, sought: Sought, minutes: int
) -> dict[str, Any]:
    """Return what the pods of an object use now, and its workload's last minutes where kept.

    CPU is in millicores, memory in bytes. `at` is the instant of the reading; without one, nobody
    measures here (metrics.k8s.io is not served), and `pods` say what is requested only.
    """
    seen = await look(house, mode, tenant_id)
    node = found(seen, sought)
    pods = _pods_of(seen, node)
    used: dict[str, Obj] = {}
    unmeasured = ""
    try:
        one = pods[0].name if len(pods) == 1 else ""
        for space in sorted({pod.namespace for pod in pods}):
            for row in await house.surveying(mode).usage(space, one):
                used[row["metadata"]["name"]] = row
    except ClusterRefused as refusal:
        # Not served, not allowed, or not measured yet: said, and what is known is told.
        unmeasured = refusal.message
    except ClusterUnreachable as error:
        raise Problem(
            503, "SIMULATOR_UNREACHABLE", "cluster.unreachable", url=error.url, detail=error.detail
        ) from error
    rows = [_usage(pod, seen.drawn.objects[pod.id], used.get(pod.name)) for pod in pods]
    stamps = [str(row["timestamp"]) for row in used.values() if row.get("timestamp")]
    history: list[dict[str, Any]] = []
    if minutes and node.kind != "Pod":
        kept = await answered(house.simulator(mode).lately(tenant_id, minutes))
        found_in = (_minute(minute, node.name) for minute in kept)
        history = [one for one in found_in if one is not None]
    return {
        "at": max(stamps, default=None),
        "now": rfc3339(seen.surveyed.now),
        "pods": rows,
        "total": _total(rows),
        "history": history,
        "unmeasured": unmeasured or None,
        "evidence": "measured" if house.target(mode).real else "simulated",
    }


def _usage(pod: Node, obj: Obj, used: Obj | None) -> dict[str, Any]:
    measured = {row["name"]: row["usage"] for row in (used or {}).get("containers") or ()}
    restarts = {
        row["name"]: row.get("restartCount", 0)
        for row in (obj.get("status") or {}).get("containerStatuses") or ()
    }
    containers = []
    for row in obj["spec"].get("containers") or ():
        said = row.get("resources") or {}
        usage = measured.get(row["name"])
        containers.append(
            {
                "name": row["name"],
                "cpu_millicores": None if usage is None else quantity.nano(usage["cpu"]) / 1e6,
                "memory_bytes": None if usage is None else quantity.value(usage["memory"]),
                **_asked(said.get("requests") or {}, "request"),
                **_asked(said.get("limits") or {}, "limit"),
                "restarts": restarts.get(row["name"], 0),
            }
        )
    return {"name": pod.name, "containers": containers, **_total([{"containers": containers}])}


def _asked(given: Mapping[str, Any], word: str) -> dict[str, Any]:
    cpu, memory = given.get("cpu"), given.get("memory")
    return {
        f"cpu_{word}_millicores": None if cpu is None else quantity.milli(cpu),
        f"memory_{word}_bytes": None if memory is None else quantity.value(memory),
    }


_SUMMED: Final = (
    "cpu_millicores", "memory_bytes", "cpu_request_millicores", "memory_request_bytes",
    "cpu_limit_millicores", "memory_limit_bytes", "restarts",
)  # fmt: skip


def _total(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the sums over containers; None where no container says it."""
    containers = [row for pod in rows for row in pod["containers"]]
    found: dict[str, Any] = {}
    for name in _SUMMED:
        known = [row[name] for row in containers if row[name] is not None]
        found[name] = math.fsum(known) if known else None
    return found


def _minute(minute: Obj, name: str) -> dict[str, Any] | None:
    for row in minute["workloads"]:
        if row["name"] == name:
            return {
                "at": minute["minute"],
                **{field: row.get(field) for field in _OF_MINUTE},
                "p95_ms": (row.get("latency") or {}).get("p95_ms"),
            }
    return None


_OF_MINUTE: Final = ("cpu_millicores", "memory_bytes", "replicas", "good", "total")
